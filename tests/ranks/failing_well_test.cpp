// When something goes wrong on one rank the whole job ends within ten seconds and says where; when it goes wrong on all alike, only
// that run fails; when it is asked to stop, it leaves a checkpoint that any layout continues.

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>

#include "job.hpp"
#include "tests/support/container_writer.hpp"

namespace reprise::ranks {
namespace {

constexpr double kSecondsToEnd = 10;

std::vector<std::string> long_run() {
  auto arguments = small_runs()[1];
  arguments.insert(arguments.end(), {"--set", "epochs=100000", "--set", "evaluations=1"});
  return arguments;
}

/// Waits until the job trains: a checkpoint is there, or its ranks show progress.
void wait_until_it_trains(Job& job, std::size_t ranks, const std::filesystem::path& out) {
  for (const double begun = now_seconds(); now_seconds() - begun < 60; sleep_seconds(0.05)) {
    const bool checkpoint = wrote_checkpoint(out, std::filesystem::file_time_type::min());
    if (checkpoint && job.ranks().size() == ranks) return;
    ASSERT_TRUE(job.running()) << job.errors();
  }
  FAIL() << "it did not start to train\n" << job.errors();
}

TEST(FailingWell, a_killed_rank_ends_the_job_and_is_named) {
  const Folder folder;
  Job job(reprise_run(3, 1, folder.path() / "out", long_run()), folder.path());
  ASSERT_NO_FATAL_FAILURE(wait_until_it_trains(job, 3, folder.path() / "out"));
  ::kill(job.ranks()[1], SIGKILL);
  EXPECT_GT(job.wait(kSecondsToEnd), 0);
  EXPECT_TRUE(job.ranks().empty());
  EXPECT_NE(job.errors().find("rank"), std::string::npos) << job.errors();
  EXPECT_EQ(result_digest(folder.path() / "out"), "");
}

TEST(FailingWell, a_hanging_rank_is_named_by_the_others) {
  const Folder folder;
  auto arguments = long_run();
  constexpr double kWatchdog = 5;  // a busy machine may leave a rank without a core for a second or two
  arguments.insert(arguments.end(), {"--watchdog", "5s"});
  Job job(reprise_run(3, 1, folder.path() / "out", arguments), folder.path());
  ASSERT_NO_FATAL_FAILURE(wait_until_it_trains(job, 3, folder.path() / "out"));
  ::kill(job.ranks()[2], SIGSTOP);
  EXPECT_EQ(job.wait(kWatchdog + kSecondsToEnd), 1);
  EXPECT_NE(job.errors().find("missing: rank "), std::string::npos) << job.errors();
}

/// Two ranks, the second with some arguments more. A shell adds them: mpirun of Open MPI 5.0.7 crashes where it is given two programs
/// (`mpirun -n 1 true : -n 1 true` ends with 139).
std::vector<std::string> unlike_ranks(const std::filesystem::path& out, const std::vector<std::string>& arguments,
                                      const std::vector<std::string>& more) {
  std::string script = "[ \"$OMPI_COMM_WORLD_RANK\" = 1 ] && set -- \"$@\"";
  for (const std::string& word : more) script += " '" + word + "'";
  script += "; exec \"$@\"";
  std::vector<std::string> command = reprise_run(2, 1, out, arguments);
  command.insert(command.begin() + 3, {"sh", "-c", script, "sh"});  // after mpirun -n 2
  return command;
}

TEST(FailingWell, an_error_on_one_rank_ends_the_job_with_its_rank) {
  const Folder folder;
  Job job(unlike_ranks(folder.path() / "out", small_runs()[1], {"--time-limit", "soon"}), folder.path());
  EXPECT_EQ(job.wait(30), 2);
  EXPECT_NE(job.errors().find("rank 1 on "), std::string::npos) << job.errors();
  EXPECT_NE(job.errors().find("'soon'"), std::string::npos) << job.errors();
}

TEST(FailingWell, ranks_with_different_arguments_are_refused_and_the_difference_is_named) {
  struct Difference {
    std::vector<std::string> more;
    std::vector<std::string> words;
  };
  for (const Difference& difference :
       std::vector<Difference>{{{"--seed", "2"}, {"run 1: expected the same on all ranks", "seed 1 on rank 0", "seed 2 on rank 1"}},
                               {{"--set", "batch=40"}, {"recipe of run 1", "batch = 20 on rank 0", "batch = 40 on rank 1"}},
                               {{"--keep-weights"}, {"--keep-weights", "not given on rank 0", "given on rank 1"}}}) {
    SCOPED_TRACE(difference.more.front());
    const Folder folder;
    Job job(unlike_ranks(folder.path() / "out", small_runs()[1], difference.more), folder.path());
    EXPECT_EQ(job.wait(30), 2);
    for (const std::string& word : difference.words) EXPECT_NE(job.errors().find(word), std::string::npos) << word << '\n' << job.errors();
    EXPECT_EQ(result_digest(folder.path() / "out"), "");
  }
}

/// Writes the set "own" into a folder: 20 images whose values start with `first`.
void write_own_set(const std::filesystem::path& folder, int first) {
  std::filesystem::create_directories(folder);
  tests::ContainerWriter writer(folder / "own.h5");
  const std::vector<int> labels = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  for (const std::string split : {"/train", "/test"}) {
    writer.images((split + "/images").c_str(), {labels.size(), 3, 32, 32}, H5T_STD_U8LE, first);
    writer.labels((split + "/labels").c_str(), labels);
  }
}

TEST(FailingWell, ranks_that_read_different_data_fail_alike) {
  const Folder folder;
  write_own_set(folder.path() / "a", 0);
  write_own_set(folder.path() / "b", 1);
  const char* data = std::getenv("REPRISE_DATA");
  const std::string before = data != nullptr ? data : "";
  setenv("REPRISE_DATA", (folder.path() / "a").c_str(), 1);
  Job job(unlike_ranks(folder.path() / "out",
                       {"all-cnn/allcnn-c", "--set", "dataset=own", "--set", "train_images=10", "--set", "test_images=10"},
                       {"--data", folder.path() / "b"}),
          folder.path());
  EXPECT_EQ(job.wait(30), 2);
  EXPECT_NE(job.errors().find("data set own: expected the same on all ranks"), std::string::npos) << job.errors();
  before.empty() ? unsetenv("REPRISE_DATA") : setenv("REPRISE_DATA", before.c_str(), 1);
}

TEST(FailingWell, a_run_that_fails_on_all_ranks_alike_does_not_stop_the_others) {
  const Folder folder;
  auto arguments = small_runs()[1];
  arguments.insert(arguments.end(), {"--seeds", "2", "--set", "optimizer.learning_rate.value=1e30", "--ranks-per-trial", "2"});
  Job job(reprise_run(2, 1, folder.path() / "out", arguments), folder.path());
  EXPECT_EQ(job.wait(60), 1) << job.errors();
  EXPECT_NE(job.errors().find("loss at step"), std::string::npos) << job.errors();
  EXPECT_NE(job.errors().find("(and 1 more)"), std::string::npos) << job.errors();
}

class Stopping : public testing::TestWithParam<int> {};

TEST_P(Stopping, leaves_a_checkpoint_that_another_layout_continues) {
  const Folder whole, folder;
  const auto& arguments = small_runs()[2];
  Job undisturbed(reprise_run(0, 2, whole.path() / "out", arguments), whole.path());
  ASSERT_EQ(undisturbed.wait(60), 0);
  Job first(reprise_run(3, 1, folder.path() / "out", arguments), folder.path());
  ASSERT_NO_FATAL_FAILURE(wait_until_it_trains(first, 3, folder.path() / "out"));
  if (GetParam() == 0)
    ::kill(first.ranks()[2], SIGUSR1);  // one rank alone: the others learn it from the exchange
  else
    first.signal(GetParam());
  ASSERT_EQ(first.wait(kSecondsToEnd), 3) << first.errors();
  EXPECT_EQ(result_digest(folder.path() / "out"), "");
  Job second(reprise_run(2, 2, folder.path() / "out", arguments), folder.path());
  ASSERT_EQ(second.wait(60), 0) << second.errors();
  EXPECT_EQ(result_digest(folder.path() / "out"), result_digest(whole.path() / "out"));
}

TEST(FailingWell, a_signal_to_a_rank_without_shards_stops_the_job) {
  const Folder folder;
  auto arguments = small_runs()[2];
  arguments.insert(arguments.end(), {"--set", "batch=16", "--set", "shard=8", "--set", "epochs=100000"});  // two shards for three ranks
  Job job(reprise_run(3, 1, folder.path() / "out", arguments), folder.path());
  ASSERT_NO_FATAL_FAILURE(wait_until_it_trains(job, 3, folder.path() / "out"));
  ::kill(job.ranks()[2], SIGUSR1);
  EXPECT_EQ(job.wait(kSecondsToEnd), 3) << job.errors();
}

INSTANTIATE_TEST_SUITE_P(By, Stopping, testing::Values(0, SIGUSR1),
                         [](const auto& parameter) { return parameter.param == 0 ? "a_signal_to_one_rank" : "a_signal_to_mpirun"; });

}  // namespace
}  // namespace reprise::ranks
