#include "suite/command/chart.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace reprise::command {
namespace {

TEST(Chart, draws_a_falling_line_from_the_upper_left_to_the_lower_right) {
  Points points;
  for (int i = 0; i <= 48; ++i) points.emplace_back(i, 48 - i);  // one a column
  const std::vector<std::string> lines = chart(points, 60, 12);
  ASSERT_EQ(lines.size(), 12u);
  for (const std::string& line : lines) EXPECT_LE(line.size(), 60u) << line;
  EXPECT_EQ(lines[0].substr(0, 14), "       48 |***");
  EXPECT_EQ(lines[9].back(), '*');
  EXPECT_EQ(lines[9].substr(0, 12), "        0 | ");
  EXPECT_EQ(lines[10], std::string(10, ' ') + "+" + std::string(49, '-'));
  EXPECT_EQ(lines[11], "           0" + std::string(46, ' ') + "48");
  for (std::size_t r = 0; r + 1 < 10; ++r) EXPECT_LE(lines[r].find('*'), lines[r + 1].find('*'));
}

TEST(Chart, is_logarithmic_over_a_wide_span) {
  Points points;
  for (int i = 0; i <= 30; ++i) points.emplace_back(i, std::pow(10.0, -i / 10.0));
  const std::vector<std::string> lines = chart(points, 41, 9);
  EXPECT_EQ(lines[0].substr(0, 11), "        1 |");
  EXPECT_EQ(lines[3].substr(0, 11), "  0.03162 |") << "the middle of 1 and 0.001";
  EXPECT_EQ(lines[6].substr(0, 11), "    0.001 |");
}

TEST(Chart, takes_what_is_there) {
  EXPECT_TRUE(chart({}, 60, 12).empty());
  EXPECT_TRUE(chart({{1, std::nan("")}}, 60, 12).empty());
  EXPECT_TRUE(chart({{1, 1}}, 10, 12).empty()) << "no room";
  const std::vector<std::string> one = chart({{1, 5}, {2, std::nan("")}}, 60, 12);
  ASSERT_EQ(one.size(), 12u);
  EXPECT_EQ(std::count_if(one.begin(), one.end(), [](const std::string& line) { return line.find('*') != std::string::npos; }), 1);
}

}  // namespace
}  // namespace reprise::command
