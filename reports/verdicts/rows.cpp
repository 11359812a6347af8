#include "reports/verdicts/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "reports/statistics/sequential.hpp"
#include "reports/text.hpp"
#include "suite/catalog/recipe_toml.hpp"
#include "suite/recipes/fields.hpp"

namespace reprise::reports {
namespace {

std::string or_none(const std::vector<std::string>& names) {
  return names.empty() ? "none" : joined(names, ", ");
}
std::string or_all(std::int64_t count) {
  return count == 0 ? "all" : fmt::format("{}", count);
}

// A trial without published numbers is shown by what it is about.
std::string chief_metric(const RunGroup& group) {
  for (const char* metric : {"test_error", "test_loss", "train_loss"}) {
    if (value_of(*group.runs.front(), metric)) return metric;
  }
  const auto& results = group.runs.front()->results;
  return results.empty() ? "test_error" : results.begin()->first;
}

/// "60 epochs", "10000 updates".
std::string length_text(const recipes::Recipe& recipe) {
  if (recipe.steps > 0) return fmt::format("{} updates", recipe.steps);
  return fmt::format("{} {}", shortest_text(recipe.epochs), recipe.epochs == 1 ? "epoch" : "epochs");
}

int footnote_number(const std::string& text, std::vector<std::string>& footnotes) {
  const auto found = std::find(footnotes.begin(), footnotes.end(), text);
  if (found != footnotes.end()) return static_cast<int>(found - footnotes.begin()) + 1;
  footnotes.push_back(text);
  return static_cast<int>(footnotes.size());
}

std::string why_not_compared(const Row& row, const RunGroup& group, const catalog::Trial* trial) {
  std::vector<std::string> reasons;
  if (row.values.empty()) reasons.push_back(row.diverged.empty() ? fmt::format("the runs have no {}", row.metric) : "all seeds diverged");
  if (row.is_floor) reasons.push_back("a lower bound");
  if (!row.published->verified) reasons.push_back("published value unverified");
  if (row.substitute) reasons.push_back("substitute data set");
  if (trial && !trial->stand_in.empty()) reasons.push_back("stand-in net");
  if (row.reduced_scale) reasons.push_back("reduced scale");
  if (!group.settings_by_hand().empty()) reasons.push_back("recipe changed by hand");
  return joined(reasons, ", ");
}

void add_deviations_of_published(const catalog::PublishedNumber& number, bool compared, std::vector<std::string>& deviations) {
  if (number.report == "median")
    deviations.push_back(number.runs ? fmt::format("the published value is the median of {} runs, ours a mean", *number.runs)
                                     : "the published value is a median, ours a mean");
  if (compared && !number.runs) deviations.push_back("the paper does not say of how many runs its number is: taken to be one");
}

std::vector<std::string> deviations_of(const RunGroup& group) {
  std::vector<std::string> deviations = group.deviations;
  if (group.recipe.precision == Precision::bf16)
    deviations.push_back("activations and weights in bfloat16, sums and master weights in float32");
  if (group.is_set_by_hand("precision") && group.recipe.precision == Precision::f32)
    deviations.push_back("float32 in place of the recipe's bfloat16");
  if (group.answer_version != kAnswerVersion)
    deviations.push_back(
        fmt::format("of answer version {}: the code of today, version {}, gives other bits", group.answer_version, kAnswerVersion));
  if (group.earlier_recipe) deviations.push_back("run by an earlier recipe of this trial: the catalog's has changed since");
  for (const std::string& setting : group.settings_by_hand()) deviations.push_back(recipes::by_hand_text(setting));
  return deviations;
}

Likeness likeness_of(const Comparison& comparison) {
  if (comparison.decision == Decision::inside) return Likeness::equivalent;
  if (comparison.decision == Decision::undecided) return Likeness::inconclusive;
  return comparison.estimate.value > 0 ? Likeness::better : Likeness::worse;
}

/// A failed seed is no draw from the distribution that the paper's mean is about.
std::string failed_text(const Sample& sample) {
  if (!sample.failed.seeds.empty()) return fmt::format("{} of {} seeds failed", sample.failed.seeds.size(), sample.all_seeds.size());
  return sample.diverged > 0 ? fmt::format("{} of {} seeds diverged", sample.diverged, sample.seeds_started()) : "";
}

void take_sample(Row& row, const Sample& sample) {
  row.values = sample.all_values;
  row.seeds = sample.all_seeds;
  row.failed = static_cast<int>(sample.failed.seeds.size());
  row.is_floor = sample.censored;
  row.reproduced = summarize(sample.all_failed() ? sample.all_values : sample.side.values);
  row.spread = sample.side.spread;
  row.mean = estimate_of(sample.side.mean());
}

/// What makes these runs again.
std::string command_of(const RunGroup& group, const std::string& slug) {
  if (group.outdated()) return "";
  std::int64_t seeds = 1;
  for (const auto* runs : {&group.runs, &group.diverged})
    for (const records::RunRecord* run : *runs) seeds = std::max(seeds, run->seed);
  std::string command = "reprise run";
  for (const std::string& trial : group.trials()) command += fmt::format(" {}/{}", slug, trial);
  command += fmt::format(" --scale {} --seeds {}", group.scale, seeds);
  for (const auto& [key, value] : catalog::overrides_by_hand(group.recipe)) {
    const char quote = value.find('\'') == std::string::npos ? '\'' : '"';
    command += fmt::format(" --set {0}{1}={2}{0}", quote, key, value);
  }
  return command;
}

Row row_of(const catalog::Paper& paper, const RunGroup& group, const catalog::PublishedNumber* published, Samples& samples,
           std::vector<std::string>& footnotes) {
  Row row;
  const catalog::Trial* trial = group.trials().size() == 1 ? paper.find_trial(group.trials().front()) : nullptr;
  row.trial = group.trial;
  row.title = group.behind.empty() && trial && !trial->title.empty() ? trial->title
              : group.recipe.title.empty()                           ? group.trial
                                                                     : group.recipe.title;
  row.dataset = group.dataset();
  row.scale = group.scale;
  row.variation = group.variation();
  row.metric = published ? published->metric : chief_metric(group);
  row.unit = published && !published->unit.empty() ? published->unit : unit_of(group.runs, row.metric);
  row.id = published ? published->id : row.trial + "/" + row.metric;
  row.protocol = protocol_of(group);
  if (published) row.published = Published{*published, published->status == "verified"};
  row.substitute = published ? canonical_name(published->dataset) != canonical_name(row.dataset) : group.is_set_by_hand("dataset");
  row.reduced_scale = group.scale != "paper";
  row.command = command_of(group, paper.slug);
  for (const auto* runs : {&group.runs, &group.diverged})
    for (const records::RunRecord* run : *runs) {
      row.runs.emplace_back(run->seed, run->run_id);
      if (run->status == records::kDiverged) row.diverged.push_back(run->seed);
    }
  const std::optional<Sample> sample = samples.of(group, row.metric);
  if (sample)
    take_sample(row, *sample);
  else
    row.reproduced = summarize({});
  if (published) row.why_not = why_not_compared(row, group, trial);
  if (published && row.why_not.empty()) {
    row.comparison = compare_with(*sample, *published);
    row.margin = margin_of(*published);
    row.margin_of_paper = published->margin.has_value();
    row.likeness = likeness_of(*row.comparison);
  }
  row.deviations = deviations_of(group);
  if (published) add_deviations_of_published(*published, row.comparison.has_value(), row.deviations);
  for (const std::string& deviation : row.deviations) row.footnotes.push_back(footnote_number(deviation, footnotes));
  std::sort(row.footnotes.begin(), row.footnotes.end());
  return row;
}

/// The published mean as a mean of runs: with its own spread, or with ours where the paper gives none.
MeanOfRuns published_mean(const catalog::PublishedNumber& published, const Spread& ours) {
  const int runs = std::max(1, published.runs.value_or(1));
  Spread spread = ours;
  if (published.spread) {
    spread.variance = *published.spread * *published.spread;
    if (runs > 1) spread.df = runs - 1;
  }
  return {published.value, spread, static_cast<double>(runs)};
}

/// The variance of one image's outcome, were its errors independent of ours; nothing is known of them image by image.
double published_image_variance(const catalog::PublishedNumber& published) {
  return published.value * (100 - published.value);
}

}  // namespace

Protocol protocol_of(const RunGroup& group) {
  Protocol protocol;
  protocol.dataset = group.dataset();
  protocol.preprocessing = or_none(group.recipe.preprocessing);
  protocol.augmentation = or_none(group.recipe.augmentation);
  if (group.recipe.test_views == 1) protocol.test_time_augmentation = "the image and its mirror averaged";
  if (group.recipe.test_views == 2) protocol.test_time_augmentation = "six views averaged: mirror, moves of a pixel";
  if (!group.look.empty()) protocol.test_time_augmentation = group.look;
  protocol.scale = group.scale;
  protocol.precision = name_of(group.recipe.precision);
  protocol.length = length_text(group.recipe);
  protocol.train_images = or_all(group.recipe.train_images);
  protocol.test_images = or_all(group.recipe.test_images);
  return protocol;
}

double margin_of(const catalog::PublishedNumber& number) {
  if (number.margin) return *number.margin;
  const bool is_share = number.unit == "percent" && higher_is_better(number.metric);
  const double tenth = std::abs(is_share ? 100 - number.value : number.value) / 10;
  return std::max(2 * number.spread.value_or(0), tenth);
}

Comparison compare_with(const Sample& ours, const catalog::PublishedNumber& published) {
  Comparison comparison;
  const double margin = margin_of(published), better = higher_is_better(published.metric) ? 1 : -1;
  comparison.left = ours.side;
  comparison.metric = published.metric;
  comparison.unit = difference_unit(ours.unit);
  comparison.region = {-margin, margin, true};
  comparison.obstacle = failed_text(ours);
  if (!comparison.obstacle.empty()) comparison.obstacle_kind = Comparison::Obstacle::some_seeds_failed;
  if (ours.side.values.empty()) return comparison;
  const MeanOfRuns mean = ours.side.mean(), theirs = published_mean(published, ours.side.spread);
  comparison.estimate = difference_of(mean, theirs);
  // Of a spread that is ours on both sides only our degrees of freedom are known.
  if (!published.spread || theirs.n < 2) comparison.estimate.df = ours.side.spread.df;
  comparison.estimate.value *= better;
  if (!ours.of_image.empty())
    comparison.new_images_half_width =
        half_width_on_new_images(comparison.estimate, variance_over_images(ours.of_image) + published_image_variance(published),
                                 static_cast<std::int64_t>(ours.of_image.size()));
  comparison.level = level_at(comparison.seeds());
  const double of_equality = p_value(comparison.estimate, comparison.region);
  const double of_difference = p_value(comparison.estimate, {0, std::numeric_limits<double>::infinity(), false});
  const bool near = comparison.region.holds(comparison.estimate.value);
  comparison.p = near ? std::min(of_equality, of_difference) : of_difference;
  if (!comparison.obstacle.empty()) return comparison;
  const double width = comparison.estimate.half_width(comparison.level);
  comparison.decision = decide(comparison.estimate, comparison.region, comparison.level);
  if (comparison.decision == Decision::inside) {
    comparison.p = of_equality;
  } else {
    comparison.decision = std::abs(comparison.estimate.value) > width ? Decision::outside : Decision::undecided;
    if (comparison.decision == Decision::outside) comparison.p = of_difference;
  }
  return comparison;
}

std::vector<Row> comparison_rows(const catalog::Paper& paper, const std::vector<RunGroup>& groups, Samples& samples,
                                 std::vector<std::string>& footnotes) {
  std::vector<Row> rows;
  for (const RunGroup& group : groups) {
    bool any = false;
    for (const std::string& id : group.recipe.reproduces) {
      if (const catalog::PublishedNumber* published = paper.find_published(id)) {
        rows.push_back(row_of(paper, group, published, samples, footnotes));
        any = true;
      }
    }
    if (!any) rows.push_back(row_of(paper, group, nullptr, samples, footnotes));
  }
  return rows;
}

}  // namespace reprise::reports
