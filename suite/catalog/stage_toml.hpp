#pragma once
// Stages of preprocessing and augmentation: "flip" or { crop = { pad = 4, mode = "reflect" } } in TOML, "crop(mode=reflect,pad=4)" in a
// recipe.

#include <optional>
#include <string>

#include "suite/catalog/toml_plus_plus.hpp"

namespace reprise::catalog {

/// The text of a stage, arguments by name; nothing if the node is neither of the two forms.
std::optional<std::string> stage_text(const toml::node& node);

/// The TOML of such a text; the text in quotes if it is none.
std::string stage_toml(const std::string& text);

}  // namespace reprise::catalog
