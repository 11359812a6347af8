#include "suite/command/run_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <new>
#include <nlohmann/json.hpp>
#include <numeric>

#include "reports/text.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/clock.hpp"
#include "suite/command/agreement.hpp"
#include "suite/command/progress.hpp"
#include "suite/command/stop_signals.hpp"
#include "suite/command/tell.hpp"
#include "suite/errors.hpp"
#include "suite/procedures/procedure.hpp"
#include "suite/runs/forecast.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::command {
namespace {

using text::duration_text;

using runs::RunOptions;
using runs::RunSummary;

std::string word_for(RunSummary::Outcome outcome) {
  switch (outcome) {
    case RunSummary::Outcome::finished:
      return "finished";
    case RunSummary::Outcome::already_there:
      return "already there";
    case RunSummary::Outcome::stopped_early:
      return "stopped, checkpoint";
    case RunSummary::Outcome::stopped_at_start:
      return "stopped while reading the data";
  }
  return "";
}

/// The outcome of one run: a line of the summary.
struct Outcome {
  std::size_t run = 0;
  std::string word, error, time, file, message;
  int code = kDone;
  bool is_new = false;  ///< it ran to its end just now
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Outcome, run, word, error, time, file, message, code, is_new)

/// Prints the table of outcomes to standard output, and each distinct message once to standard error.
void print(const std::vector<Outcome>& outcomes, const std::vector<PlannedRun>& runs) {
  std::vector<std::vector<std::string>> table = {{"run", "outcome", "test error", "time", "file"}};
  std::vector<std::string> messages;
  std::map<std::string, std::vector<std::string>> failures;  ///< message -> runs
  for (const Outcome& outcome : outcomes) {
    const std::string name = runs[outcome.run].name();
    table.push_back({name, outcome.word, outcome.error, outcome.time, outcome.file});
    if (outcome.message.empty()) continue;
    auto& names = failures[outcome.message];
    if (names.empty()) messages.push_back(outcome.message);
    names.push_back(name);
  }
  if (table.size() > 1) fmt::print("{}", reports::aligned(table, "-"));
  std::fflush(stdout);
  for (const std::string& message : messages) {
    const auto& names = failures.at(message);
    const std::string others = names.size() > 1 ? fmt::format(" (and {} more)", names.size() - 1) : "";
    tell("reprise: {}{}: {}\n", names.front(), others, message);
  }
}

int exit_code(const std::vector<Outcome>& outcomes, bool stopped) {
  const auto any = [&](int code) {
    return std::any_of(outcomes.begin(), outcomes.end(), [&](const Outcome& o) { return o.code == code; });
  };
  if (stopped || any(kStoppedEarly)) return kStoppedEarly;  // something is left to do, so that the batch system restarts it
  return any(kFailed) ? kFailed : any(kBadInput) ? kBadInput : kDone;
}

Outcome outcome_of(std::size_t number, const PlannedRun& run, const RunSummary& summary) {
  const bool stopped = summary.outcome == RunSummary::Outcome::stopped_early || summary.outcome == RunSummary::Outcome::stopped_at_start;
  const bool labels = procedures::of(run.recipe).has_labels;
  return {number,
          word_for(summary.outcome),
          stopped || !labels ? "" : fmt::format("{:.2f} %", summary.test_error_percent),
          duration_text(summary.wall_seconds),
          summary.file.string(),
          "",
          stopped ? kStoppedEarly : kDone,
          summary.outcome == RunSummary::Outcome::finished};
}

/// How long a rank waits for the others to report the same failure.
constexpr double kSecondsToFailTogether = 4;

/// If all ranks of the team meet an error, it becomes a line of the summary; otherwise it ends the job.
Outcome failure_of(std::size_t number, const std::string& message, int code, ranks::Team& team, ranks::Session& session) {
  if (!team.all_arrive(kSecondsToFailTogether)) {
    tell("reprise: {}: {}\n", team.name_of(team.rank()), message);
    session.abort(code);
  }
  return {number, "failed", "", "", "", message, code, false};
}

Outcome run_one(std::size_t number, const PlannedRun& run, const std::string& label, RunOptions options, ranks::Session& session) {
  ranks::Team& team = *options.team;
  ProgressDisplay display(label, session.rank() == 0);  // of several groups, the first one: a line for the whole job
  options.progress = [&](const training::Progress& progress) { display.show(progress); };
  options.note = [&](const std::string& text) { tell("reprise: note: {}: {}\n", run.name(), text); };
  try {
    return outcome_of(number, run, runs::run_trial(run.recipe, run.seed, options));
  } catch (const InputError& error) {
    return failure_of(number, error.what(), kBadInput, team, session);
  } catch (const DivergenceError& error) {
    Outcome outcome = failure_of(number, error.what(), kFailed, team, session);
    outcome.word = "diverged";
    return outcome;
  } catch (const std::bad_alloc&) {
    return failure_of(number, "memory: allocation failed. Use fewer --threads; `reprise plan` forecasts the memory of a trial", kFailed,
                      team, session);
  } catch (const std::exception& error) {
    return failure_of(number, error.what(), kFailed, team, session);
  }
}

/// Operations of each run.
std::vector<double> costs_of(const std::vector<PlannedRun>& runs) {
  std::map<std::string, double> costs;
  std::vector<double> cost;
  for (const PlannedRun& run : runs) {
    const auto [at, fresh] = costs.emplace(catalog::settings_text(run.recipe), 0.0);
    if (fresh) at->second = runs::count_costs(run.recipe).training_flops;
    cost.push_back(at->second);
  }
  return cost;
}

/// The order in which runs start on several groups: longest first, so that the last ones to end are short.
std::vector<std::size_t> longest_first(const std::vector<double>& cost) {
  std::vector<std::size_t> order(cost.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return cost[a] > cost[b]; });
  return order;
}

