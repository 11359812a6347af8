#include "reports/runs/run_groups.hpp"
#include "suite/catalog/recipe_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "reports/text.hpp"
#include "suite/catalog/recipe_toml.hpp"
#include "suite/catalog/sides.hpp"
#include "suite/errors.hpp"
#include "suite/recipes/fields.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::reports {
namespace {

std::size_t trial_rank(const catalog::Paper& paper, const std::string& trial) {
  const auto found = std::find_if(paper.trials.begin(), paper.trials.end(), [&](const auto& t) { return t.name == trial; });
  return static_cast<std::size_t>(found - paper.trials.begin());
}

std::optional<double> test_error(const records::RunRecord& run) {
  if (has_predictions(run)) {
    std::int64_t wrong = 0;
    for (std::size_t i = 0; i < run.test_labels.size(); ++i) wrong += run.test_labels[i] != run.test_predictions[i];
    return 100.0 * static_cast<double>(wrong) / static_cast<double>(run.test_labels.size());
  }
  const auto found = run.metrics.find("test_error");
  if (found == run.metrics.end() || found->second.values.empty()) return std::nullopt;
  return found->second.values.back();
}

const recipes::Recipe* recipe_of_today(const catalog::Paper& paper, const std::string& trial_name, const std::string& scale) {
  const catalog::Trial* trial = paper.find_trial(trial_name);
  return trial ? trial->recipe_at(scale) : nullptr;
}

/// `recipe` with what was set by hand for `other`. Throws InputError where the catalog refuses a setting.
recipes::Recipe set_as(recipes::Recipe recipe, const recipes::Recipe& other) {
  for (const auto& [key, value] : catalog::overrides_by_hand(other)) catalog::apply_override(recipe, key, value);
  return recipe;
}

/// What the catalog makes of the overrides of `stored` today. Throws InputError where it refuses one.
recipes::Recipe with_overrides(const recipes::Recipe& today, const recipes::Recipe& stored) {
  recipes::Recipe recipe = set_as(today, stored);
  catalog::choose_shards(recipe);
  catalog::renew_others(recipe);
  return recipe;
}

/// Whether what was set by hand for `other` changes nothing in `recipe`.
bool holds_for(const recipes::Recipe& recipe, const recipes::Recipe& other) {
  try {
    return catalog::settings_text(set_as(recipe, other)) == catalog::settings_text(recipe);
  } catch (const InputError&) {
    return false;
  }
}

bool is_earlier(const recipes::Recipe& stored, const recipes::Recipe& today) {
  try {
    return catalog::settings_text(with_overrides(today, stored)) != catalog::settings_text(stored);
  } catch (const InputError&) {
    return true;
  }
}

void take_words_of_today(const catalog::Paper& paper, RunGroup& group) {
  if (const recipes::Recipe* today = recipe_of_today(paper, group.trial, group.scale)) {
    group.recipe.title = today->title;
    group.recipe.reproduces = today->reproduces;
    if (catalog::settings_text(*today) == catalog::settings_text(group.recipe)) group.recipe.by_hand.clear();
    group.earlier_recipe = is_earlier(group.recipe, *today);
    if (!group.earlier_recipe) group.recipe.deviations = today->deviations;
  }
  group.deviations = recipes::deviation_texts(group.recipe);
}

// What a run says of itself beyond the words of its recipe, an analysis perhaps.
void add_own_deviations(const records::RunRecord& run, const recipes::Recipe& stored, RunGroup& group) {
  std::set<std::string> known(group.deviations.begin(), group.deviations.end());
  for (const recipes::Deviation& deviation : stored.deviations) known.insert(deviation.text);
  for (const auto& [key, value] : stored.by_hand) known.insert(recipes::by_hand_text(key + "=" + value));
  for (const std::string& deviation : run.deviations)
    if (known.insert(deviation).second) group.deviations.push_back(deviation);
}

}  // namespace

