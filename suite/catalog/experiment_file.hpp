#pragma once
// The part of an experiment.toml that resolves recipes: defaults, groups, trials and templates of trials.

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "suite/catalog/toml_table.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::catalog {

using Strings = std::vector<std::string>;

bool contains(const Strings& list, const std::string& name);

/// Refuses `name`, found under `key`, unless it is one of the `known` names of a `kind`.
void require_known(const TomlTable& table, const std::string& key, const std::string& kind, const std::string& name, const Strings& known);

/// A trial's layers are: defaults, its group, those of the trial that it extends, its own; of each, what stands under the scale comes after
/// the rest. `extends` names an earlier trial and inherits its group, scales, settings and deviations. [[matrix]] is a template of trials:
/// `name` and other strings with the words of its `axes` (suite/catalog/matrix.hpp). Without `scales`, of its own or of a value of an axis,
/// it has the usual ones: a night is designed for a trial.
class ExperimentFile {
 public:
  /// Throws InputError for a file that has no trials, and for names that are used twice.
  explicit ExperimentFile(const std::filesystem::path& file);

  const TomlTable& root() const { return root_; }
  Strings trial_names() const;
  const TomlTable& trial(const std::string& name) const;  ///< its own table
  Strings scales_of(const std::string& trial) const;
  recipes::Recipe resolve(const std::string& slug, const std::string& name, const std::string& scale) const;
  /// Refuses a group that no trial names.
  void require_all_in_use() const;

 private:
  struct Entry {
    std::string name;
    unsigned line;
    std::vector<TomlTable> layers;                            ///< its own table, then what the values of axes set
    std::vector<std::shared_ptr<const toml::table>> owned{};  ///< written out from a template
  };

  void add_templates();
  std::size_t place_of(const std::string& name) const;
  const Entry& entry(const std::string& name) const { return entries_[place_of(name)]; }
  const Entry* extended_by(const Entry& entry) const;
  std::string group_of(const Entry& entry) const;  ///< "" for none
  const recipes::Recipe& base_of(const std::string& group, const std::string& scale) const;
  void apply(recipes::Recipe& recipe, const Entry& entry, const std::string& scale) const;

  toml::table parsed_;
  TomlTable root_;
  std::optional<TomlTable> defaults_, groups_;
  std::vector<Entry> entries_;
  mutable std::map<std::pair<std::string, std::string>, recipes::Recipe> bases_;  ///< by group and scale
};

}  // namespace reprise::catalog
