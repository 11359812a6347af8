#include "reports/verdicts/claims.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include "reports/statistics/sequential.hpp"
#include "reports/text.hpp"
#include "reports/verdicts/effect_size.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::reports {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

using catalog::Claim;
using Obstacle = Comparison::Obstacle;

std::string region_text(const Region& region, const std::string& unit) {
  const std::string after = unit.empty() ? "" : " " + unit;
  if (std::isinf(region.high))
    return fmt::format("claimed: {} {}{}", region.closed ? "at least" : "more than", shortest_text(region.low), after);
  if (std::isinf(region.low)) return fmt::format("claimed: at most {}{}", shortest_text(region.high), after);
  return fmt::format("claimed: within {}{} of each other", shortest_text(region.high), after);
}

std::string side_text(const Side& side, const std::string& unit) {
  const Summary summary = summarize(side.values);
  if (summary.n == 0) return fmt::format("{}: no seed that trained", side.trial);
  if (summary.n == 1) return fmt::format("{}: {}, one seed", side.trial, number_text(summary.mean, unit));
  return fmt::format("{}: {} ± {}, {} seeds{}", side.trial, number_text(summary.mean, unit), number_text(summary.sd, unit), summary.n,
                     side.spread.borrowed ? ", spread borrowed in part" : "");
}

std::string level_text(const Comparison& comparison) {
  if (comparison.level == 0) return fmt::format("fewer than {} seeds decide nothing", kLooks.front());
  return fmt::format("look at {} seeds, level {:.2g}", last_look(comparison.seeds()), comparison.level);
}

std::string sentence_of(const Comparison& comparison, bool gain) {
  const auto& [left, right] = std::tie(comparison.left, comparison.right);
  const bool difference = !right.trial.empty();
  const std::string& unit = comparison.unit;
  const std::string quantity = !difference ? fmt::format("{} of {}", comparison.metric, left.trial)
                               : gain      ? fmt::format("Gain of {} over {} in {}", left.trial, right.trial, comparison.metric)
                                           : fmt::format("{} minus {} in {}", left.trial, right.trial, comparison.metric);
  const double value = comparison.estimate.value, width = comparison.estimate.half_width(), wide = comparison.new_images_half_width;
  std::string text =
      fmt::format("{}: {}{} (95 % interval {}{}; {}). {}", quantity, difference ? signed_text(value, unit) : number_text(value, unit),
                  unit.empty() ? "" : " " + unit, interval_text(value - width, value + width, unit),
                  wide > 0 && std::isfinite(wide) ? ", for new images " + interval_text(value - wide, value + wide, unit) : "",
                  region_text(comparison.region, unit), side_text(left, unit));
  if (difference) text += "; " + side_text(right, unit);
  if (comparison.is_paired) text += "; the same runs, seeds paired";
  return text + fmt::format(". p = {}; {}.", p_text(comparison.p), level_text(comparison));
}

std::string published_text(const catalog::PublishedNumber& number) {
  return fmt::format("{}, {}: {}", number.source, number.model, Published{number, number.status == "verified"}.text());
}

std::vector<std::string> trials_of(const Claim& claim) {
  if (claim.kind == "order") return claim.sequence;
  std::vector<std::string> trials{claim.left};
  if (!claim.right.empty()) trials.push_back(claim.right);
  return trials;
}

// ------------------------------------------------------------------------------------------------ preconditions

struct Hindrance {
  Obstacle kind = Obstacle::none;
  std::string text;
};

/// What speaks against a sample as a side of a claim.
Hindrance hindrance_of(const Sample& sample, bool baseline, std::optional<double> error_below) {
  const std::string& trial = sample.side.trial;
  const Obstacle untrained = baseline ? Obstacle::baseline_did_not_train : Obstacle::did_not_train;
  if (sample.censored) return {Obstacle::censored, fmt::format("{}: values are bounds", trial)};
  if (!sample.counts_images) return {};
  if (sample.all_failed())
    return {untrained, fmt::format("{}: {}", trial, sample.failed.one_class ? "one class for all images" : "no better than guessing")};
  if (sample.equal_predictions) return {untrained, fmt::format("{}: equal predictions of all seeds", trial)};
  if (!sample.failed.seeds.empty())
    return {Obstacle::some_seeds_failed,
            fmt::format("{} of {} seeds of {} failed", sample.failed.seeds.size(), sample.all_seeds.size(), trial)};
  if (sample.diverged > 0)
    return {Obstacle::some_seeds_failed, fmt::format("{} of {} seeds of {} diverged", sample.diverged, sample.seeds_started(), trial)};
  if (error_below) {
    const bool accuracy = is_accuracy_of_predictions(sample.metric);
    for (double value : sample.side.values)
      if ((accuracy ? 100 - value : value) >= *error_below)
        return {untrained, fmt::format("{}: an error of {} percent, required below {}", trial,
                                       number_text(accuracy ? 100 - value : value, "percent"), shortest_text(*error_below))};
  }
  return {};
}

