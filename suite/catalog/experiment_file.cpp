#include "suite/catalog/experiment_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "suite/catalog/matrix.hpp"
#include "suite/catalog/recipe_toml.hpp"
#include "suite/text/suggestion.hpp"

namespace reprise::catalog {
namespace {

using recipes::scale_names;

/// What a layer may have beside settings: nothing, scales, or the whole heading of a trial or group.
enum class Heading { none, scales, whole };

/// Reads the keys that are no settings, and the layers for other scales, so that finish() knows them.
void apply_with_scale(recipes::Recipe& recipe, const TomlTable& table, const std::string& scale, Heading heading) {
  Strings ignored_list;
  if (heading != Heading::none) table.read("scales", ignored_list);
  if (heading == Heading::whole) {
    std::string ignored;
    table.read("name", ignored);
    table.read("group", ignored);
    table.read("extends", ignored);
    table.read("marks", ignored_list);
    table.read("stand_in", ignored);
  }
  std::optional<TomlTable> chosen;
  for (const std::string& name : scale_names()) {
    auto inner = table.table(name);
    if (name == scale) chosen = std::move(inner);
  }
  apply_layer(recipe, table);
  table.finish();
  if (chosen) {
    apply_layer(recipe, *chosen);
    chosen->finish();
  }
}

}  // namespace

bool contains(const Strings& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

void require_known(const TomlTable& table, const std::string& key, const std::string& kind, const std::string& name, const Strings& known) {
  if (contains(known, name)) return;
  table.refuse(key, fmt::format("a {} of the paper", kind), fmt::format("\"{}\"", name),
               text::did_you_mean(name, known, fmt::format("Known: {}", fmt::join(known, ", "))));
}

ExperimentFile::ExperimentFile(const std::filesystem::path& file) : parsed_(parse_toml_file(file)), root_(parsed_, file.string(), "") {
  defaults_ = root_.table("defaults");
  groups_ = root_.table("group");
  if (groups_) {
    for (const std::string& name : groups_->keys()) groups_->table(name);
  }
  if (const auto trials = root_.table("trial")) {
    for (const std::string& name : trials->keys()) {
      const TomlTable table = *trials->table(name);
      entries_.push_back({name, table.line(), {table}});
    }
  }
  add_templates();
  if (entries_.empty()) root_.refuse("", "tables [trial.NAME] or [[matrix]]", "none", "Add a trial");
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.line < b.line; });
}

void ExperimentFile::add_templates() {
  for (const TomlTable& table : root_.tables("matrix")) {
    for (Combination& combination : combinations(table)) {
      const std::string name = TomlTable(*combination.table, table.file(), table.path()).required_text("name");
      if (contains(trial_names(), name)) table.refuse("name", "a trial's name that is used once", "\"" + name + "\" again", "Rename one");
      const std::string path = "trial." + name;
      Entry entry{name, table.line(), {TomlTable(*combination.table, table.file(), path)}, {combination.table}};
      for (auto& layer : combination.layers) {
        entry.layers.emplace_back(*layer, table.file(), path);
        entry.owned.push_back(layer);
      }
      entries_.push_back(std::move(entry));
    }
  }
}

Strings ExperimentFile::trial_names() const {
  Strings names;
  for (const Entry& entry : entries_) names.push_back(entry.name);
  return names;
}

std::size_t ExperimentFile::place_of(const std::string& name) const {
  return static_cast<std::size_t>(std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; }) -
                                  entries_.begin());
}

const TomlTable& ExperimentFile::trial(const std::string& name) const {
  return entry(name).layers.front();
}

const ExperimentFile::Entry* ExperimentFile::extended_by(const Entry& entry) const {
  std::string name;
  if (!entry.layers.front().read("extends", name)) return nullptr;
  Strings earlier = trial_names();
  earlier.resize(place_of(entry.name));
  require_known(entry.layers.front(), "extends", "trial before this one", name, earlier);
  return &this->entry(name);
}

std::string ExperimentFile::group_of(const Entry& entry) const {
  std::string name;
  if (entry.layers.front().read("group", name)) {
    require_known(entry.layers.front(), "group", "group", name, groups_ ? groups_->keys() : Strings{});
    return name;
  }
  const Entry* extended = extended_by(entry);
  return extended == nullptr ? "" : group_of(*extended);
}

Strings ExperimentFile::scales_of(const std::string& trial) const {
  const Entry& own = entry(trial);
  const TomlTable& table = own.layers.front();
  Strings scales = recipes::usual_scale_names();
  if (const std::string group = group_of(own); !group.empty()) groups_->table(group)->read("scales", scales);
  std::string group;
  if (const Entry* extended = extended_by(own); extended != nullptr && !table.read("group", group)) scales = scales_of(extended->name);
  for (const TomlTable& layer : own.layers) layer.read("scales", scales);
  for (const std::string& scale : scales) require_known(table, "scales", "scale", scale, scale_names());
  std::sort(scales.begin(), scales.end(),
            [](const std::string& a, const std::string& b) { return recipes::scale_place(a) < recipes::scale_place(b); });
  return scales;
}

/// What the defaults and a group say: read once for all trials of the group.
const recipes::Recipe& ExperimentFile::base_of(const std::string& group, const std::string& scale) const {
  const auto known = bases_.find({group, scale});
  if (known != bases_.end()) return known->second;
  recipes::Recipe recipe;
  if (defaults_) apply_with_scale(recipe, *defaults_, scale, Heading::none);
  if (!group.empty()) apply_with_scale(recipe, *groups_->table(group), scale, Heading::whole);
  return bases_.emplace(std::pair(group, scale), std::move(recipe)).first->second;
}

void ExperimentFile::apply(recipes::Recipe& recipe, const Entry& entry, const std::string& scale) const {
  if (const Entry* extended = extended_by(entry)) {
    apply(recipe, *extended, scale);
    recipe.title.clear();
    recipe.reproduces.clear();
  }
  for (const TomlTable& layer : entry.layers)
    apply_with_scale(recipe, layer, scale, &layer == &entry.layers.front() ? Heading::whole : Heading::scales);
}

recipes::Recipe ExperimentFile::resolve(const std::string& slug, const std::string& name, const std::string& scale) const {
  const Entry& own = entry(name);
  recipes::Recipe recipe = base_of(group_of(own), scale);
  recipe.paper = slug;
  recipe.trial = name;
  recipe.scale = scale;
  apply(recipe, own, scale);
  if (recipe.title.empty()) recipe.title = name;
  check_recipe(recipe);
  return recipe;
}

void ExperimentFile::require_all_in_use() const {
  Strings used;
  for (const Entry& entry : entries_) used.push_back(group_of(entry));
  for (const std::string& name : groups_ ? groups_->keys() : Strings{}) {
    if (!contains(used, name)) groups_->refuse(name, "a group that a trial names", "one that none does", "Remove it");
  }
}

}  // namespace reprise::catalog
