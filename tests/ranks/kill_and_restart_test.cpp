// Runs are killed at random instants, whole jobs or single ranks, and started again on other layouts, until they end. Half of the instants
// count from the start, half from the first checkpoint of this start: on a busy machine the start alone can take longer than a whole run
// did. What comes out must be what an undisturbed run on one rank gives. REPRISE_KILL_ROUNDS sets how many kills (20 in the fast tests).
//
// A rank that is killed inside MPI_Init can leave mpirun waiting when every rank is long gone: it has reported the kill, and waits in
// PMIx_server_finalize for a mutex of its own that nobody holds (Open MPI 4.1.4: 3 of 390 kills within 0.3 to 0.7 s of the start on a busy
// machine, none of 180 later). So a job that was not up when a rank was killed, and does not end, is ended by the test and counted as the
// launcher's. Once all ranks are up, the job must end by itself.

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "datasets/image_set.hpp"
#include "datasets/manifest.hpp"
#include "datasets/photograph_layout.hpp"
#include "job.hpp"

namespace reprise::ranks {
namespace {

int wanted_kills() {
  const char* rounds = std::getenv("REPRISE_KILL_ROUNDS");
  return rounds != nullptr ? std::atoi(rounds) : 20;
}

constexpr double kSecondsToEnd = 20, kSecondsUndisturbed = 120;

struct Counts {
  int kills = 0, resumed = 0, finished = 0, launcher = 0;
};

class Disturber {
 public:
  explicit Disturber(unsigned seed) : random_(seed) {}

  /// Runs `arguments` to the end, killing it on the way; `seconds` is about what an undisturbed run takes.
  void run(const std::vector<std::string>& arguments, const std::string& expected, double seconds, Counts& counts) {
    const Folder folder;
    const auto out = folder.path() / "out";
    for (int kills_of_this = 0;;) {
      const int ranks = pick({0, 1, 2, 3, 5}), threads = pick({1, 2, 3});
      Job job(reprise_run(ranks, threads, out, arguments), folder.path());
      const bool disturb = kills_of_this < 8;  // in the end it is left alone
      const int code = disturb ? wait_for_an_instant(job, out, seconds) : job.wait(kSecondsUndisturbed);
      if (code < 0) {
        const bool up = job.up();
        kill_some(job);
        ++counts.kills, ++kills_of_this;
        if (job.wait(kSecondsToEnd) >= 0) continue;
        ASSERT_FALSE(up) << "the job did not end after a kill:\n" << job.errors();
        ++counts.launcher;
        job.kill_everything();
        ASSERT_GE(job.wait(kSecondsToEnd), 0);
        continue;
      }
      ASSERT_EQ(code, 0) << ranks << " ranks, " << threads << " threads\n" << job.errors();
      counts.resumed += job.errors().find("goes on after step") != std::string::npos;
      ++counts.finished;
      ASSERT_EQ(result_digest(out), expected) << "after " << kills_of_this << " kills, last on " << ranks << " ranks, " << threads
                                              << " threads";
      return;
    }
  }

 private:
  /// The job's exit code if it ended before the instant at which to kill it, else -1.
  int wait_for_an_instant(Job& job, const std::filesystem::path& out, double seconds) {
    const auto started = std::filesystem::file_time_type::clock::now();
    const bool from_the_start = random_() % 2 == 0;
    const double delay = std::uniform_real_distribution<double>(from_the_start ? 0.1 : 0, 0.3 + seconds)(random_);
    for (const double begun = now_seconds(); !from_the_start && now_seconds() - begun < kSecondsUndisturbed; sleep_seconds(0.01))
      if (!job.running() || wrote_checkpoint(out, started)) break;
    return job.wait(delay);
  }

  int pick(const std::vector<int>& values) { return values[random_() % values.size()]; }

  void kill_some(Job& job) {
    const std::vector<pid_t> ranks = job.ranks();
    if (ranks.size() > 1 && random_() % 2 == 0)
      ::kill(ranks[random_() % ranks.size()], SIGKILL);  // mpirun ends the others
    else
      job.kill_everything();
  }

  std::mt19937 random_;
};

/// With photographs where there are any: crops of drawn sizes, evaluations at the end, a start from another trial's weights.
std::vector<std::vector<std::string>> all_runs() {
  std::vector<std::vector<std::string>> all = small_runs();
  if (datasets::has_photographs(datasets::require_entry("imagenette2-112"), datasets::data_directory(""))) {
    all.push_back(small_run("vgg/c-jitter", "imagenette2-112", {"epochs=6"}));
    all.push_back(small_run("vgg/d-from-a", "imagenette2-112", {"epochs=4"}));
  }
  return all;
}

TEST(KillAndRestart, on_other_layouts_gives_what_an_undisturbed_run_gives) {
  Disturber disturber(20260815);
  const std::vector<std::vector<std::string>> runs = all_runs();
  Counts counts;
  std::vector<std::string> expected;
  std::vector<double> seconds;
  for (const auto& arguments : runs) {
    const Folder folder;
    const double begun = now_seconds();
    Job job(reprise_run(0, 1, folder.path() / "out", arguments), folder.path());
    ASSERT_EQ(job.wait(120), 0) << job.errors();
    seconds.push_back(now_seconds() - begun);
    expected.push_back(result_digest(folder.path() / "out"));
  }
  for (std::size_t i = 0; counts.kills < wanted_kills() && !HasFatalFailure(); ++i) {
    const std::size_t which = i % runs.size();
    disturber.run(runs[which], expected[which], seconds[which], counts);
  }
  std::printf("%d kills, %d runs finished, %d of them from a checkpoint; %d times mpirun did not end after a kill during its start\n",
              counts.kills, counts.finished, counts.resumed, counts.launcher);
  EXPECT_GT(counts.resumed, 0);
}

}  // namespace
}  // namespace reprise::ranks
