#include "suite/command/stop_signals.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "suite/parallel/workers.hpp"

namespace reprise::command {
namespace {

bool takes(int signal) {
  sigset_t blocked;
  pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  return sigismember(&blocked, signal) == 0;
}

bool takes_signals() {
  return takes(SIGINT) || takes(SIGTERM) || takes(SIGUSR1);
}

/// Threads of the workers that took part, and whether one of them takes signals.
struct Asked {
  int threads;
  bool take;
};

Asked ask(parallel::Workers& workers) {
  std::atomic<int> seen = 0;
  std::atomic<bool> take = false;
  workers.for_each(40, [&](std::int64_t, int thread) {
    seen |= 1 << thread;
    if (takes_signals()) take = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  });
  return {seen == 3 ? 2 : 1, take};
}

/// In a process of its own, since it keeps its mask. The exit code says what is wrong.
[[noreturn]] void stop_without_touching_threads_that_compute() {
  parallel::Workers workers(2);
  ask(workers);  // its threads begin with the signals of this one
  stop_on_signals();
  stop_on_signals();
  if (takes_signals()) _exit(1);
  if (!takes(SIGSEGV)) _exit(2);
  const Asked asked = ask(workers);
  if (asked.threads < 2) _exit(3);
  if (asked.take) _exit(4);
  kill(getpid(), SIGUSR1);
  for (int i = 0; i < 500 && !stop_was_asked(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  _exit(stop_was_asked() ? 0 : 5);
}

TEST(StopSignals, reach_no_thread_that_computes) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // threads of other tests do not live in a fork
  EXPECT_EXIT(stop_without_touching_threads_that_compute(), ::testing::ExitedWithCode(0), "stopping");
}

}  // namespace
}  // namespace reprise::command