// ------------------------------------------------------------------------------------------------ settings

/// Runs that may be compared: of one scale, data set, variation and answer version, the newest answer first.
struct Setting {
  std::string scale, dataset, variation;
  int answer_version = 0;
  bool operator==(const Setting&) const = default;
  bool operator<(const Setting& other) const {  // libc++ 14 has no <=> of strings
    return std::tie(scale, dataset, variation, answer_version) <
           std::tie(other.scale, other.dataset, other.variation, other.answer_version);
  }
};
Setting setting_of(const RunGroup& group) {
  return {group.scale, group.dataset(), group.variation_of_recipe(), -group.answer_version};
}

std::string test_digest_of(const RunGroup& group) {
  const auto& provenance = group.runs.front()->provenance;
  const auto found = provenance.find("data_test_digest");
  return found == provenance.end() ? "" : found->second;
}

/// The first group of a trial in a setting.
const RunGroup* group_in(const Setting& setting, const std::string& trial, const std::vector<RunGroup>& groups) {
  const auto found = std::find_if(groups.begin(), groups.end(),
                                  [&](const RunGroup& group) { return group.trial == trial && setting_of(group) == setting; });
  return found == groups.end() ? nullptr : &*found;
}

/// The first group of a trial that may be compared with `other`; one of its instruction set, if there is any.
const RunGroup* group_beside(const RunGroup& other, const std::string& trial, const std::vector<RunGroup>& groups) {
  const RunGroup* found = nullptr;
  for (const RunGroup& group : groups) {
    if (group.trial != trial || group.scale != other.scale || group.dataset() != other.dataset() ||
        group.answer_version != other.answer_version || test_digest_of(group) != test_digest_of(other) || !group.same_variation(other))
      continue;
    if (group.same_arithmetic(other)) return &group;
    if (!found) found = &group;
  }
  return found;
}

// ------------------------------------------------------------------------------------------------ verdicts

Status status_of(const ClaimResult& result, Decision decision) {
  for (const Comparison& comparison : result.comparisons) {
    if (comparison.obstacle_kind == Obstacle::censored) return Status::censored;
    if (comparison.obstacle_kind == Obstacle::did_not_train || comparison.obstacle_kind == Obstacle::baseline_did_not_train)
      return Status::did_not_train;
  }
  const bool own_scale = result.scale == "paper" && !result.substitute;
  if (decision == Decision::inside) return own_scale ? Status::reproduced : Status::same_direction;
  if (decision == Decision::undecided) return Status::undecided;
  if (own_scale) return Status::not_reproduced;
  const bool gains = result.claim.kind == "better" || result.claim.kind == "order";
  const bool claimed_way = gains && std::all_of(result.comparisons.begin(), result.comparisons.end(), [](const Comparison& comparison) {
                             return comparison.estimate.value > comparison.estimate.half_width(comparison.level);
                           });
  return claimed_way ? Status::less_than_claimed : Status::opposite_direction;
}

/// Of the part that needs the most, none if it cannot be told of one.
std::optional<int> forecast_of(const std::vector<Comparison>& comparisons) {
  std::optional<int> most;
  for (const Comparison& comparison : comparisons) {
    if (comparison.decision != Decision::undecided) continue;
    const auto seeds = seeds_for_power(comparison, rule_of_claim(comparison.region));
    if (!seeds) return std::nullopt;
    most = std::max(most.value_or(0), *seeds);
  }
  return most;
}

struct Gathered {
  std::vector<const RunGroup*> groups;
  std::vector<Comparison> comparisons;
};

std::optional<Gathered> gather(const Claim& claim, const std::vector<RunGroup>& groups, Samples& samples, const Setting& setting) {
  Gathered gathered;
  for (const ClaimPart& part : parts_of(claim)) {
    const RunGroup* left =
        gathered.groups.empty() ? group_in(setting, part.left, groups) : group_beside(*gathered.groups.front(), part.left, groups);
    const RunGroup* right = part.right.empty() || !left ? nullptr : group_beside(*left, part.right, groups);
    if (!left || (!right && !part.right.empty())) return std::nullopt;
    const auto left_sample = samples.of(*left, claim.metric);
    const auto right_sample = right ? samples.of(*right, claim.metric) : std::nullopt;
    if (!left_sample || (right && !right_sample)) return std::nullopt;
    gathered.comparisons.push_back(
        compare_samples(*left_sample, right ? &*right_sample : nullptr, claim.kind != "within", part.region, claim.error_below));
    gathered.groups.push_back(left);
    if (right) gathered.groups.push_back(right);
  }
  return gathered;
}

