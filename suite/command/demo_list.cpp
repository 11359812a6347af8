#include "suite/command/demo_list.hpp"

#include "experiments/catalog.hpp"
#include "experiments/toml_table.hpp"
#include "suite/command/target.hpp"

namespace reprise::command {
namespace {

void add_runs(const experiments::TomlTable& entry, std::vector<PlannedRun>& runs) {
  const std::string target = entry.required_text("trial");
  std::string scale = "smoke";
  std::int64_t seeds = 1;
  std::vector<std::string> settings;
  entry.read("scale", scale);
  entry.read("seeds", seeds);
  entry.read("set", settings);
  entry.finish();
  const RecipeFlags flags{target, scale, "", settings};
  for (const training::Recipe& recipe : flags.resolve()) {
    for (std::int64_t seed = 1; seed <= seeds; ++seed) runs.push_back({recipe, seed});
  }
}

}  // namespace

std::vector<PlannedRun> read_demo_list() {
  const std::filesystem::path file = experiments::experiments_directory() / "demo.toml";
  const toml::table parsed = experiments::parse_toml_file(file);
  const experiments::TomlTable top(parsed, file.string(), "");
  std::vector<PlannedRun> runs;
  for (const experiments::TomlTable& entry : top.tables("run")) add_runs(entry, runs);
  top.finish();
  return runs;
}

}  // namespace reprise::command
