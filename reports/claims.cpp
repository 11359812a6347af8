#include "reports/claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include "reports/text.hpp"

namespace reprise::reports {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kSeedsSpelledOut = 5;  // beyond, a range says more than a list

using catalog::Claim;
using Outcomes = std::vector<std::vector<std::int8_t>>;
using Runs = std::vector<const records::RunRecord*>;

// Per image: wrong there (1) minus wrong in the other run; without another run simply wrong or not.
std::vector<std::int8_t> outcomes_of(const records::RunRecord& run, const records::RunRecord* minus) {
  std::vector<std::int8_t> out(run.test_labels.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int wrong = run.test_predictions[i] != run.test_labels[i];
    const int other = minus && minus->test_predictions[i] != minus->test_labels[i];
    out[i] = static_cast<std::int8_t>(wrong - other);
  }
  return out;
}

bool same_images(const Runs& runs) {
  return std::all_of(runs.begin(), runs.end(), [&](const records::RunRecord* run) {
    return has_predictions(*run) && run->test_labels.size() > 1 && run->test_labels == runs.front()->test_labels;
  });
}

std::string region_text(const Region& region, const std::string& unit) {
  const std::string after = unit.empty() ? "" : " " + unit;
  if (std::isinf(region.high))
    return fmt::format("claimed: {} {}{}", region.closed ? "at least" : "more than", shortest_text(region.low), after);
  if (std::isinf(region.low)) return fmt::format("claimed: at most {}{}", shortest_text(region.high), after);
  return fmt::format("claimed: within {}{} of each other", shortest_text(region.high), after);
}

std::string seeds_text(const std::vector<double>& values, const std::string& unit, bool differences) {
  if (values.size() == 1) return differences ? "One seed, so the spread over seeds is unknown" : "One seed";
  std::vector<std::string> parts;
  for (double value : values) parts.push_back(differences ? signed_text(value, unit) : number_text(value, unit));
  if (parts.size() > kSeedsSpelledOut) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    parts = {fmt::format("from {} to {}", number_text(*low, unit), number_text(*high, unit))};
  }
  std::string text = fmt::format("{} {}seeds: {} (sd {}", values.size(), differences ? "paired " : "", joined(parts, ", "),
                                 number_text(summarize(values).sd, unit));
  if (differences) text += fmt::format(", paired t test p = {}", p_text(paired_t(values).p));
  return text + ")";
}

std::string mcnemar_text(const Runs& left, const Runs& right) {
  std::vector<std::string> parts;
  double smallest = 1, largest = 0;
  for (std::size_t s = 0; s < left.size(); ++s) {
    const McNemar test = mcnemar(left[s]->test_labels, left[s]->test_predictions, right[s]->test_predictions);
    parts.push_back(fmt::format("{} against {} ({} {})", test.left_only_wrong, test.right_only_wrong,
                                test.method == "exact" ? "exact p" : test.method, p_text(test.p)));
    smallest = std::min(smallest, test.p);
    largest = std::max(largest, test.p);
  }
  if (parts.size() > kSeedsSpelledOut) parts = {fmt::format("p from {} to {}", p_text(smallest), p_text(largest))};
  return fmt::format("McNemar on the same {} test images, wrong only on the left against only on the right: {}",
                     left.front()->test_labels.size(), joined(parts, ", "));
}

std::string estimate_text(const Estimate& estimate, const Region& region, const std::string& unit, bool difference) {
  const std::string after = unit.empty() ? "" : " " + unit;
  return fmt::format("{}{} (95 % interval {}; {})", difference ? signed_text(estimate.value, unit) : number_text(estimate.value, unit),
                     after, interval_text(estimate.low, estimate.high, unit), region_text(region, unit));
}

std::string published_text(const catalog::PublishedNumber& number) {
  return fmt::format("{}, {}: {}", number.source, number.model, Published{number, number.status == "verified"}.text());
}

// The comparisons that a claim consists of, by trial names; `right` empty for a bound on one trial.
struct Part {
  std::string left, right;
  Region region;
};

