#include "suite/catalog/evaluation_toml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "suite/catalog/toml_text.hpp"
#include "suite/metrics/metric.hpp"

namespace reprise::catalog {
namespace {

using recipes::EvaluationRecipe;

constexpr double kMaxSide = 4096;
constexpr std::int64_t kMaxClips = 1000, kMaxImages = 1'000'000'000;

bool is_name(const std::string& name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
}

void read_sides(const TomlTable& table, EvaluationRecipe& evaluation) {
  std::vector<double> sides;
  table.read("sides", sides);
  for (const double side : sides) {
    if (!(side >= 1 && side <= kMaxSide && side == std::floor(side)))
      table.refuse("sides", fmt::format("whole numbers from 1 to {}", kMaxSide), fmt::format("{}", side), "Correct the list");
    evaluation.sides.push_back(static_cast<std::int64_t>(side));
  }
}

void read_hits(const TomlTable& table, EvaluationRecipe& evaluation) {
  std::vector<double> hits;
  table.read("hits", hits);
  for (const double k : hits) {
    if (metrics::find_if_known(fmt::format("hit_at_{}", k)) == nullptr)
      table.refuse("hits", "numbers k that have a metric hit_at_k: 1, 3, 5", fmt::format("{}", k), "Correct the list");
    evaluation.hits.push_back(static_cast<std::int64_t>(k));
  }
}

/// `of` and `weights`, against the evaluations before this one.
void check_parts(const TomlTable& table, const EvaluationRecipe& evaluation, const std::vector<EvaluationRecipe>& earlier) {
  bool of_logits = false;
  for (std::size_t i = 0; i < evaluation.of.size(); ++i) {
    const auto part = std::find_if(earlier.begin(), earlier.end(), [&](const auto& other) { return other.name == evaluation.of[i]; });
    if (part == earlier.end())
      table.refuse("of", "names of evaluations before this one", fmt::format("\"{}\"", evaluation.of[i]), "Correct the name");
    if (i > 0 && of_logits != (part->average == "logits"))
      table.refuse("of", "evaluations that all average logits, or none", "both kinds", "Let all of them average probabilities");
    if (!part->dataset.empty())
      table.refuse("of", "evaluations of the recipe's test images", fmt::format("\"{}\", of another data set", part->name), "Leave it out");
    of_logits = part->average == "logits";
  }
  for (const char* key : {"dataset", "sides", "places", "grid", "mirrored", "average", "clips", "output"})
    if (!evaluation.of.empty() && table.has(key)) table.refuse(key, "no views beside `of`", "some", "Remove one of the two");
  for (const double weight : evaluation.weights)
    if (!(weight > 0)) table.refuse("weights", "positive numbers", fmt::format("{}", weight), "Correct the list");
  if (!evaluation.weights.empty() && evaluation.weights.size() != evaluation.of.size())
    table.refuse("weights", fmt::format("{} numbers, one for each of `of`", evaluation.of.size()),
                 fmt::format("{}", evaluation.weights.size()), "Correct the list");
}

void check_dataset(const TomlTable& table, const EvaluationRecipe& evaluation) {
  if (evaluation.test_images < 0 || evaluation.test_images > kMaxImages)
    table.refuse("test_images", fmt::format("a number from 0 to {}", kMaxImages), fmt::format("{}", evaluation.test_images),
                 "Correct the value");
  if (evaluation.test_images > 0 && evaluation.dataset.empty())
    table.refuse("test_images", "dataset beside it", "none", "Set the recipe's test_images instead");
  if (evaluation.scores && !evaluation.dataset.empty())
    table.refuse("scores", "no dataset beside it: scores are kept of the recipe's test images", fmt::format("\"{}\"", evaluation.dataset),
                 "Remove scores");
}

EvaluationRecipe read_evaluation(const TomlTable& table, const std::vector<EvaluationRecipe>& earlier) {
  EvaluationRecipe evaluation;
  evaluation.name = table.required_text("name");
  table.read("dataset", evaluation.dataset);
  table.read("test_images", evaluation.test_images);
  read_sides(table, evaluation);
  table.read_among("places", evaluation.places, {"centre", "corners", "grid", "whole"});
  table.read("grid", evaluation.grid);
  table.read("mirrored", evaluation.mirrored);
  table.read_among("average", evaluation.average, {"probabilities", "logits", "maximum"});
  table.read("of", evaluation.of);
  table.read("weights", evaluation.weights);
  table.read("scores", evaluation.scores);
  table.read("clips", evaluation.clips);
  table.read("output", evaluation.output);
  read_hits(table, evaluation);
  if (!is_name(evaluation.name))
    table.refuse("name", "small letters, digits and dashes", fmt::format("\"{}\"", evaluation.name), "Correct the name");
  if (std::any_of(earlier.begin(), earlier.end(), [&](const auto& other) { return other.name == evaluation.name; }))
    table.refuse("name", "a name used once", fmt::format("\"{}\" again", evaluation.name), "Rename one");
  if (evaluation.grid < 2 || evaluation.grid > 64)
    table.refuse("grid", "a number from 2 to 64", fmt::format("{}", evaluation.grid), "Correct the value");
  if (table.has("grid") && evaluation.places != "grid")
    table.refuse("grid", "places = \"grid\" beside it", fmt::format("\"{}\"", evaluation.places), "Remove grid");
  if (evaluation.clips < 0 || evaluation.clips > kMaxClips)
    table.refuse("clips", fmt::format("a number from 0 to {}", kMaxClips), fmt::format("{}", evaluation.clips), "Correct the value");
  if (evaluation.clips > 0 && (!evaluation.sides.empty() || evaluation.places != "centre" || evaluation.mirrored))
    table.refuse("clips", "no other views of an image beside them", "some", "Remove sides, places and mirrored");
  check_parts(table, evaluation, earlier);
  check_dataset(table, evaluation);
  table.finish();
  if (evaluation.of.empty()) return evaluation;
  evaluation.average =
      std::find_if(earlier.begin(), earlier.end(), [&](const auto& other) { return other.name == evaluation.of.front(); })->average ==
              "logits"
          ? "logits"
          : "probabilities";
  return evaluation;
}

std::vector<std::string> quoted_all(const std::vector<std::string>& texts) {
  std::vector<std::string> result;
  for (const std::string& text : texts) result.push_back(quoted(text));
  return result;
}

std::vector<std::string> numbers_toml(const std::vector<double>& numbers) {
  std::vector<std::string> result;
  for (const double number : numbers) result.push_back(number_toml(number));
  return result;
}

}  // namespace

std::vector<EvaluationRecipe> read_evaluations(const TomlTable& table, const std::string& key) {
  std::vector<EvaluationRecipe> evaluations;
  for (const TomlTable& evaluation : table.tables(key)) evaluations.push_back(read_evaluation(evaluation, evaluations));
  return evaluations;
}

std::string evaluation_toml(const EvaluationRecipe& evaluation) {
  std::vector<std::string> parts{"name = " + quoted(evaluation.name)};
  if (!evaluation.dataset.empty()) parts.push_back("dataset = " + quoted(evaluation.dataset));
  if (evaluation.test_images > 0) parts.push_back(fmt::format("test_images = {}", evaluation.test_images));
  if (evaluation.of.empty()) {
    if (!evaluation.sides.empty()) parts.push_back(fmt::format("sides = [{}]", fmt::join(evaluation.sides, ", ")));
    parts.push_back("places = " + quoted(evaluation.places));
    if (evaluation.places == "grid") parts.push_back(fmt::format("grid = {}", evaluation.grid));
    if (evaluation.mirrored) parts.emplace_back("mirrored = true");
    parts.push_back("average = " + quoted(evaluation.average));
    if (evaluation.clips > 0) parts.push_back(fmt::format("clips = {}", evaluation.clips));
    if (!evaluation.output.empty()) parts.push_back("output = " + quoted(evaluation.output));
  } else {
    parts.push_back(fmt::format("of = [{}]", fmt::join(quoted_all(evaluation.of), ", ")));
    if (!evaluation.weights.empty()) parts.push_back(fmt::format("weights = [{}]", fmt::join(numbers_toml(evaluation.weights), ", ")));
  }
  if (evaluation.scores) parts.emplace_back("scores = true");
  if (!evaluation.hits.empty()) parts.push_back(fmt::format("hits = [{}]", fmt::join(evaluation.hits, ", ")));
  return fmt::format("{{ {} }}", fmt::join(parts, ", "));
}

}  // namespace reprise::catalog