/// One rank's part of a list: takes runs with its team until none is left or it is told to stop.
class Worker {
 public:
  /// `cost`: operations of each run.
  Worker(const std::vector<PlannedRun>& runs, const std::vector<double>& cost, const RunOptions& options, ranks::Session& session,
         ranks::Team& team)
      : runs_(runs), cost_(cost), options_(options), session_(session), team_(team) {}

  void work(const std::vector<std::size_t>& order) {
    while (true) {
      const std::int64_t place = next(static_cast<std::int64_t>(order.size()));
      if (place < 0) return;
      const std::size_t number = order[static_cast<std::size_t>(place)];
      RunOptions mine = options_;
      mine.team = &team_;
      mine.time_limit_seconds = time_left();
      const double begun = now_seconds();
      const std::string label = fmt::format("[{}/{}] {}", place + 1, order.size(), runs_[number].name());
      outcomes_.push_back(run_one(number, runs_[number], label, mine, session_));
      busy_seconds_ += now_seconds() - begun;
      if (outcomes_.back().code == kStoppedEarly) return;
      if (team_.is_root() && order.size() > 1) tell_of(label, outcomes_.back(), cost_of_rest(order, place + 1));
    }
  }

  bool stopped() const { return stopped_; }
  double busy_seconds() const { return busy_seconds_; }
  const std::vector<Outcome>& outcomes() const { return outcomes_; }

 private:
  /// A line for a finished run, at once.
  void tell_of(const std::string& label, const Outcome& outcome, double rest) {
    std::string line = fmt::format("{}: {}", label, outcome.word);
    if (!outcome.error.empty()) line += ", test error " + outcome.error;
    if (!outcome.time.empty()) line += ", " + outcome.time;
    if (outcome.is_new) done_cost_ += cost_[outcome.run];
    // Time goes by operations: of this group alone, so it is not given for several.
    if (team_.size() == session_.size() && rest > 0 && done_cost_ > 0)
      line += fmt::format("; about {} for the rest", duration_text(busy_seconds_ * rest / done_cost_));
    tell("{} {}\n", log_time(), line);
  }

  double cost_of_rest(const std::vector<std::size_t>& order, std::int64_t from) const {
    double rest = 0;
    for (auto i = static_cast<std::size_t>(from); i < order.size(); ++i) rest += cost_[order[i]];
    return rest;
  }

