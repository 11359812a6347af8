#pragma once
// Reads the data files of a paper: published.toml and experiment.toml.

#include <filesystem>
#include <string>

#include "suite/catalog/catalog.hpp"

namespace reprise::catalog {

/// Fills everything but `models`. Throws InputError naming file, line and key for an unknown key, a wrong type, an id used
/// twice, or a reference to a trial, scale or published number that is not there.
Paper read_paper_files(const std::filesystem::path& folder);

/// Resolves one trial's layers from the folder's experiment.toml; see catalog::resolve.
recipes::Recipe read_recipe(const std::filesystem::path& folder, const std::string& slug, const std::string& trial,
                            const std::string& scale);

}  // namespace reprise::catalog
