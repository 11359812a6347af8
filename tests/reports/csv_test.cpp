#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "made_up_runs.hpp"
#include "reports/formats/writers.hpp"

namespace reprise::reports {
namespace {

TEST(Csv, has_as_many_fields_in_each_line_as_in_its_heading) {
  const std::string csv = made_up::text_of(to_csv(made_up::awkward_report()));
  std::vector<int> counts{1};
  bool quoted = false;
  for (char c : csv) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) ++counts.back();
    if (c == '\n' && !quoted) counts.push_back(1);
  }
  counts.pop_back();
  EXPECT_EQ(counts.size(), 1u + 3 + 5);  // a heading, three rows, two claims of one comparison and three that were not run
  for (int count : counts) EXPECT_EQ(count, counts.front());
}

}  // namespace
}  // namespace reprise::reports
