// `run --until-decided` under mpirun: rank 0 decides, all ranks run, and an interruption loses nothing.

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "job.hpp"
#include "tests/support/made_up_claims.hpp"

namespace fs = std::filesystem;

namespace reprise::ranks {
namespace {

std::map<std::string, int> results_in(const fs::path& out) {
  std::map<std::string, int> count;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(out, ignored))
    if (entry.path().extension() == ".h5") ++count[entry.path().parent_path().filename().string()];
  return count;
}

TEST(UntilDecidedOnRanks, two_ranks_decide_as_one_does_also_after_an_interruption) {
  const Folder folder;
  tests::write_made_up_claims(folder.path() / "papers");
  ASSERT_EQ(setenv("REPRISE_EXPERIMENTS", (folder.path() / "papers").c_str(), 1), 0);
  const fs::path out = folder.path() / "out";
  const std::vector<std::string> arguments{"made-up", "--scale", "desk", "--until-decided"};

  Job first(reprise_run(2, 1, out, arguments), folder.path());
  for (const double begun = now_seconds(); results_in(out).empty() && now_seconds() - begun < 120; sleep_seconds(0.01))
    ASSERT_TRUE(first.running()) << first.errors();
  first.signal(SIGUSR1);
  const int code = first.wait(120);
  EXPECT_TRUE(code == 3 || code == 0) << code << first.errors();  // 0 if it was quicker than the signal

  Job second(reprise_run(2, 1, out, arguments), folder.path());
  ASSERT_EQ(second.wait(300), 0) << second.errors();
  const std::map<std::string, int> expected{{"long", 5}, {"short", 5}, {"twin", 3}};
  EXPECT_EQ(results_in(out), expected);
  EXPECT_NE(second.output().find("decided at 5 seeds, look 5"), std::string::npos) << second.output();
  EXPECT_NE(second.output().find("futile"), std::string::npos) << second.output();

  Job list(reprise_run(2, 1, folder.path() / "none", {"made-up", "--scale", "desk", "--until-decided", "--dry-run"}), folder.path());
  EXPECT_EQ(list.wait(120), 0) << list.errors();
  EXPECT_TRUE(results_in(folder.path() / "none").empty());
}

}  // namespace
}  // namespace reprise::ranks
