// `run --until-decided` on a made-up paper, from nothing to its verdicts.

#include <gtest/gtest.h>

#include <string>

#include "tests/command/process.hpp"
#include "tests/support/made_up_claims.hpp"

namespace reprise::command {
namespace {

namespace fs = std::filesystem;

class UntilDecided : public testing::Test {
 protected:
  UntilDecided() { tests::write_made_up_claims(folder_.path() / "papers"); }

  Finished run(const std::string& target, const std::string& flags) const {
    return shell("REPRISE_EXPERIMENTS=$PWD/papers reprise run " + target + " --threads 1 --out out " + flags, folder_.path());
  }
  Finished until_decided(const std::string& flags = "") const { return run("made-up --scale desk --until-decided", flags); }

  int results(const std::string& trial) const {
    int count = 0;
    if (!fs::exists(folder_.path() / "out/made-up" / trial)) return 0;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.path() / "out/made-up" / trial))
      count += entry.path().extension() == ".h5" ? 1 : 0;
    return count;
  }
  std::string counts() const { return fmt_counts(results("long"), results("short"), results("twin"), results("alone")); }
  static std::string fmt_counts(int a, int b, int c, int d) {
    return std::to_string(a) + " " + std::to_string(b) + " " + std::to_string(c) + " " + std::to_string(d);
  }

  TemporaryFolder folder_;
};

/// The line of a table that begins with `name`; the last one of the text.
std::string last_line_of(const std::string& text, const std::string& name) {
  const std::size_t at = text.rfind("\n" + name + " ");
  return at == std::string::npos ? "" : text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(UntilDecided, seeds_are_added_where_they_decide_and_nowhere_else) {
  const Finished finished = until_decided();
  ASSERT_EQ(finished.exit_code, 0) << finished.out << finished.err;
  EXPECT_TRUE(has(last_line_of(finished.out, "claim longer"), "decided at 5 seeds, look 5 (level 0.00081)")) << finished.out;
  EXPECT_TRUE(has(last_line_of(finished.out, "claim twins"), "futile")) << finished.out;
  EXPECT_EQ(counts(), "5 5 3 0");  // the twins were given up after the first look; no claim is about "alone"

  const Finished again = until_decided();
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(counts(), "5 5 3 0");
  EXPECT_EQ(again.err, "");
}

TEST_F(UntilDecided, dry_run_lists_what_is_open_and_runs_nothing) {
  const Finished list = until_decided("--dry-run");
  EXPECT_EQ(list.exit_code, 0) << list.err;
  for (const char* word : {"claim longer", "claim twins", "undecided", "next look", "runs", "time", "chance"})
    EXPECT_TRUE(has(list.out, word)) << word << " in " << list.out;
  EXPECT_FALSE(fs::exists(folder_.path() / "out"));
}

TEST_F(UntilDecided, results_that_are_there_count) {
  ASSERT_EQ(run("made-up/short --scale desk", "--seeds 4").exit_code, 0);
  ASSERT_EQ(run("made-up/long --scale desk", "--seed 3").exit_code, 0);
  const std::string list = until_decided("--dry-run").out;
  EXPECT_TRUE(has(last_line_of(list, "claim longer"), "1      undecided  3          2")) << list;  // seeds 1 and 2 of "long"
  EXPECT_TRUE(has(last_line_of(list, "claim twins"), "0      undecided  3          3")) << list;
}

TEST_F(UntilDecided, of_one_trial_its_claims_and_their_other_sides_are_run) {
  const Finished finished = run("made-up/long --scale desk --until-decided", "");
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(counts(), "5 5 0 0");
}

TEST_F(UntilDecided, no_look_is_beyond_max_seeds_and_nothing_beyond_the_budget) {
  const Finished limited = until_decided("--max-seeds 4");
  EXPECT_EQ(limited.exit_code, 0) << limited.err;
  EXPECT_TRUE(has(last_line_of(limited.out, "claim longer"), "undecided at the last look")) << limited.out;
  EXPECT_EQ(counts(), "3 3 3 0");
  const Finished broke = until_decided("--budget 0.000001s");
  EXPECT_EQ(broke.exit_code, 0) << broke.err;
  EXPECT_TRUE(has(broke.err, "1 left undecided")) << broke.err;
  EXPECT_TRUE(has(last_line_of(broke.out, "claim longer"), "3      undecided  5          4")) << broke.out;
  EXPECT_EQ(counts(), "3 3 3 0");
}

TEST_F(UntilDecided, interrupted_it_goes_on_with_the_same_command) {
  const Finished stopped = until_decided("--time-limit 0.001s");
  EXPECT_EQ(stopped.exit_code, 3) << stopped.out << stopped.err;
  EXPECT_EQ(counts(), "0 0 0 0");
  ASSERT_EQ(until_decided().exit_code, 0);
  EXPECT_EQ(counts(), "5 5 3 0");
}

TEST_F(UntilDecided, what_needs_a_run_that_fails_is_closed) {
  const Finished finished = until_decided("--set dataset=mnist --data nowhere");
  EXPECT_EQ(finished.exit_code, 2) << finished.out << finished.err;
  EXPECT_TRUE(has(last_line_of(finished.out, "claim longer"), "failed")) << finished.out;
}

TEST_F(UntilDecided, what_makes_no_sense_is_refused) {
  struct Refusal {
    std::string flags;
    std::vector<std::string> words;
  };
  for (const Refusal& refusal : std::vector<Refusal>{
           {"made-up --until-decided", {"--until-decided", "--scale desk or paper", "scale smoke"}},
           {"made-up --scale desk --until-decided --seed 3", {"--seed", "--until-decided"}},
           {"made-up --scale desk --until-decided --seeds 3", {"--seeds", "--until-decided"}},
           {"made-up --scale desk --until-decided --force", {"--force", "--until-decided"}},
           {"--demo --until-decided", {"--demo", "--until-decided"}},
           {"made-up --scale desk --until-decided --budget 0", {"--budget", "expected a duration", "found '0'"}},
           {"made-up --scale desk --until-decided --max-seeds 2", {"--max-seeds", "3"}},
           {"made-up --scale desk --until-decided --max-seeds 21", {"--max-seeds", "20"}},
           {"made-up --scale desk --budget 1h", {"--budget", "--until-decided"}},
           {"made-up --scale desk --max-seeds 5", {"--max-seeds", "--until-decided"}},
           {"made-up/alone --scale desk --until-decided", {"made-up/alone at scale desk", "claims", "none", "reprise show made-up"}},
       }) {
    SCOPED_TRACE(refusal.flags);
    const Finished finished = run("", refusal.flags);
    EXPECT_EQ(finished.exit_code, 2) << finished.out << finished.err;
    for (const std::string& word : refusal.words) EXPECT_TRUE(has(finished.err, word)) << "no '" << word << "' in " << finished.err;
    EXPECT_EQ(counts(), "0 0 0 0");
  }
}

}  // namespace
}  // namespace reprise::command
