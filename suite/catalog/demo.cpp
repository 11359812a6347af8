#include "suite/catalog/demo.hpp"

#include <fmt/format.h>

#include "suite/catalog/toml_table.hpp"
#include "suite/errors.hpp"

namespace reprise::catalog {
namespace {

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

std::vector<DemoRow> load_demo() {
  const std::filesystem::path file = experiments_directory() / "demo.toml";
  const toml::table parsed = parse_toml_file(file);
  const TomlTable root(parsed, file.string(), "");
  DemoRow shared;
  shared.scale = "desk";
  root.read("scale", shared.scale);
  root.read("seeds", shared.seeds);
  append_overrides(root, "set", shared.overrides);

  std::vector<DemoRow> rows;
  for (const TomlTable& paper : root.tables("paper")) {
    DemoRow of_paper = shared;
    of_paper.paper = paper.required_text("slug");
    append_overrides(paper, "set", of_paper.overrides);
    for (const TomlTable& table : paper.tables("trial")) {
      DemoRow row = of_paper;
      row.trial = table.required_text("name");
      table.read("scale", row.scale);
      table.read("seeds", row.seeds);
      append_overrides(table, "set", row.overrides);
      table.finish();
      resolve(row.paper, row.trial, row.scale, row.overrides);
      rows.push_back(std::move(row));
    }
    paper.finish();
  }
  root.finish();
  return rows;
}

}  // namespace reprise::catalog