std::vector<Part> parts_of(const Claim& claim) {
  const Region gain{claim.margin, kInfinity, claim.margin > 0};  // better by nothing is not better
  if (claim.kind == "better") return {{claim.left, claim.right, gain}};
  if (claim.kind == "within") return {{claim.left, claim.right, {-claim.margin, claim.margin, true}}};
  if (claim.kind == "at_least") return {{claim.left, "", {claim.margin, kInfinity, true}}};
  if (claim.kind == "at_most") return {{claim.left, "", {-kInfinity, claim.margin, true}}};
  std::vector<Part> parts;
  for (std::size_t i = 0; i + 1 < claim.sequence.size(); ++i) parts.push_back({claim.sequence[i], claim.sequence[i + 1], gain});
  return parts;
}

std::vector<std::string> trials_of(const Claim& claim) {
  if (claim.kind == "order") return claim.sequence;
  std::vector<std::string> trials{claim.left};
  if (!claim.right.empty()) trials.push_back(claim.right);
  return trials;
}

using Setting = std::tuple<std::string, std::string, std::string>;  // scale, data set, variation
Setting setting_of(const RunGroup& group) {
  return {group.scale, group.dataset(), group.variation()};
}

const RunGroup* find_group(const std::vector<RunGroup>& groups, const std::string& trial, const Setting& setting) {
  for (const RunGroup& group : groups) {
    if (group.trial == trial && setting_of(group) == setting) return &group;
  }
  return nullptr;
}

std::optional<ClaimResult> test_claim(const Claim& claim, const std::vector<RunGroup>& groups, const Setting& setting) {
  ClaimResult result;
  std::vector<Verdict> verdicts;
  std::set<std::string> earlier_recipes, earlier_answers;
  for (const Part& part : parts_of(claim)) {
    const RunGroup* left = find_group(groups, part.left, setting);
    const RunGroup* right = part.right.empty() ? nullptr : find_group(groups, part.right, setting);
    if (!left || (!right && !part.right.empty())) return std::nullopt;
    for (const RunGroup* group : {left, right}) {
      if (group && group->earlier_recipe) earlier_recipes.insert(group->trial);
      if (group && group->answer_version != kAnswerVersion) earlier_answers.insert(group->trial);
    }
    const auto comparison = right ? compare_groups(*left, *right, claim.metric, claim.kind != "within", part.region)
                                  : measure_group(*left, claim.metric, part.region);
    if (!comparison) return std::nullopt;
    verdicts.push_back(judge(comparison->estimate, comparison->region));
    result.tests.push_back(comparison->sentence);
    result.pictures.push_back({comparison->estimate.value, comparison->estimate.low, comparison->estimate.high, part.region.low,
                               part.region.high, comparison->unit, verdicts.back().word(), comparison->name});
  }
  if (!earlier_recipes.empty())
    result.tests.push_back(fmt::format("By an earlier recipe than the catalog's of today: {}.", fmt::join(earlier_recipes, ", ")));
  if (!earlier_answers.empty())
    result.tests.push_back(fmt::format("Of another answer version than {}: {}.", kAnswerVersion, fmt::join(earlier_answers, ", ")));
  result.verdict = all_of(verdicts);
  std::tie(result.scale, result.dataset, result.variation) = setting;
  result.substitute = !claim.dataset.empty() && canonical_name(claim.dataset) != canonical_name(result.dataset);
  return result;
}

std::string missing_text(const Claim& claim, const std::vector<RunGroup>& groups) {
  std::vector<std::string> without;
  for (const std::string& trial : trials_of(claim)) {
    const bool has = std::any_of(groups.begin(), groups.end(), [&](const RunGroup& group) { return group.trial == trial; });
    if (!has) without.push_back(trial);
  }
  if (!without.empty()) return "No runs of " + joined(without, ", ") + ".";
  for (const std::string& trial : trials_of(claim)) {
    const bool measured = std::any_of(groups.begin(), groups.end(), [&](const RunGroup& group) {
      return group.trial == trial && value_of(*group.runs.front(), claim.metric);
    });
    if (!measured) return fmt::format("The runs of {} have no '{}'.", trial, claim.metric);
  }
  if (!claim.scales.empty()) return "No runs at a scale where it can be tested (" + joined(claim.scales, ", ") + ") with a common seed.";
  return "The runs have no seed in common at one scale and data set.";
}

}  // namespace