namespace {

constexpr const char* kInstructionSet = "isa_vector_kernels";
constexpr const char* kOneDnn = "onednn";

std::string fact_of(const records::RunRecord& run, const std::string& key) {
  const auto found = run.provenance.find(key);
  return found == run.provenance.end() ? "" : found->second;
}

std::string last_end(const RunGroup& group) {
  std::string last;
  for (const records::RunRecord* run : group.runs) last = std::max(last, fact_of(*run, "end_utc"));
  return last;
}

/// Sorts later times first: every character turned over.
std::string backwards(std::string time) {
  for (char& c : time) c = static_cast<char>('~' - c + ' ');
  return time.empty() ? "~" : time;
}

std::string cohort_of(const RunGroup& group, const std::vector<const RunGroup*>& alike) {
  const auto differ = [&](auto field) {
    return std::any_of(alike.begin(), alike.end(), [&](const RunGroup* other) { return field(*other) != field(group); });
  };
  std::vector<std::string> parts;
  if (differ([](const RunGroup& g) { return g.answer_version; })) parts.push_back(fmt::format("answer version {}", group.answer_version));
  if (differ([](const RunGroup& g) { return catalog::settings_text(g.recipe); }))
    parts.emplace_back(group.earlier_recipe ? "an earlier recipe" : "today's recipe");
  if (differ([](const RunGroup& g) { return g.data_digest; }))
    parts.push_back(group.data_digest.empty() ? "data without digest" : "data " + group.data_digest.substr(0, 8));
  if (differ([](const RunGroup& g) { return g.instruction_set; }))
    parts.push_back(group.instruction_set.empty() ? "instruction set not noted" : group.instruction_set);
  else if (differ([](const RunGroup& g) { return g.onednn; }))
    parts.push_back(group.onednn.empty() ? "oneDNN not noted" : "oneDNN " + group.onednn);
  return joined(parts, "; ");
}

/// Groups that a table would show under one name are told apart.
void name_cohorts(std::vector<RunGroup>& groups) {
  std::vector<std::string> cohorts;
  for (const RunGroup& group : groups) {
    std::vector<const RunGroup*> alike;
    for (const RunGroup& other : groups)
      if (other.trial == group.trial && other.scale == group.scale && other.dataset() == group.dataset() &&
          other.variation_of_recipe() == group.variation_of_recipe())
        alike.push_back(&other);
    cohorts.push_back(cohort_of(group, alike));
  }
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i].cohort = cohorts[i];
}

}  // namespace

std::string RunGroup::dataset() const {
  const std::string images = catalog::tested_on(recipe);
  return recipe.held_out_images > 0 ? images + ", held-out training images" : images;
}

bool RunGroup::is_set_by_hand(const std::string& key) const {
  return recipe.by_hand.contains(key);
}

std::vector<std::string> RunGroup::settings_by_hand() const {
  std::vector<std::string> settings;
  for (const auto& [key, value] : recipe.by_hand)
    if (key != "dataset" && key != "precision") settings.push_back(key + "=" + value);
  return settings;
}

std::string RunGroup::variation() const {
  const std::string recipe_part = variation_of_recipe();
  return recipe_part.empty() || cohort.empty() ? recipe_part + cohort : recipe_part + "; " + cohort;
}

std::string RunGroup::variation_of_recipe() const {
  std::vector<std::string> parts = settings_by_hand();
  if (recipe.precision != Precision::f32 || is_set_by_hand("precision")) parts.push_back(name_of(recipe.precision));
  return joined(parts, "; ");
}

bool RunGroup::same_variation(const RunGroup& other) const {
  return variation_of_recipe() == other.variation_of_recipe() ||
         (recipe.precision == other.recipe.precision && holds_for(recipe, other.recipe) && holds_for(other.recipe, recipe));
}

const records::RunRecord* RunGroup::with_seed(std::int64_t seed) const {
  for (const records::RunRecord* run : runs) {
    if (run->seed == seed) return run;
  }
  return nullptr;
}

bool has_predictions(const records::RunRecord& run) {
  return !run.test_labels.empty() && run.test_labels.size() == run.test_predictions.size();
}

bool is_error_of_predictions(const std::string& metric) {
  return metric == "test_error" || metric == "top1_error";
}

bool is_accuracy_of_predictions(const std::string& metric) {
  return metric == "test_accuracy" || metric == "top1_accuracy" || metric == "clip_hit_at_1";
}

bool higher_is_better(const std::string& metric) {
  const metrics::Metric* known = metrics::find_if_known(metric);
  return known != nullptr && known->better == metrics::Better::higher;
}

std::optional<double> value_of(const records::RunRecord& run, const std::string& metric) {
  if (is_error_of_predictions(metric) || is_accuracy_of_predictions(metric)) {
    const std::optional<double> error = test_error(run);
    if (!error) return std::nullopt;
    return is_accuracy_of_predictions(metric) ? 100 - *error : *error;
  }
  if (const auto scalar = run.results.find(metric); scalar != run.results.end()) return scalar->second.value;
  for (const auto* all : {&run.metrics, &run.timing}) {
    const auto series = all->find(metric);
    if (series != all->end() && !series->second.values.empty()) return series->second.values.back();
  }
  return std::nullopt;
}

namespace {

/// CF writes 1 for a plain number; a report writes nothing.
std::string shown_unit(std::string_view unit) {
  return unit == "1" ? "" : std::string(unit);
}

}  // namespace

