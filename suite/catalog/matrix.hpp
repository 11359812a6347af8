#pragma once
// A template of an experiment.toml written out: one table for each combination of its axes.

#include <memory>
#include <vector>

#include "suite/catalog/toml_table.hpp"

namespace reprise::catalog {

/// One combination. In its table each "{axis}" is replaced; a string that is nothing but that becomes the value itself, a number perhaps.
struct Combination {
  std::shared_ptr<const toml::table> table;                  ///< the template without `axes`
  std::vector<std::shared_ptr<const toml::table>> layers{};  ///< what the values `set`, in the order of the axes
};

/// The combinations of the axes of a table, the last axis fastest; the table itself if it has none. An axis is a list of strings and
/// numbers, or of tables: { id = "c", title = "C", set.model.family = "C" } replaces "{family}" by its id and "{family.title}" by its
/// title, and `set` is a layer of its own. Throws InputError for a word that no axis has.
std::vector<Combination> combinations(const TomlTable& table);

}  // namespace reprise::catalog
