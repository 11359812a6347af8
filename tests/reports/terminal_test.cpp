#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "made_up_runs.hpp"
#include "reports/build_report.hpp"
#include "reports/formats/writers.hpp"
#include "reports/text.hpp"

namespace reprise::reports {
namespace {

TEST(Terminal, lines_columns_up_by_characters) {
  EXPECT_EQ(aligned({{"a", "b"}, {"1 ± 2", "c"}}, "-"), "a      b\n-----  -\n1 ± 2  c\n");
  const std::string text = terminal_details(made_up::awkward_report());
  EXPECT_NE(text.find("Claims not run: "), std::string::npos) << text;
  EXPECT_NE(text.find("(1.04)"), std::string::npos);
}

std::size_t widest(const std::string& text) {
  std::size_t most = 0, width = 0;
  for (char c : text) {
    width = c == '\n' ? 0 : width + ((static_cast<unsigned char>(c) & 0xC0) != 0x80);
    most = std::max(most, width);
  }
  return most;
}

TEST(Terminal, a_table_that_is_too_wide_goes_over_several_lines) {
  const std::vector<std::vector<std::string>> rows{{"name", "what it is"}, {"a-long-name", "some words ± more"}};
  EXPECT_EQ(aligned(rows, "-", 100), "name         what it is\n-----------  -----------------\na-long-name  some words ± more\n");
  EXPECT_EQ(aligned(rows, "-", 20),
            "name       what it\n           is\n---------  ---------\na-long-    some\nname       words ±\n           more\n");
  EXPECT_EQ(wrapped("abcdefgh", 3), (std::vector<std::string>{"abc", "def", "gh"}));
  EXPECT_EQ(wrapped("ab cd", 2), (std::vector<std::string>{"ab", "cd"}));
  EXPECT_EQ(filled("a paragraph of some words", "    ", 24), "a paragraph of some\n    words\n");
  EXPECT_EQ(filled("a paragraph of some words", "    ", std::string::npos), "a paragraph of some words\n");
}

TEST(Terminal, the_summary_has_a_line_a_paper_and_fits_a_hundred_columns) {
  const Report report = made_up::awkward_report();
  const std::string text = terminal_summary(report);
  EXPECT_LE(widest(text), 100u) << text;
  EXPECT_LE(widest(terminal_details(report)), 100u);
  const Row& row = report.papers.front().rows[1];
  ASSERT_EQ(row.id, made_up::paper().headline);
  EXPECT_NE(text.find("made-up  mnist test_error  1.25       " + row.reproduced_text() + "  paper  1/0/1/3\n"), std::string::npos) << text;
}

TEST(Terminal, settings_are_letters_with_a_legend) {
  made_up::RunSpec run;
  run.deviations = {"set by hand: optimizer.max_norm=3", "set by hand: optimizer.weight_decay=0.5"};
  const std::string text = terminal_details(build_report({made_up::record_of(run)}, {made_up::paper()}));
  EXPECT_NE(text.find("mnist, desk, a"), std::string::npos) << text;
  EXPECT_NE(text.find("  a: optimizer.max_norm=3; optimizer.weight_decay=0.5\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace reprise::reports