std::string unit_of(const std::vector<const records::RunRecord*>& runs, const std::string& metric) {
  if (is_error_of_predictions(metric) || is_accuracy_of_predictions(metric)) return "percent";
  for (const records::RunRecord* run : runs) {
    if (const auto result = run->results.find(metric); result != run->results.end() && !result->second.unit.empty())
      return shown_unit(result->second.unit);
    if (const auto series = run->metrics.find(metric); series != run->metrics.end()) return shown_unit(series->second.unit);
    if (const auto series = run->timing.find(metric); series != run->timing.end()) return shown_unit(series->second.unit);
  }
  const metrics::Metric* known = metrics::find_if_known(metric);  // of files of schema 1
  return known != nullptr ? shown_unit(known->unit) : "";
}

std::string file_name(const records::RunRecord& run) {
  return fmt::format("{}/{}/{}.h5", run.paper, run.trial, run.run_id);
}

std::vector<RunGroup> group_runs(const catalog::Paper& paper, const std::vector<const records::RunRecord*>& runs,
                                 std::vector<LeftOut>& left_out) {
  std::map<std::tuple<std::string, std::string, std::string, int, std::string, std::string, std::string>, RunGroup> groups;
  for (const records::RunRecord* run : runs) {
    recipes::Recipe stored;
    try {
      stored = catalog::stored_recipe(run->recipe_toml, catalog::Strictness::lenient);
      if (stored.dataset.empty())
        throw InputError(
            Complaint{file_name(*run) + ", /recipe", "a recipe that names its data set", "none", "The run has to be done again"});
    } catch (const InputError& error) {
      left_out.push_back({file_name(*run), error.what()});
      continue;
    }
    const auto key = std::make_tuple(run->trial, run->scale, catalog::settings_text(stored), run->answer_version(),
                                     fact_of(*run, "data_digest"), fact_of(*run, kInstructionSet), fact_of(*run, kOneDnn));
    auto found = groups.find(key);
    if (found == groups.end()) {
      RunGroup group;
      group.trial = run->trial, group.scale = run->scale, group.recipe = stored;
      group.answer_version = run->answer_version();
      group.data_digest = fact_of(*run, "data_digest");
      group.instruction_set = fact_of(*run, kInstructionSet), group.onednn = fact_of(*run, kOneDnn);
      take_words_of_today(paper, group);
      found = groups.emplace(key, std::move(group)).first;
    }
    RunGroup& group = found->second;
    add_own_deviations(*run, stored, group);
    const auto first = std::find_if(group.runs.begin(), group.runs.end(), [&](const auto* other) { return other->seed == run->seed; });
    if (first == group.runs.end()) {
      group.runs.push_back(run);
      continue;
    }
    const recipes::Recipe* today = recipe_of_today(paper, run->trial, run->scale);
    const bool says_todays_words = today && stored.deviations == today->deviations;
    const bool is_newer = fact_of(*run, "end_utc") > fact_of(**first, "end_utc");
    const records::RunRecord* left = run;
    if (says_todays_words || is_newer) std::swap(*first, left);
    left_out.push_back({file_name(*left), fmt::format("same recipe, data, seed ({}) and instruction set as {}.h5, which is newer",
                                                      left->seed, (*first)->run_id)});
  }
  std::vector<RunGroup> ordered;
  for (auto& [key, group] : groups) ordered.push_back(std::move(group));
  std::map<std::string, std::string> newest_of_data;
  for (const RunGroup& group : ordered) {
    std::string& newest = newest_of_data[group.data_digest];
    newest = std::max(newest, last_end(group));
  }
  const auto place = [&](const RunGroup& g) {
    return std::make_tuple(trial_rank(paper, g.trial), g.trial, -recipes::scale_place(g.scale), g.is_set_by_hand("dataset"), g.dataset(),
                           g.settings_by_hand().size(), g.variation(), g.outdated(), -g.answer_version,
                           backwards(newest_of_data.at(g.data_digest)), g.data_digest, -static_cast<int>(g.runs.size()),
                           backwards(last_end(g)), g.runs.front()->recipe_toml, g.instruction_set, g.onednn);
  };
  std::sort(ordered.begin(), ordered.end(), [&](const RunGroup& a, const RunGroup& b) { return place(a) < place(b); });
  name_cohorts(ordered);
  for (RunGroup& group : ordered) {
    std::sort(group.runs.begin(), group.runs.end(), [](const auto* a, const auto* b) { return a->seed < b->seed; });
  }
  return ordered;
}

}  // namespace reprise::reports
