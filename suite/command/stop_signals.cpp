#include "suite/command/stop_signals.hpp"

#include <unistd.h>

#include <csignal>
#include <cstring>
#include <thread>
#include <utility>

#include "suite/parallel/workers.hpp"
#include "suite/runs/run_trial.hpp"

namespace reprise::command {
namespace {

volatile std::sig_atomic_t stop_asked = 0;

void on_signal(int) {
  constexpr char kNote[] = "\nreprise: stopping; finished work is kept (press Ctrl-C again to end at once)\n";
  stop_asked = 1;
  runs::request_stop();
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kNote, sizeof kNote - 1);
}

/// Starts a thread on which handlers run, and keeps them from this one, which computes.
void listen_elsewhere() {
  static bool listens = false;
  if (std::exchange(listens, true)) return;
  std::thread([] {
    for (;;) pause();
  }).detach();
  parallel::block_signals();
}

}  // namespace

void stop_on_signals() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, nullptr);
  action.sa_flags = SA_RESTART;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGUSR1, &action, nullptr);
  listen_elsewhere();
}

bool stop_was_asked() {
  return stop_asked != 0;
}

}  // namespace reprise::command
