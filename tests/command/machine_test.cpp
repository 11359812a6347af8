#include "suite/command/machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/command/process.hpp"

namespace reprise::command {
namespace {

const Finding* find(const std::vector<Finding>& findings, const std::string& thing) {
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.thing == thing; });
  return found == findings.end() ? nullptr : &*found;
}

TEST(Machine, cores_are_counted_in_a_list_of_ranges) {
  EXPECT_EQ(cores_in_list("0"), 1);
  EXPECT_EQ(cores_in_list("0-3,8,10-11"), 7);
  EXPECT_EQ(cores_in_list(""), 0);
}

TEST(Machine, quota_is_a_number_of_cores_and_max_is_none) {
  EXPECT_EQ(cores_of_quota("150000 100000"), 1.5);
  EXPECT_EQ(cores_of_quota("max 100000"), 0);
  EXPECT_EQ(cores_of_quota(""), 0);
}

TEST(Machine, missing_data_set_is_a_note_with_the_way_to_get_it) {
  const TemporaryFolder empty;
  const std::vector<Finding> findings = examine_machine(empty.path(), empty.path());
  const Finding* mnist = find(findings, "data set mnist");
  ASSERT_NE(mnist, nullptr);
  EXPECT_EQ(mnist->level, Finding::Level::note);
  EXPECT_NE(mnist->text.find("train-images-idx3-ubyte.gz"), std::string::npos) << mnist->text;
  EXPECT_NE(mnist->fix.find("reprise data fetch mnist"), std::string::npos) << mnist->fix;
}

TEST(Machine, every_finding_that_is_not_good_has_a_fix) {
  const TemporaryFolder empty;
  const std::vector<Finding> findings = examine_machine(empty.path(), "/proc/reprise");
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.fix.empty(), finding.level == Finding::Level::good) << finding.thing << ": " << finding.text;
  }
}

TEST(Machine, output_that_cannot_be_written_is_a_problem) {
  const TemporaryFolder empty;
  const std::vector<Finding> findings = examine_machine(empty.path(), "/proc/reprise");
  const Finding* output = find(findings, "output");
  ASSERT_NE(output, nullptr);
  EXPECT_EQ(output->level, Finding::Level::problem) << output->text;
}

TEST(Machine, looking_leaves_nothing_behind) {
  const TemporaryFolder empty;
  examine_machine(empty.path(), empty.path() / "results");
  EXPECT_TRUE(std::filesystem::is_empty(empty.path()));
}

}  // namespace
}  // namespace reprise::command