  double time_left() const {
    return options_.time_limit_seconds > 0 ? std::max(1e-9, options_.time_limit_seconds - (now_seconds() - start_)) : 0;
  }

  /// Index of the next run in the order, -1 if there is none. The team's root decides.
  std::int64_t next(std::int64_t count) {
    std::int64_t place = -1;
    if (team_.is_root()) {
      const bool out_of_time = options_.time_limit_seconds > 0 && now_seconds() - start_ > options_.time_limit_seconds;
      place = session_.take_from_counter();
      if (place >= count) place = -1;
      stopped_ = place >= 0 && (stop_was_asked() || out_of_time);  // if no run is left, nothing is stopped
      if (stopped_) place = -1;
    }
    team_.broadcast(&place, sizeof place, "next run");
    return place;
  }

  const std::vector<PlannedRun>& runs_;
  const std::vector<double>& cost_;
  const RunOptions& options_;
  ranks::Session& session_;
  ranks::Team& team_;
  const double start_ = now_seconds();
  std::vector<Outcome> outcomes_;
  double busy_seconds_ = 0, done_cost_ = 0;
  bool stopped_ = false;
};

}  // namespace

std::string PlannedRun::name() const {
  return fmt::format("{}/{}, {}, {}{}seed {}", recipe.paper, recipe.trial, recipe.scale, variant, variant.empty() ? "" : ", ", seed);
}

int group_count(int ranks, std::size_t runs, int ranks_per_trial) {
  if (ranks_per_trial > 0) return std::max(1, ranks / ranks_per_trial);
  return static_cast<int>(std::clamp<std::size_t>(runs, 1, static_cast<std::size_t>(ranks)));
}

int run_all(const std::vector<PlannedRun>& runs, const RunOptions& options, ranks::Session& session, const Spread& spread) {
  stop_on_signals();
  require_same(assignment_of(runs, options), session);
  const int groups = group_count(session.size(), runs.size(), spread.ranks_per_trial);
  int group = 0;
  while (session.rank() >= ranks::share_of(session.size(), group, groups).last) ++group;
  const std::unique_ptr<ranks::Team> team = session.team(group);
  team->set_watchdog(spread.watchdog_seconds);
  std::vector<std::size_t> order(runs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::vector<double> cost = runs.size() > 1 ? costs_of(runs) : std::vector<double>{0};
  if (groups > 1) order = longest_first(cost);

  session.start_counter();
  const double start = now_seconds();
  Worker worker(runs, cost, options, session, *team);
  worker.work(order);
  session.stop_counter();

  const nlohmann::json mine = {{"outcomes", team->is_root() ? worker.outcomes() : std::vector<Outcome>()},
                               {"stopped", worker.stopped()},
                               {"busy", worker.busy_seconds()}};
  const double elapsed = now_seconds() - start;
  std::vector<Outcome> all;
  bool stopped = false;
  double busy = 0;
  for (const std::string& text : session.gather(mine.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))) {
    const nlohmann::json theirs = nlohmann::json::parse(text);
    for (const Outcome& outcome : theirs["outcomes"].get<std::vector<Outcome>>()) all.push_back(outcome);
    stopped |= theirs["stopped"].get<bool>();
    busy += theirs["busy"].get<double>();
  }
  if (groups > 1) std::stable_sort(all.begin(), all.end(), [](const Outcome& a, const Outcome& b) { return a.run < b.run; });
  const int code = exit_code(all, stopped);
  if (session.rank() != 0) return code;
  print(all, runs);
  if (groups > 1)
    tell("reprise: {} ranks in {} groups, {}; ranks were busy {:.0f} % of the time\n", session.size(), groups, duration_text(elapsed),
         100 * busy / (elapsed * session.size()));
  if (std::any_of(all.begin(), all.end(), [&](const Outcome& o) { return o.is_new && runs[o.run].recipe.scale == "smoke"; }))
    tell("reprise: scale smoke shows that a trial runs and nothing else; --scale desk tests claims in minutes\n");
  if (code == kStoppedEarly) tell("reprise: stopped early; the same command continues where it stopped\n");
  return code;
}

}  // namespace reprise::command
