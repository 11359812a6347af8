// reprise run PAPER[/TRIAL] | --demo

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>

#include "datasets/image_set.hpp"
#include "reports/statistics/sequential.hpp"
#include "reports/verdicts/evidence.hpp"
#include "suite/catalog/trial_lists.hpp"
#include "suite/command/command.hpp"
#include "suite/command/number_options.hpp"
#include "suite/command/placement.hpp"
#include "suite/command/run_forecast.hpp"
#include "suite/command/run_list.hpp"
#include "suite/command/target.hpp"
#include "suite/command/tell.hpp"
#include "suite/command/until_decided.hpp"
#include "suite/errors.hpp"
#include "suite/runs/run_trial.hpp"
#include "suite/text/quantities.hpp"
#include "suite/version.hpp"

namespace reprise::command {
namespace {

using text::parse_duration;

struct RunFlags {
  RecipeFlags recipe;
  runs::RunOptions options;
  Spread spread;
  SeedLimits limits;
  std::string data, out = "results", time_limit, watchdog, checkpoint_every, budget;
  std::int64_t seeds = 1, seed = 1;
  bool demo = false, until_decided = false;
};

std::vector<PlannedRun> demo_runs() {
  std::vector<PlannedRun> runs;
  for (const catalog::DemoEntry& row : catalog::load_demo()) {
    const recipes::Recipe recipe = catalog::resolve(row.paper, row.trial, row.scale, row.overrides);
    for (std::int64_t seed = 1; seed <= row.seeds; ++seed) runs.push_back({recipe, seed, ""});
  }
  return runs;
}

std::vector<PlannedRun> planned(const RunFlags& flags, bool one_seed) {
  if (flags.demo) return demo_runs();
  const std::int64_t first = one_seed ? flags.seed : 1;
  const std::int64_t last = one_seed ? flags.seed : flags.seeds;
  std::vector<PlannedRun> runs;
  for (const Chosen& chosen : flags.recipe.resolve()) {
    for (std::int64_t seed = first; seed <= last; ++seed) runs.push_back({chosen.recipe, seed, chosen.variant});
  }
  return runs;
}

int run_here(RunFlags& flags, bool one_seed, ranks::Session& session) {
  if (flags.demo == !flags.recipe.targets.empty()) {
    throw InputError(
        Complaint{"reprise run", "either PAPER[/TRIAL] or --demo", flags.demo ? "both" : "neither", "See: reprise run --help"});
  }
  if (!flags.time_limit.empty()) flags.options.time_limit_seconds = parse_duration("--time-limit", flags.time_limit);
  flags.options.data = datasets::data_directory(flags.data);
  flags.options.out = flags.out;
  reports::require_clean_tree(flags.options.out, build_facts().at("git_dirty_diff_sha1"));
  if (!flags.checkpoint_every.empty())
    flags.options.min_seconds_between_checkpoints = parse_duration("--checkpoint-every", flags.checkpoint_every);
  if (!flags.watchdog.empty()) flags.spread.watchdog_seconds = parse_duration("--watchdog", flags.watchdog);
  if (flags.spread.ranks_per_trial > session.size())
    throw InputError(Complaint{"--ranks-per-trial", fmt::format("at most {}, the ranks that were started", session.size()),
                               std::to_string(flags.spread.ranks_per_trial), "Start more: mpirun -n N"});
  flags.options.threads = settle_placement(flags.options.threads, session);
  if (!flags.budget.empty()) flags.limits.budget_seconds = parse_duration("--budget", flags.budget);
  if (flags.limits.dry_run && !flags.until_decided) {
    const std::unique_ptr<ranks::Team> all = session.team(0);
    if (all->is_root())
      print_forecast(planned(flags, one_seed), flags.options.out, flags.options.data, flags.options.threads, all->nodes());
    return kDone;
  }
  if (flags.until_decided) return run_until_decided(flags.recipe, flags.limits, flags.options, session, flags.spread);
  return run_all(planned(flags, one_seed), flags.options, session, flags.spread);
}

constexpr std::int64_t kMaxSeeds = 10000, kMaxSeed = 1'000'000'000'000;
constexpr int kMaxRanks = 1'000'000;
constexpr std::chrono::seconds kSecondsForRankZero{2};

/// An error on one rank must not leave the others waiting. (Bad usage is an error on all ranks.)
int run(RunFlags& flags, bool one_seed) {
  ranks::Session session;
  if (session.size() == 1) return run_here(flags, one_seed, session);
  const auto end = [&](const char* message, int code) {
    if (session.rank() != 0) {
      // Most errors occur on all ranks. Rank 0 reports them; the others give it time to end the job.
      std::this_thread::sleep_for(kSecondsForRankZero);
      tell("reprise: rank {} on {}: {}\n", session.rank(), ranks::host_name(), message);
    } else {
      tell("reprise: {}\n", message);
    }
    session.abort(code);
  };
  try {
    return run_here(flags, one_seed, session);
  } catch (const InputError& error) {
    end(error.what(), kBadInput);
  } catch (const std::exception& error) {
    end(error.what(), kFailed);
  }
  return kFailed;
}

}  // namespace

Command add_run(CLI::App& program) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App* app = program.add_subcommand("run", "Runs trials and writes one result file per run; finished runs are not repeated");
  flags->recipe.declare(*app);
  CLI::Option* demo =
      app->add_flag("--demo", flags->demo, "Runs the [demo] list of each experiment.toml: every paper, in minutes, on Fashion-MNIST");
  CLI::Option* seeds = add_integer(*app, "--seeds", flags->seeds, std::int64_t{1}, kMaxSeeds, "Runs seeds 1 to N (default: 1)");
  CLI::Option* seed =
      add_integer(*app, "--seed", flags->seed, std::int64_t{0}, kMaxSeed, "Runs seed K only")->option_text("K")->excludes(seeds);
  for (CLI::Option* option : {seeds, seed, app->get_option("--scale"), app->get_option("--precision"), app->get_option("--set")}) {
    demo->excludes(option);  // the list sets these itself
  }
  app->add_option("--data", flags->data, "Data directory (default: $REPRISE_DATA, else ~/.cache/reprise/data)")->type_name("DIR");
  app->add_option("--out", flags->out, "Folder of the result files: DIR/PAPER/TRIAL/RUN.h5")->type_name("DIR")->capture_default_str();
  add_integer(*app, "--threads", flags->options.threads, 1, kMaxThreads,
              "Threads (default: one per core that this process may use); results do not depend on it");
  app->add_option("--time-limit", flags->time_limit, "Stops with a checkpoint before this time is over: 55m, 1h30m, 90s")
      ->type_name("TIME");
  app->add_option("--checkpoint-every", flags->checkpoint_every,
                  "Min time between checkpoints (default: 30s); lengthened if they would cost over 2 % of the time")
      ->type_name("TIME");
  add_integer(*app, "--ranks-per-trial", flags->spread.ranks_per_trial, 1, kMaxRanks,
              "Under mpirun: at least N ranks share one run, and no rank is left idle (default: ranks divided by runs, but at least one)");
  app->add_option("--watchdog", flags->watchdog, "Under mpirun: how long ranks wait for each other before the job ends (default: 10m)")
      ->type_name("TIME");
  app->add_flag("--force", flags->options.force, "Repeats runs that have a finished result; if interrupted, the same command continues");
  CLI::Option* until_decided =
      app->add_flag("--until-decided", flags->until_decided,
                    "Adds seeds to claims and published numbers that are undecided, at looks of 3, 5, 8, 12 and 20 seeds, those first that "
                    "are expected to be decided soonest; also runs the trials that they are compared with");
  for (CLI::Option* option : {demo, seeds, seed, app->get_option("--force")}) until_decided->excludes(option);
  add_integer(*app, "--max-seeds", flags->limits.max_seeds, reports::kLooks.front(), reports::kLooks.back(),
              "With --until-decided: no look beyond N seeds (default: 20)")
      ->needs(until_decided);
  app->add_option("--budget", flags->budget, "With --until-decided: ends within this time, and starts nothing that does not fit: 8h, 90m")
      ->type_name("TIME")
      ->needs(until_decided);
  app->add_flag(
      "--dry-run", flags->limits.dry_run,
      "Runs nothing: prints the list of runs, what is finished, and the time of the rest; with --until-decided, what is undecided, its "
      "next look, time and chance");
  app->add_flag("--keep-weights", flags->options.keep_weights, "Stores the final weights in the result file");
  app->footer(
      "Ctrl-C, SIGTERM and SIGUSR1 write a checkpoint and stop; the same command continues. One failing run does not stop\n"
      "the others. Numbers are compared with the paper's at `--scale paper`, on the paper's data set and with several seeds; claims are\n"
      "also tested at desk scale. `reprise plan PAPER --scale desk` forecasts how long that takes.\n\n"
      "Under mpirun the ranks form groups; each group takes the longest run that is left. Results do not depend on ranks,\n"
      "threads or groups:\n"
      "  mpirun -n 4 --map-by slot:PE=8 reprise run all-cnn --scale desk --seeds 8 --ranks-per-trial 2\n\n" +
      examples({
          "reprise run dropout/table2-dropout-relu --set dataset=fashion-mnist --seeds 2",
          "reprise run dropout/table2-maxnorm-3x1024 --set dataset=fashion-mnist --set optimizer.max_norm=3 --seed 7 --threads 2",
          "reprise run dropout/table2-maxnorm-3x1024 --scale desk --until-decided --budget 8h --dry-run",
          "reprise run 'dropout/table2-dropout-*' --set optimizer.momentum=0.9,0.95 --set dataset=fashion-mnist --seeds 3 --dry-run",
          "reprise run all-cnn/allcnn-c --set dataset=synthetic-color32 --set steps=4 --precision bf16 --time-limit 55m --out elsewhere",
      }));
  return {app, [flags, seed] { return run(*flags, seed->count() > 0); }, true};
}

}  // namespace reprise::command
