#include "suite/command/run_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <new>

#include "reports/text.hpp"
#include "suite/command/progress.hpp"
#include "suite/command/quantities.hpp"
#include "suite/command/stop_signals.hpp"
#include "suite/errors.hpp"

namespace reprise::command {
namespace {

using experiments::RunOptions;
using experiments::RunSummary;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string word_for(RunSummary::Outcome outcome) {
  switch (outcome) {
    case RunSummary::Outcome::finished:
      return "finished";
    case RunSummary::Outcome::already_there:
      return "already there";
    case RunSummary::Outcome::stopped_early:
      return "stopped, checkpoint";
  }
  return "";
}

/// What became of the runs, in the order in which they were tried.
class Account {
 public:
  void add(const PlannedRun& run, const RunSummary& summary) {
    const bool stopped = summary.outcome == RunSummary::Outcome::stopped_early;
    const bool labels = run.recipe.procedure != "autoencoder";
    stopped_ |= stopped;
    table_.push_back({run.name(), word_for(summary.outcome), stopped || !labels ? "" : fmt::format("{:.2f} %", summary.test_error_percent),
                      duration_text(summary.wall_seconds), summary.file.string()});
  }
  void add_failure(const PlannedRun& run, const std::string& message, bool bad_input) {
    (bad_input ? bad_input_ : failed_) = true;
    table_.push_back({run.name(), "failed", "", "", ""});
    auto& names = failures_[message];
    if (names.empty()) messages_.push_back(message);
    names.push_back(run.name());
  }
  void stop() { stopped_ = true; }
  bool stopped() const { return stopped_; }

  /// The table to standard output; each different message once, to standard error.
  void print() const {
    if (table_.size() > 1) fmt::print("{}", reports::aligned(table_, "-"));
    std::fflush(stdout);
    for (const std::string& message : messages_) {
      const auto& names = failures_.at(message);
      const std::string others = names.size() > 1 ? fmt::format(" (and {} more)", names.size() - 1) : "";
      fmt::print(stderr, "reprise: {}{}: {}\n", names.front(), others, message);
    }
  }
  int exit_code() const { return failed_ ? kFailed : bad_input_ ? kBadInput : stopped_ ? kStoppedEarly : kDone; }

 private:
  std::vector<std::vector<std::string>> table_ = {{"run", "outcome", "test error", "time", "file"}};
  std::vector<std::string> messages_;
  std::map<std::string, std::vector<std::string>> failures_;  ///< message -> runs
  bool failed_ = false, bad_input_ = false, stopped_ = false;
};

void run_one(const PlannedRun& run, const std::string& label, RunOptions options, Account& account) {
  ProgressDisplay display(label);
  options.progress = [&](const RunOptions::Progress& progress) { display.show(progress); };
  try {
    account.add(run, experiments::run_trial(run.recipe, run.seed, options));
  } catch (const InputError& error) {
    account.add_failure(run, error.what(), true);
  } catch (const std::bad_alloc&) {
    account.add_failure(run, "memory: the system gave no more. Take fewer --threads; `reprise plan` forecasts what a trial needs", false);
  } catch (const std::exception& error) {
    account.add_failure(run, error.what(), false);
  }
}

}  // namespace

std::string PlannedRun::name() const {
  return fmt::format("{}/{}, {}, seed {}", recipe.paper, recipe.trial, recipe.scale, seed);
}

int run_all(const std::vector<PlannedRun>& runs, const RunOptions& options) {
  stop_on_signals();
  const auto start = std::chrono::steady_clock::now();
  Account account;
  std::size_t number = 0;
  for (const PlannedRun& run : runs) {
    RunOptions mine = options;
    mine.time_limit_seconds = options.time_limit_seconds > 0 ? options.time_limit_seconds - seconds_since(start) : 0;
    const bool out_of_time = options.time_limit_seconds > 0 && mine.time_limit_seconds <= 0;
    if (stop_was_asked() || out_of_time) {
      account.stop();
      break;
    }
    run_one(run, fmt::format("[{}/{}] {}", ++number, runs.size(), run.name()), mine, account);
    if (account.stopped()) break;
  }
  account.print();
  const int code = account.exit_code();
  if (code == kStoppedEarly) fmt::print(stderr, "reprise: stopped early; the same command continues where it stopped\n");
  return code;
}

}  // namespace reprise::command
