#include "suite/catalog/trial_lists.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "suite/catalog/toml_table.hpp"
#include "suite/errors.hpp"

namespace reprise::catalog {
namespace {

const char* const kDataset = "fashion-mnist";  // every machine has it: Debian packages it

void append_overrides(const TomlTable& table, const std::string& key, std::vector<Override>& overrides) {
  std::vector<std::string> settings;
  table.read(key, settings);
  for (const std::string& setting : settings) overrides.push_back(parse_override(setting));
}

}  // namespace

Override parse_override(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw InputError(Complaint{fmt::format("--set {}", text), "key=value", fmt::format("'{}'", text), "Write for example --set epochs=2"});
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::vector<DemoEntry> load_demo() {
  std::vector<DemoEntry> rows;
  for (const std::string& slug : paper_slugs()) {
    const std::filesystem::path file = paper_folder(slug) / "experiment.toml";
    const toml::table parsed = parse_toml_file(file);
    const auto table = TomlTable(parsed, file.string(), "").table("demo");
    if (!table) continue;
    DemoEntry row{slug, "", "desk", 2, {{"dataset", kDataset}}};
    table->read("scale", row.scale);
    table->read("seeds", row.seeds);
    append_overrides(*table, "set", row.overrides);
    std::vector<std::string> trials;
    table->read("trials", trials);
    table->finish();
    for (const std::string& trial : trials) {
      row.trial = trial;
      resolve(row.paper, row.trial, row.scale, row.overrides);
      rows.push_back(row);
    }
  }
  return rows;
}

std::vector<LayoutEntry> load_one_answer() {
  std::vector<LayoutEntry> entries;
  for (const std::string& slug : paper_slugs()) {
    const std::filesystem::path file = paper_folder(slug) / "experiment.toml";
    const toml::table parsed = parse_toml_file(file);
    const auto tables = TomlTable(parsed, file.string(), "").tables("one_answer");
    for (const TomlTable& table : tables) {
      LayoutEntry entry{slug, table.required_text("trial"), {}};
      append_overrides(table, "set", entry.overrides);
      table.finish();
      resolve(entry.paper, entry.trial, "smoke", entry.overrides);
      entries.push_back(entry);
    }
    if (!tables.empty()) continue;
    const Paper paper = load_paper(slug);
    const auto first =
        std::find_if(paper.trials.begin(), paper.trials.end(), [](const Trial& trial) { return trial.recipe_at("smoke") != nullptr; });
    if (first != paper.trials.end()) entries.push_back({slug, first->name, {}});
  }
  return entries;
}

}  // namespace reprise::catalog
