#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "made_up_runs.hpp"
#include "reports/build_report.hpp"
#include "reports/formats/formats.hpp"
#include "reports/formats/writers.hpp"
#include "reports/text.hpp"

namespace reprise::reports {
namespace {

// The difference to the published value, as any format would print it.
bool prints_a_difference(const Report& report) {
  const Row& row = report.papers.front().rows.front();
  const double difference = row.reproduced.mean - row.published->number.value;
  std::vector<std::string> texts{terminal_details(report)};
  for (const Format* format : parse_formats(format_names(",")))
    for (const File& file : format->write(report)) texts.push_back(file.text);
  for (std::string& text : texts) {
    if (const std::size_t style = text.find("</style>"); style != std::string::npos) text.erase(0, style);
    for (const char* word : {"better by", "worse by", "equivalent within", "inconclusive"}) {
      if (text.find(word) != std::string::npos) return true;
    }
    if (text.find(signed_text(difference, "percent")) != std::string::npos) return true;
  }
  return false;
}

TEST(Writers, print_a_difference_for_like_only) {
  const auto report_of = [](const std::string& scale, const std::string& dataset) {
    std::vector<records::RunRecord> records;
    for (int seed : {1, 2, 3}) records.push_back(made_up::awkward_record("plain", scale, dataset, seed));
    return build_report(records, {made_up::paper()});
  };
  EXPECT_TRUE(prints_a_difference(report_of("paper", "mnist")));
  EXPECT_FALSE(prints_a_difference(report_of("paper", "fashion-mnist")));
  EXPECT_FALSE(prints_a_difference(report_of("desk", "mnist")));
  EXPECT_FALSE(prints_a_difference(report_of("smoke", "fashion-mnist")));
}

}  // namespace
}  // namespace reprise::reports