void add_notes(ClaimResult& result, const std::vector<const RunGroup*>& groups) {
  std::set<std::string> earlier_recipes, earlier_answers;
  for (const RunGroup* group : groups) {
    if (group->earlier_recipe) earlier_recipes.insert(group->trial);
    if (group->answer_version != kAnswerVersion) earlier_answers.insert(group->trial);
  }
  if (!earlier_recipes.empty())
    result.tests.push_back(fmt::format("By an earlier recipe than the catalog's of today: {}.", fmt::join(earlier_recipes, ", ")));
  if (!earlier_answers.empty())
    result.tests.push_back(fmt::format("Of another answer version than {}: {}.", kAnswerVersion, fmt::join(earlier_answers, ", ")));
}

std::optional<ClaimResult> test_claim(const catalog::Paper& paper, const Claim& claim, const std::vector<RunGroup>& groups,
                                      Samples& samples, const Setting& setting) {
  std::optional<Gathered> gathered = gather(claim, groups, samples, setting);
  if (!gathered) return std::nullopt;
  ClaimResult result;
  result.claim = claim;
  result.comparisons = std::move(gathered->comparisons);
  result.scale = setting.scale;
  result.dataset = setting.dataset;
  result.variation = setting.variation;
  result.substitute = !claim.dataset.empty() && canonical_name(claim.dataset) != canonical_name(result.dataset);
  const Whole whole = decide_all(result.comparisons);
  result.status = status_of(result, whole.decision);
  result.seeds = whole.seeds;
  result.look = last_look(whole.seeds);
  result.p = whole.p;
  if (result.status == Status::undecided) result.forecast = forecast_of(result.comparisons);
  result.size = effect_size(paper, claim, result.comparisons);
  const bool gain = claim.kind != "within";
  for (const Comparison& comparison : result.comparisons) {
    result.tests.push_back(sentence_of(comparison, gain));
    const double value = comparison.estimate.value, width = comparison.estimate.half_width();
    result.pictures.push_back({value, value - width, value + width, comparison.region.low, comparison.region.high, comparison.unit,
                               name_of(result.status),
                               comparison.right.trial.empty() ? comparison.metric + " of " + comparison.left.trial
                                                              : comparison.left.trial + " and " + comparison.right.trial});
    if (result.size) result.pictures.back().published = result.size->published;
  }
  if (result.size)
    result.tests.push_back(fmt::format("Published effect {}; 95 % prediction interval of ours {}.",
                                       signed_text(result.size->published, result.comparisons.front().unit),
                                       interval_text(result.size->low, result.size->high, result.comparisons.front().unit)));
  add_notes(result, gathered->groups);
  return result;
}

std::string missing_text(const Claim& claim, const std::vector<RunGroup>& groups, const std::vector<RunGroup>& diverged) {
  std::vector<std::string> without;
  for (const std::string& trial : trials_of(claim))
    for (const RunGroup& group : diverged)
      if (group.trial == trial) return fmt::format("All seeds of {} diverged at {} scale.", trial, group.scale);
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
  if (!claim.scales.empty()) return "No runs at a scale where it can be tested (" + joined(claim.scales, ", ") + ") of one answer version.";
  return "The runs are of different scales, data sets or answer versions.";
}

/// Results of one setting that differ in the answer version alone say which it is.
void name_answers(std::vector<ClaimResult>& results, const std::vector<int>& answer_versions) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    for (std::size_t j = 0; j < results.size(); ++j) {
      if (i == j || results[i].scale != results[j].scale || results[i].dataset != results[j].dataset) continue;
      const std::string answer = fmt::format("answer version {}", answer_versions[i]);
      std::string& variation = results[i].variation;
      if (answer_versions[i] != answer_versions[j] && variation.find(answer) == std::string::npos)
        variation += (variation.empty() ? "" : "; ") + answer;
    }
  }
}

std::vector<Setting> settings_in_order(const std::vector<RunGroup>& groups) {
  std::vector<Setting> settings;
  const std::vector<std::string>& scales = recipes::scale_names();
  for (auto scale = scales.rbegin(); scale != scales.rend(); ++scale) {
    std::set<Setting> of_scale;
    for (const RunGroup& group : groups) {
      if (group.scale == *scale) of_scale.insert(setting_of(group));
    }
    settings.insert(settings.end(), of_scale.begin(), of_scale.end());
  }
  return settings;
}

/// Both are made of the same runs, in part at least, and of the same seeds.
bool can_be_paired(const Sample& left, const Sample& right) {
  const auto& other = right.of_runs;
  return left.side.seeds == right.side.seeds && std::any_of(left.of_runs.begin(), left.of_runs.end(), [&](const std::string& trial) {
           return std::find(other.begin(), other.end(), trial) != other.end();
         });
}

