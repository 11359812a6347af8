#include "reports/report.hpp"

#include <fmt/format.h>

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
  const std::string mean = number_text(reproduced.mean, unit);
  if (is_floor) return "more than " + mean;
  return reproduced.n == 1 ? mean : mean + " ± " + number_text(reproduced.sd, unit);
}

std::string Row::reproduced_text() const {
  return reproduced.n == 0 ? "-" : fmt::format("{} (n = {})", reproduced_value(), reproduced.n);
}

std::string ClaimResult::setting() const {
  std::vector<std::string> parts{scale, dataset + (substitute ? " (substitute)" : "")};
  if (!variation.empty()) parts.push_back(variation);
  return scale.empty() ? "" : joined(parts, ", ");
}

std::string ClaimResult::test_text() const {
  const std::string where = setting();
  return (where.empty() ? "" : where + ": ") + joined(tests, " ");
}

ClaimCounts Report::counts() const {
  ClaimCounts counts;
  int* const of_outcome[] = {&counts.reproduced, &counts.not_reproduced, &counts.undecided, &counts.not_tested};  // as in Outcome
  for (const PaperReport& paper : papers)
    for (const ClaimResult& claim : paper.claims) ++*of_outcome[static_cast<std::size_t>(claim.verdict.outcome)];
  return counts;
}

int Report::run_count() const {
  int count = 0;
  for (const PaperReport& paper : papers) count += paper.run_count;
  return count;
}

}  // namespace reprise::reports
