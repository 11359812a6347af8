#include "suite/catalog/probe_toml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "suite/catalog/toml_text.hpp"

namespace reprise::catalog {
namespace {

using recipes::ProbeRecipe;

constexpr std::int64_t kMaxParts = 16, kMaxSubsets = 1000, kMaxConstants = 1000, kMaxSide = 4096;

bool is_name(const std::string& name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
}

void read_parts(const TomlTable& table, ProbeRecipe& probe) {
  std::vector<double> parts;
  if (!table.read("parts", parts)) return;
  probe.parts.clear();
  for (const double n : parts) {
    if (!(n >= 0 && n <= kMaxParts && n == std::floor(n)))
      table.refuse("parts", fmt::format("whole numbers from 0 to {}", kMaxParts), fmt::format("{}", n), "Correct the list");
    probe.parts.push_back(static_cast<std::int64_t>(n));
  }
  if (probe.parts.empty()) table.refuse("parts", "at least one number", "none", "Add one");
}

void check(const TomlTable& table, const ProbeRecipe& probe) {
  const auto within = [&](const char* key, std::int64_t value, std::int64_t least, std::int64_t most) {
    if (value < least || value > most)
      table.refuse(key, fmt::format("a number from {} to {}", least, most), fmt::format("{}", value), "Correct the value");
  };
  constexpr std::int64_t kMaxImages = 1'000'000'000;
  if (!is_name(probe.name)) table.refuse("name", "small letters, digits and dashes", fmt::format("\"{}\"", probe.name), "Correct the name");
  if (probe.nodes.empty()) table.refuse("nodes", "names of nodes of the net", "none", "Add some");
  within("side", probe.side, 0, kMaxSide);
  within("labelled", probe.labelled, 0, kMaxImages);
  within("test_images", probe.test_images, 0, kMaxImages);
  within("subsets", probe.subsets, 1, kMaxSubsets);
  within("constants", probe.constants, 1, kMaxConstants);
  if (probe.folds && (probe.labelled > 0 || probe.subsets > 1))
    table.refuse("folds", "no labelled or subsets beside it", "some", "Remove one of the two");
  if (probe.subsets > 1 && probe.labelled == 0)
    table.refuse("subsets", "labelled beside it: there is one subset of all images", fmt::format("{}", probe.subsets), "Add labelled");
  if (!(probe.constant_from > 0 && probe.constant_to >= probe.constant_from))
    table.refuse("constant_to", "constants above 0, the larger one last", fmt::format("{} to {}", probe.constant_from, probe.constant_to),
                 "Correct the values");
}

ProbeRecipe read_probe(const TomlTable& table) {
  ProbeRecipe probe;
  probe.name = table.required_text("name");
  table.read("dataset", probe.dataset);
  table.read("side", probe.side);
  table.read("nodes", probe.nodes);
  read_parts(table, probe);
  table.read("labelled", probe.labelled);
  table.read("subsets", probe.subsets);
  table.read("folds", probe.folds);
  table.read("test_images", probe.test_images);
  table.read("constant_from", probe.constant_from);
  table.read("constant_to", probe.constant_to);
  table.read("constants", probe.constants);
  check(table, probe);
  table.finish();
  return probe;
}

}  // namespace

std::vector<ProbeRecipe> read_probes(const TomlTable& table, const std::string& key) {
  std::vector<ProbeRecipe> probes;
  for (const TomlTable& inner : table.tables(key)) {
    ProbeRecipe probe = read_probe(inner);
    if (std::any_of(probes.begin(), probes.end(), [&](const ProbeRecipe& other) { return other.name == probe.name; }))
      inner.refuse("name", "a name used once", fmt::format("\"{}\" again", probe.name), "Rename one");
    probes.push_back(std::move(probe));
  }
  return probes;
}

std::string probe_toml(const ProbeRecipe& probe) {
  const ProbeRecipe defaults;
  std::vector<std::string> parts{"name = " + quoted(probe.name)}, nodes;
  for (const std::string& node : probe.nodes) nodes.push_back(quoted(node));
  const auto add_count = [&](const char* key, std::int64_t value, std::int64_t fallback) {
    if (value != fallback) parts.push_back(fmt::format("{} = {}", key, value));
  };
  if (!probe.dataset.empty()) parts.push_back("dataset = " + quoted(probe.dataset));
  add_count("side", probe.side, defaults.side);
  parts.push_back(fmt::format("nodes = [{}]", fmt::join(nodes, ", ")));
  parts.push_back(fmt::format("parts = [{}]", fmt::join(probe.parts, ", ")));
  add_count("labelled", probe.labelled, defaults.labelled);
  add_count("subsets", probe.subsets, defaults.subsets);
  if (probe.folds) parts.emplace_back("folds = true");
  add_count("test_images", probe.test_images, defaults.test_images);
  parts.push_back("constant_from = " + number_toml(probe.constant_from));
  parts.push_back("constant_to = " + number_toml(probe.constant_to));
  parts.push_back(fmt::format("constants = {}", probe.constants));
  return fmt::format("{{ {} }}", fmt::join(parts, ", "));
}

}  // namespace reprise::catalog