/// The mean of left minus right over seeds.
void pair_seeds(const Sample& left, const Sample& right, Comparison& comparison) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < left.side.values.size(); ++i) differences.push_back(left.side.values[i] - right.side.values[i]);
  Spread spread = spread_of(differences);
  const double step = left.counts_images ? 100 / static_cast<double>(left.labels.size()) : 0;
  if (spread.df > 0) spread.variance = std::max(spread.variance, step * step / 6);  // both are rounded to whole images
  comparison.is_paired = true;
  comparison.left.spread = spread;
  comparison.right.spread = {};
  comparison.estimate = estimate_of(MeanOfRuns{summarize(differences).mean, spread, static_cast<double>(differences.size())});
}

}  // namespace

std::vector<ClaimPart> parts_of(const catalog::ClaimDefinition& claim) {
  const Region gain{claim.margin, kInfinity, claim.margin > 0};  // better by nothing is not better
  if (claim.kind == "better") return {{claim.left, claim.right, gain}};
  if (claim.kind == "within") return {{claim.left, claim.right, {-claim.margin, claim.margin, true}}};
  if (claim.kind == "at_least") return {{claim.left, "", {claim.margin, kInfinity, true}}};
  if (claim.kind == "at_most") return {{claim.left, "", {-kInfinity, claim.margin, true}}};
  std::vector<ClaimPart> parts;
  for (std::size_t i = 0; i + 1 < claim.sequence.size(); ++i) parts.push_back({claim.sequence[i], claim.sequence[i + 1], gain});
  return parts;
}

Comparison compare_samples(const Sample& left, const Sample* right, bool gain, const Region& region, std::optional<double> error_below) {
  Comparison comparison;
  comparison.metric = left.metric;
  comparison.region = region;
  comparison.left = left.side;
  std::vector<double> of_image = left.of_image;
  if (right) {
    comparison.right = right->side;
    comparison.unit = difference_unit(left.unit);
    if (can_be_paired(left, *right))
      pair_seeds(left, *right, comparison);
    else
      comparison.estimate = difference_of(left.side.mean(), right->side.mean());
    if (left.labels != right->labels || right->of_image.empty()) of_image.clear();
    for (std::size_t i = 0; i < of_image.size(); ++i) of_image[i] -= right->of_image[i];
    if (gain && !higher_is_better(left.metric)) comparison.estimate.value = -comparison.estimate.value;
  } else {
    comparison.unit = left.unit;
    comparison.estimate = estimate_of(left.side.mean());
  }
  if (!of_image.empty())
    comparison.new_images_half_width =
        half_width_on_new_images(comparison.estimate, variance_over_images(of_image), static_cast<std::int64_t>(of_image.size()));
  comparison.level = level_at(comparison.seeds());
  comparison.p = p_value(comparison.estimate, region);
  Hindrance hindrance = hindrance_of(left, false, error_below);
  if (right && (hindrance.kind == Obstacle::none || hindrance.kind == Obstacle::some_seeds_failed))
    if (Hindrance other = hindrance_of(*right, true, error_below); other.kind != Obstacle::none) hindrance = std::move(other);
  comparison.obstacle = hindrance.text;
  comparison.obstacle_kind = hindrance.kind;
  if (hindrance.kind == Obstacle::none) comparison.decision = decide(comparison.estimate, region, comparison.level);
  return comparison;
}

std::vector<ClaimResult> test_claims(const catalog::Paper& paper, const std::vector<RunGroup>& groups, Samples& samples,
                                     const std::vector<RunGroup>& diverged) {
  const std::vector<Setting> settings = settings_in_order(groups);
  std::vector<ClaimResult> results;
  for (const Claim& claim : paper.claims) {
    std::vector<ClaimResult> of_claim;
    std::vector<int> answer_versions;
    for (const Setting& setting : settings) {
      const auto& scales = claim.scales;
      if (!scales.empty() && std::find(scales.begin(), scales.end(), setting.scale) == scales.end()) continue;
      if (auto result = test_claim(paper, claim, groups, samples, setting)) {
        of_claim.push_back(std::move(*result));
        answer_versions.push_back(-setting.answer_version);
      }
    }
    if (of_claim.empty()) {
      of_claim.emplace_back();
      of_claim.front().claim = claim;
      of_claim.front().tests = {missing_text(claim, groups, diverged)};
    }
    name_answers(of_claim, answer_versions);
    for (ClaimResult& result : of_claim) {
      for (const std::string& id : claim.published) {
        if (const auto* number = paper.find_published(id)) result.published.push_back(published_text(*number));
      }
      results.push_back(std::move(result));
    }
  }
  return results;
}

}  // namespace reprise::reports
