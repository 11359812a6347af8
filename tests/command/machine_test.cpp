#include "suite/command/machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "suite/command/placement.hpp"
#include "suite/errors.hpp"
#include "tests/command/process.hpp"

namespace reprise::command {
namespace {

const Finding* find(const std::vector<Finding>& findings, const std::string& thing) {
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.thing == thing; });
  return found == findings.end() ? nullptr : &*found;
}

TEST(Placement, ranks_share_the_cores_that_they_have_in_common) {
  const Placement placement = place({{"a", "0-3", "one", 0}, {"a", "0-3", "one", 0}, {"b", "0-7", "one", 0}});
  EXPECT_EQ(placement.threads, (std::vector<int>{2, 2, 8}));
  EXPECT_TRUE(placement.warnings.empty());
}

TEST(Placement, a_rank_bound_to_a_core_and_a_crowded_host_are_told) {
  const Placement bound = place({{"a", "0", "one", 4}, {"a", "1", "one", 4}});
  ASSERT_EQ(bound.warnings.size(), 1u);
  EXPECT_NE(bound.warnings[0].find("rank 0 on a has 4 threads but is bound to core 0"), std::string::npos) << bound.warnings[0];
  EXPECT_NE(bound.warnings[0].find("--map-by slot:PE="), std::string::npos) << bound.warnings[0];
  const Placement crowded = place({{"a", "0-3", "one", 3}, {"a", "0-3", "one", 3}});
  ASSERT_EQ(crowded.warnings.size(), 1u);
  EXPECT_NE(crowded.warnings[0].find("a: 6 threads on 4 cores"), std::string::npos) << crowded.warnings[0];
}

TEST(Placement, ranks_that_would_not_compute_the_same_bits_are_refused) {
  try {
    place({{"a", "0-3", "avx512", 0}, {"b", "0-3", "avx2", 0}, {"c", "0-3", "avx2", 0}});
    FAIL() << "taken";
  } catch (const InputError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("avx512 (rank 0 on a)"), std::string::npos) << text;
    EXPECT_NE(text.find("avx2 (rank 1 on b and 1 more)"), std::string::npos) << text;
    EXPECT_NE(text.find("REPRISE_ISA"), std::string::npos) << text;
  }
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
