#include "reports/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "reports/text.hpp"
#include "suite/recipes/fields.hpp"

namespace reprise::reports {
namespace {

constexpr double kNormal95 = 1.959963984540054;  // what Student's t comes to with many seeds

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

std::string comparison_text(const Row& row, const RunGroup& group) {
  if (!row.published) return "no published number";
  std::vector<std::string> reasons;
  if (row.reproduced.n == 0) reasons.push_back(fmt::format("the runs have no {}", row.metric));
  if (row.is_floor) reasons.push_back("a lower bound");
  if (!row.published->verified) reasons.push_back("published value unverified");
  if (row.substitute) reasons.push_back("substitute data set");
  if (row.reduced_scale) reasons.push_back("reduced scale");
  if (!group.settings_by_hand().empty()) reasons.push_back("recipe changed by hand");
  return reasons.empty() ? "" : "not compared: " + joined(reasons, ", ");
}

bool holds_zero(const Agreement& agreement) {
  return agreement.low <= 0 && agreement.high >= 0;
}

/// `images`: of the test set if the value counts some of them, else 0. Two seeds that differ make an interval wide enough for anything:
/// where only that makes it hold zero, and the choice of test images does not explain the difference either, more seeds have to tell.
std::string agreement_text(const Agreement& agreement, const Row& row, std::int64_t images) {
  const std::string by = (agreement.difference > 0 ? "higher by " : "lower by ") + number_text(std::abs(agreement.difference), row.unit);
  if (std::isinf(agreement.low)) return "one seed: cannot be told";
  if (!holds_zero(agreement)) return by;
  const bool few_seeds = row.reproduced.n > 1 && std::abs(agreement.difference) > agreement.half_width_of_many;
  const bool of_images = images == 0 || holds_zero(agreement_of({row.reproduced.mean}, row.published->number, images));
  return of_images || !few_seeds ? "agrees" : fmt::format("undecided with {} seeds: {}", row.reproduced.n, by);
}

Row row_of(const catalog::Paper& paper, const RunGroup& group, const catalog::PublishedNumber* published,
           std::vector<std::string>& footnotes) {
  Row row;
  const catalog::Trial* trial = paper.find_trial(group.trial);
  row.trial = group.trial;
  row.title = trial && !trial->title.empty() ? trial->title : group.recipe.title.empty() ? group.trial : group.recipe.title;
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
  for (const records::RunRecord* run : group.runs) {
    if (const auto value = value_of(*run, row.metric)) {
      row.values.push_back(*value);
      row.is_floor |= value_of(*run, row.metric + "_suffice") == 0.0;
      row.seeds.push_back(run->seed);
    }
  }
  row.reproduced = summarize(row.values);
  row.verdict = comparison_text(row, group);
  if (row.verdict.empty()) {
    const bool counts_images =
        (is_error_of_predictions(row.metric) || is_accuracy_of_predictions(row.metric)) && has_predictions(*group.runs.front());
    const auto images = counts_images ? static_cast<std::int64_t>(group.runs.front()->test_labels.size()) : 0;
    row.agreement = agreement_of(row.values, *published, images);
    row.verdict = agreement_text(*row.agreement, row, images);
  }
  row.deviations = group.deviations;
  if (group.recipe.precision == Precision::bf16)
    row.deviations.push_back("activations and weights in bfloat16, sums and master weights in float32");
  if (group.is_set_by_hand("precision") && group.recipe.precision == Precision::f32)
    row.deviations.push_back("float32 in place of the recipe's bfloat16");
  if (published && published->report == "median")
    row.deviations.push_back(published->runs ? fmt::format("the published value is the median of {} runs, ours a mean", *published->runs)
                                             : "the published value is a median, ours a mean");
  if (group.answer_version != kAnswerVersion)
    row.deviations.push_back(
        fmt::format("of answer version {}: the code of today, version {}, gives other bits", group.answer_version, kAnswerVersion));
  if (group.earlier_recipe) row.deviations.push_back("run by an earlier recipe of this trial: the catalog's has changed since");
  for (const std::string& setting : group.settings_by_hand()) row.deviations.push_back(recipes::by_hand_text(setting));
  for (const std::string& deviation : row.deviations) row.footnotes.push_back(footnote_number(deviation, footnotes));
  std::sort(row.footnotes.begin(), row.footnotes.end());
  return row;
}

}  // namespace

Protocol protocol_of(const RunGroup& group) {
  Protocol protocol;
  protocol.dataset = group.dataset();
  protocol.preprocessing = or_none(group.recipe.preprocessing);
  protocol.augmentation = or_none(group.recipe.augmentation);
  if (group.recipe.test_views == 1) protocol.test_time_augmentation = "the image and its mirror averaged";
  if (group.recipe.test_views == 2) protocol.test_time_augmentation = "six views averaged: mirror, moves of a pixel";
  protocol.scale = group.scale;
  protocol.precision = name_of(group.recipe.precision);
  protocol.length = length_text(group.recipe);
  protocol.train_images = or_all(group.recipe.train_images);
  protocol.test_images = or_all(group.recipe.test_images);
  return protocol;
}

Agreement agreement_of(const std::vector<double>& values, const catalog::PublishedNumber& published, std::int64_t images) {
  const Summary ours = summarize(values);
  Agreement agreement;
  agreement.difference = ours.mean - published.value;
  const double their_runs = std::max(1, published.runs.value_or(1));
  const bool counts = images > 0;  // a value that counts test images is uncertain by their choice alone
  if (ours.n > 1 && (ours.sd > 0 || !counts)) {
    const double our_part = ours.sd * ours.sd / ours.n;
    double error = 0, df = ours.n - 1;
    if (published.spread && their_runs > 1) {  // Welch
      const double their_part = *published.spread * *published.spread / their_runs, sum = our_part + their_part;
      if (sum > 0) df = sum * sum / (our_part * our_part / (ours.n - 1) + their_part * their_part / (their_runs - 1));
      error = std::sqrt(sum);
      agreement.basis = fmt::format("spread over {} seeds here and {} runs there", ours.n, their_runs);
    } else {
      error = ours.sd * std::sqrt(1.0 / ours.n + 1.0 / their_runs);
      agreement.basis = fmt::format("spread over {} seeds, taken to be the same in the published {}", ours.n,
                                    their_runs > 1 ? fmt::format("{} runs", their_runs) : std::string("single run"));
    }
    const double width = student_t_quantile(0.975, df) * error;
    agreement.half_width_of_many = kNormal95 * error;
    agreement.low = agreement.difference - width;
    agreement.high = agreement.difference + width;
  } else if (ours.n > 0 && counts) {
    const auto counted = static_cast<std::int64_t>(std::llround(ours.mean / 100 * static_cast<double>(images)));
    const Interval interval = binomial_interval(counted, images);
    agreement.low = 100 * interval.low - published.value;
    agreement.high = 100 * interval.high - published.value;
    agreement.basis =
        fmt::format("{}: exact binomial interval of {} {} on {} test images", ours.n == 1 ? "one seed" : "no spread over seeds", counted,
                    higher_is_better(published.metric) ? "right answers" : "errors", images);
  } else {
    agreement.low = -std::numeric_limits<double>::infinity();
    agreement.high = std::numeric_limits<double>::infinity();
    agreement.basis = "one seed: spread unknown";
  }
  return agreement;
}

std::vector<Row> comparison_rows(const catalog::Paper& paper, const std::vector<RunGroup>& groups, std::vector<std::string>& footnotes) {
  std::vector<Row> rows;
  for (const RunGroup& group : groups) {
    bool any = false;
    for (const std::string& id : group.recipe.reproduces) {
      if (const catalog::PublishedNumber* published = paper.find_published(id)) {
        rows.push_back(row_of(paper, group, published, footnotes));
        any = true;
      }
    }
    if (!any) rows.push_back(row_of(paper, group, nullptr, footnotes));
  }
  return rows;
}

}  // namespace reprise::reports