std::optional<ClaimComparison> compare_groups(const RunGroup& left, const RunGroup& right, const std::string& metric, bool gain,
                                              const Region& region) {
  Runs left_runs, right_runs;
  std::vector<double> differences;
  const double sign = gain && !higher_is_better(metric) ? -1 : 1;
  for (const records::RunRecord* run : left.runs) {
    const records::RunRecord* other = right.with_seed(run->seed);
    if (!other) continue;
    const auto mine = value_of(*run, metric), theirs = value_of(*other, metric);
    if (!mine || !theirs) return std::nullopt;
    left_runs.push_back(run);
    right_runs.push_back(other);
    differences.push_back(sign * (*mine - *theirs));
  }
  if (differences.empty()) return std::nullopt;
  ClaimComparison comparison;
  comparison.region = region;
  comparison.unit = difference_unit(unit_of(left.runs, metric));
  comparison.name = gain ? fmt::format("gain of {} over {}", left.trial, right.trial) : fmt::format("{} minus {}", left.trial, right.trial);
  Runs all = left_runs;
  all.insert(all.end(), right_runs.begin(), right_runs.end());
  const bool images = is_error_of_predictions(metric) && same_images(all);
  if (images) {
    Outcomes outcomes;
    for (std::size_t s = 0; s < left_runs.size(); ++s) outcomes.push_back(outcomes_of(*left_runs[s], right_runs[s]));
    comparison.estimate = estimate_from_outcomes(outcomes, 100 * sign);
  } else {
    comparison.estimate = estimate_from_seeds(differences);
  }
  comparison.sentence = fmt::format(
      "{} in {}: {}. {}.",
      gain ? fmt::format("Gain of {} over {}", left.trial, right.trial) : fmt::format("{} minus {}", left.trial, right.trial), metric,
      estimate_text(comparison.estimate, region, comparison.unit, true), seeds_text(differences, comparison.unit, true));
  if (images) comparison.sentence += " " + mcnemar_text(left_runs, right_runs) + ".";
  return comparison;
}

std::optional<ClaimComparison> measure_group(const RunGroup& group, const std::string& metric, const Region& region) {
  std::vector<double> values;
  for (const records::RunRecord* run : group.runs) {
    const auto value = value_of(*run, metric);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  ClaimComparison comparison;
  comparison.region = region;
  comparison.unit = unit_of(group.runs, metric);
  comparison.name = fmt::format("{} of {}", metric, group.trial);
  if (is_error_of_predictions(metric) && same_images(group.runs)) {
    Outcomes outcomes;
    for (const records::RunRecord* run : group.runs) outcomes.push_back(outcomes_of(*run, nullptr));
    comparison.estimate = estimate_from_outcomes(outcomes, 100);
  } else {
    comparison.estimate = estimate_from_seeds(values);
  }
  comparison.sentence =
      fmt::format("{} of {}: {}. {}.", metric, group.trial, estimate_text(comparison.estimate, region, comparison.unit, false),
                  seeds_text(values, comparison.unit, false));
  return comparison;
}

std::vector<ClaimResult> test_claims(const catalog::Paper& paper, const std::vector<RunGroup>& groups) {
  std::vector<Setting> settings;
  for (const char* scale : {"paper", "desk", "smoke"}) {
    std::set<Setting> of_scale;
    for (const RunGroup& group : groups) {
      if (group.scale == scale) of_scale.insert(setting_of(group));
    }
    settings.insert(settings.end(), of_scale.begin(), of_scale.end());
  }
  std::vector<ClaimResult> results;
  for (const Claim& claim : paper.claims) {
    std::vector<ClaimResult> of_claim;
    for (const Setting& setting : settings) {
      const auto& scales = claim.scales;
      if (!scales.empty() && std::find(scales.begin(), scales.end(), std::get<0>(setting)) == scales.end()) continue;
      if (auto result = test_claim(claim, groups, setting)) of_claim.push_back(std::move(*result));
    }
    if (of_claim.empty()) {
      of_claim.emplace_back();
      of_claim.front().tests = {missing_text(claim, groups)};
    }
    for (ClaimResult& result : of_claim) {
      result.claim = claim;
      for (const std::string& id : claim.published) {
        if (const auto* number = paper.find_published(id)) result.published.push_back(published_text(*number));
      }
      results.push_back(std::move(result));
    }
  }
  return results;
}

}  // namespace reprise::reports
