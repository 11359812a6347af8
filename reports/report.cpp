#include "reports/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "reports/statistics/sequential.hpp"
#include "reports/text.hpp"

namespace reprise::reports {

std::string Protocol::text() const {
  std::vector<std::string> parts{fmt::format("{} {}", dataset, split), epoch_rule, length};
  if (train_images != "all") parts.push_back(train_images + " training images");
  if (test_images != "all") parts.push_back(test_images + " test images");
  parts.push_back("preprocessing " + preprocessing);
  parts.push_back("augmentation " + augmentation);
  parts.push_back("test-time augmentation " + test_time_augmentation);
  parts.push_back(scale + " scale");
  parts.push_back(precision);
  return joined(parts, "; ");
}

std::string Published::text(const std::string& unit) const {
  std::string value = shortest_text(number.value);
  if (number.spread) value += " ± " + shortest_text(*number.spread);
  const std::string after = unit.empty() ? "" : " " + unit;
  return verified ? value + after : fmt::format("({}){} unverified", value, after);
}

std::string Row::reproduced_value() const {
  if (reproduced.n == 0) return "-";
  const std::string text = number_text(reproduced.mean, unit);
  if (is_floor) return "more than " + text;
  return reproduced.n == 1 ? text : text + " ± " + number_text(reproduced.sd, unit);
}

std::string Row::seeds_text() const {
  std::vector<std::string> parts;
  if (reproduced.n > 0 || diverged.empty()) parts.push_back(fmt::format("{}", reproduced.n));
  if (failed > 0) parts.push_back(failed == static_cast<int>(seeds.size()) ? "all failed" : fmt::format("{} failed", failed));
  if (!diverged.empty()) parts.push_back(fmt::format("{} of {} diverged", diverged.size(), diverged.size() + seeds.size()));
  return joined(parts, ", ");
}

std::string Row::reproduced_text() const {
  if (reproduced.n > 0) return fmt::format("{} (n = {})", reproduced_value(), seeds_text());
  return diverged.empty() ? "-" : seeds_text();
}

std::string Row::setting() const {
  return fmt::format("{}{}, {}{}", dataset, substitute ? " (substitute)" : "", scale, variant.empty() ? "" : ", " + variant);
}

std::string Row::word() const {
  switch (likeness) {
    case Likeness::not_compared:
      return "not compared";
    case Likeness::equivalent:
      return "equivalent";
    case Likeness::better:
      return "better";
    case Likeness::worse:
      return "worse";
    case Likeness::inconclusive:
      return "inconclusive";
  }
  return "";
}

std::string Row::verdict() const {
  if (likeness == Likeness::not_compared) return published ? "not compared: " + why_not : "no published number";
  if (likeness == Likeness::equivalent) return fmt::format("equivalent within ±{}", shortest_text(rounded(margin)));
  const MeanEstimate& estimate = comparison->estimate;
  if (likeness == Likeness::inconclusive) {
    if (!comparison->obstacle.empty()) return fmt::format("inconclusive ({})", comparison->obstacle);
    const int n = comparison->seeds();
    if (n == 1) return "inconclusive (one seed)";
    if (comparison->level == 0) return fmt::format("inconclusive (±{} with {} seeds)", number_text(estimate.half_width(), unit), n);
    return fmt::format("inconclusive (±{})", number_text(estimate.half_width(comparison->level), unit));
  }
  const double width = estimate.half_width(comparison->level), by = std::abs(estimate.value);
  return fmt::format("{} by {} ({})", word(), number_text(by, unit), interval_text(by - width, by + width, unit));
}

std::string name_of(Status status) {
  switch (status) {
    case Status::reproduced:
      return "reproduced";
    case Status::not_reproduced:
      return "not reproduced";
    case Status::same_direction:
      return "same direction";
    case Status::less_than_claimed:
      return "less than claimed";
    case Status::opposite_direction:
      return "opposite direction";
    case Status::undecided:
      return "undecided";
    case Status::did_not_train:
      return "did not train";
    case Status::censored:
      return "censored";
    case Status::not_run:
      return "not run";
  }
  return "";
}

Standing standing_of(Status status) {
  switch (status) {
    case Status::reproduced:
    case Status::same_direction:
    case Status::less_than_claimed:
      return Standing::same_direction;
    case Status::not_reproduced:
    case Status::opposite_direction:
      return Standing::opposite_direction;
    case Status::undecided:
    case Status::did_not_train:
    case Status::censored:
      return Standing::undecided;
    case Status::not_run:
      break;
  }
  return Standing::not_run;
}

std::string counts_text(const StandingCounts& counts) {
  return fmt::format("{}", fmt::join(counts, "/"));
}

std::string PaperLine::headline() const {
  return published ? fmt::format("{} {}", published->number.dataset, published->number.metric) : "-";
}

std::string PaperLine::reproduced() const {
  return row ? row->reproduced_text() : published ? "not run" : "-";
}

std::string PaperLine::setting() const {
  return !row ? "-" : row->substitute ? fmt::format("{}, {}", row->scale, row->dataset) : row->scale;
}

bool ClaimResult::is_decided() const {
  return status == Status::reproduced || status == Status::not_reproduced || status == Status::same_direction ||
         status == Status::less_than_claimed || status == Status::opposite_direction;
}

std::string ClaimResult::setting() const {
  std::vector<std::string> parts{scale, dataset + (substitute ? " (substitute)" : "")};
  if (!variant.empty()) parts.push_back(variant);
  return scale.empty() ? "" : joined(parts, ", ");
}

std::string ClaimResult::test_text() const {
  const std::string where = setting();
  return (where.empty() ? "" : where + ": ") + joined(tests, " ");
}

namespace {

std::string obstacle_text(const std::vector<Comparison>& comparisons) {
  for (const Comparison& comparison : comparisons)
    if (!comparison.obstacle.empty()) return comparison.obstacle;
  return "";
}

bool baseline_failed(const std::vector<Comparison>& comparisons) {
  return std::any_of(comparisons.begin(), comparisons.end(),
                     [](const Comparison& comparison) { return comparison.obstacle_kind == Comparison::Obstacle::baseline_did_not_train; });
}

std::string size_text(const ClaimResult& result) {
  if (!result.is_decided() || !result.size) return "";
  if (result.size->inside()) return ", size as published";
  return result.size->published > result.size->high ? ", smaller than published" : ", larger than published";
}

std::string undecided_text(const ClaimResult& result) {
  const std::string obstacle = obstacle_text(result.comparisons);
  if (!obstacle.empty()) return fmt::format("undecided ({})", obstacle);
  std::string text = fmt::format("undecided with {} {}", result.seeds, result.seeds == 1 ? "seed" : "seeds");
  if (!result.forecast) return text;
  if (*result.forecast > kMostSeedsForecast) return text + fmt::format(" (80 % power with more than {})", kMostSeedsForecast);
  return text + fmt::format(" (80 % power with {})", *result.forecast);
}

std::string status_text(const ClaimResult& result) {
  switch (result.status) {
    case Status::same_direction:
    case Status::less_than_claimed:
    case Status::opposite_direction:
      return fmt::format("{}{} at {} scale{}", result.status == Status::less_than_claimed ? "same direction but " : "",
                         name_of(result.status), result.scale, result.substitute ? " on a substitute data set" : "");
    case Status::undecided:
      return undecided_text(result);
    case Status::did_not_train:
      return fmt::format("{}did not train ({})", baseline_failed(result.comparisons) ? "baseline " : "", obstacle_text(result.comparisons));
    case Status::censored:
      return fmt::format("undecided ({})", obstacle_text(result.comparisons));
    default:
      return name_of(result.status);
  }
}

}  // namespace

std::string ClaimResult::verdict() const {
  std::string text = status_text(*this) + size_text(*this);
  if (status == Status::not_run || claim.history.empty()) return text;
  std::vector<std::string> before;
  for (const catalog::EarlierDefinition& earlier : claim.history) before.push_back(earlier.verdict);
  return fmt::format("{}; definition changed after data (before: {})", text, joined(before, ", then "));
}

std::vector<std::vector<const Row*>> PaperReport::rows_by_metric() const {
  std::vector<std::vector<const Row*>> metrics;
  for (const Row& row : rows) {
    auto found = std::find_if(metrics.begin(), metrics.end(),
                              [&](const auto& of_one) { return of_one.front()->metric == row.metric && of_one.front()->unit == row.unit; });
    if (found == metrics.end()) found = metrics.emplace(found);
    found->push_back(&row);
  }
  return metrics;
}

std::string UnfinishedRun::text() const {
  return fmt::format("{} is {}{}{}", name, state, progress.empty() ? "" : ": ", progress);
}

int Report::count(Status status) const {
  int count = 0;
  for (const PaperReport& paper : papers)
    for (const ClaimResult& claim : paper.claims) count += claim.status == status;
  return count;
}

int Report::run_count() const {
  int count = 0;
  for (const PaperReport& paper : papers) count += paper.run_count;
  return count;
}

std::string Report::counts_text() const {
  std::vector<std::string> parts;
  for (int i = 0; i <= static_cast<int>(Status::not_run); ++i) {
    const auto status = static_cast<Status>(i);
    if (const int n = count(status); n > 0) parts.push_back(fmt::format("{} {}", n, name_of(status)));
  }
  return joined(parts, ", ");
}

std::string Report::false_verdicts_text() const {
  int tested = 0, decided = 0;
  double largest = 0;
  for (const PaperReport& paper : papers) {
    for (const ClaimResult& claim : paper.claims) {
      tested += claim.is_decided() || claim.status == Status::undecided;
      decided += claim.is_decided();
      if (claim.is_decided()) largest = std::max(largest, claim.p);
    }
  }
  if (decided == 0) return "";
  return fmt::format("Of {} verdicts that are decided, at most {:.2g} are expected to be false (largest p {} times {} claims tested).",
                     decided, std::min<double>(decided, largest * tested), p_text(largest), tested);
}

}  // namespace reprise::reports
