// reprise_bench_ranks: what it costs to spread one net over ranks. Start it under mpirun:
//
//   mpirun -n 2 --bind-to none reprise_bench_ranks                         exchange beside MPI_Allreduce, then steps of ALL-CNN-C
//   mpirun -n 4 --bind-to none reprise_bench_ranks --trial dropout/table2-maxnorm-3x1024
//   mpirun -n 4 reprise_bench_ranks --scaling --json results/scaling.json    strong and weak scaling; `reprise report results` shows it
//   mpirun -n 4 --map-by node reprise_bench_ranks --scaling                  the same over four nodes, a rank on each
//
// Everything is measured in turn, A B A B, in one run; medians. With --json FILE the figures are also written as JSON.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "suite/bench/made_up_batch.hpp"
#include "suite/bench/median.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/clock.hpp"
#include "suite/errors.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/ranks/gradient_exchange.hpp"
#include "suite/ranks/mpi_allreduce.hpp"
#include "suite/ranks/session.hpp"
#include "suite/runs/scaling.hpp"

namespace reprise::bench {
namespace {

struct Flags {
  std::string trial = "all-cnn/allcnn-c", scale = "paper", json;
  int threads = 1, repetitions = 15, steps = 6;
  bool exchange = true, scaling = false;
};

/// From each rank's sum, in the memory in which it came about, to the total that each rank can read.
class Exchanges {
 public:
  Exchanges(ranks::Team& team, std::int64_t floats)
      : team_(team),
        floats_(floats),
        own_(static_cast<std::size_t>(floats)),
        exchange_(team, team.size(), floats, 1, kernels::vector_kernels().f32.add),
        total_(team.memory(static_cast<std::size_t>(floats) * sizeof(float))) {}

  double ours() {
    std::byte* sum = exchange_.pool().take();
    std::fill_n(reinterpret_cast<float*>(sum), floats_, 1.0f);
    team_.synchronise("start");
    const double begun = now_seconds();
    const auto take = [&](std::int64_t first, std::int64_t count, const float* left, const float* right) {
      if (right != nullptr)
        kernels::vector_kernels().f32.add(left, right, total_.floats() + first, count);
      else
        std::memcpy(total_.floats() + first, left, static_cast<std::size_t>(count) * sizeof(float));
    };
    exchange_.put(team_.size(), std::span<std::byte* const>(&sum, 1));
    const bool starts = exchange_.combine(take);
    ranks::GradientExchange* const started[] = {&exchange_};
    ranks::GradientExchange::finish(std::span(started, starts ? 1 : 0), [&](std::size_t, std::int64_t first, std::int64_t count,
                                                                            const float* whole) { take(first, count, whole, nullptr); });
    team_.synchronise("exchange");
    return now_seconds() - begun;
  }

  double theirs() {
    std::fill(own_.begin(), own_.end(), 1.0f);
    team_.synchronise("start");
    const double begun = now_seconds();
    ranks::mpi_allreduce_sum(own_.data(), floats_);
    return now_seconds() - begun;
  }

 private:
  ranks::Team& team_;
  std::int64_t floats_;
  std::vector<float> own_;
  ranks::GradientExchange exchange_;
  Memory total_;
};

nlohmann::json measure_exchange(const Flags& flags, ranks::Team& team) {
  nlohmann::json rows = nlohmann::json::array();
  if (team.is_root()) fmt::print("{:>10} {:>14} {:>16} {:>8}\n", "MiB", "ordered, ms", "MPI_Allreduce, ms", "ratio");
  for (const std::int64_t mib : {1, 4, 16, 64}) {
    Exchanges exchanges(team, mib << 18);
    std::vector<double> ours, theirs;
    exchanges.ours(), exchanges.theirs();
    for (int i = 0; i < flags.repetitions; ++i) ours.push_back(exchanges.ours()), theirs.push_back(exchanges.theirs());
    if (team.is_root())
      fmt::print("{:>10} {:>14.2f} {:>16.2f} {:>8.2f}\n", mib, 1e3 * median(ours), 1e3 * median(theirs), median(ours) / median(theirs));
    rows.push_back({{"mib", mib}, {"ordered_seconds", median(ours)}, {"mpi_allreduce_seconds", median(theirs)}});
  }
  return rows;
}

/// Refuses a root that is bound to fewer cores than its threads could have: mpirun binds each of one or two ranks to a core.
void require_cores_for_all(const Flags& flags, const ranks::Session& session) {
  const int wanted = std::min(flags.threads * session.size(), static_cast<int>(std::thread::hardware_concurrency()));
  if (session.rank() == 0 && parallel::available_cores() < wanted)
    throw InputError(Complaint{"cores of rank 0", fmt::format("{}, for a step of one rank with the threads of all", wanted),
                               fmt::format("{}", parallel::available_cores()), "Start it with: mpirun --bind-to none"});
}

/// Images a second of training steps, by all ranks together or by the root alone with as many threads as all have.
nlohmann::json measure_steps(const Flags& flags, ranks::Session& session, ranks::Team& team) {
  require_cores_for_all(flags, session);
  const std::size_t slash = flags.trial.find('/');
  const recipes::Recipe recipe = catalog::resolve(flags.trial.substr(0, slash), flags.trial.substr(slash + 1), flags.scale);
  MadeUpTraining together(recipe, flags.threads, team);
  std::unique_ptr<MadeUpTraining> alone;
  if (team.is_root()) alone = std::make_unique<MadeUpTraining>(recipe, flags.threads * session.size(), ranks::Team::alone());
  std::vector<double> spread, one;
  for (int i = 0; i < flags.steps; ++i) {
    for (const bool by_all : {true, false}) {
      session.gather("");  // MPI's own barrier sleeps nobody: the waiting ranks must not take the root's cores
      const double begun = now_seconds();
      if (by_all) together.step();
      if (!by_all && alone) alone->step();
      team.broadcast(nullptr, 0, "step");
      (by_all ? spread : one).push_back(now_seconds() - begun);
      team.synchronise("step");
    }
  }
  const double a = median(spread), b = median(one), stage_ends = together.stages() * together.empty_stage_seconds();
  if (team.is_root()) {
    fmt::print("\n{} {}, batch {}: {} ranks x {} threads {:.1f} images/s, 1 rank x {} threads {:.1f} images/s, ratio {:.3f}\n", flags.trial,
               flags.scale, recipe.batch, session.size(), flags.threads, static_cast<double>(recipe.batch) / a,
               flags.threads * session.size(), static_cast<double>(recipe.batch) / b, b / a);
    fmt::print("{} stages a step; that threads and ranks wait for each other at their ends takes {:.0f} us, {:.2f} % of the step\n",
               together.stages(), 1e6 * stage_ends, 100 * stage_ends / a);
  }
  return {{"trial", flags.trial},    {"scale", flags.scale},        {"batch", recipe.batch},
          {"ranks", session.size()}, {"threads", flags.threads},    {"seconds", a},
          {"one_rank_seconds", b},   {"stages", together.stages()}, {"stage_end_seconds", stage_ends}};
}

/// Of ranks on several nodes, where each must have a node of its own; nothing of ranks on one.
std::optional<runs::Network> network_of(ranks::Session& session) {
  const auto team = session.team(0);
  if (team->nodes() == 1) return {};
  if (team->nodes() != session.size())
    throw InputError(Complaint{"ranks of a node, of a measurement over several", "1",
                               fmt::format("{} ranks on {} nodes", session.size(), team->nodes()),
                               "Start it with: mpirun --map-by node, as many ranks as nodes"});
  return runs::measured_network(*team);
}

/// Steps of a trial on the first 1, 2, ... ranks: the recipe's batch (strong), and a share of it for each rank (weak), beside what the
/// model of suite/runs/scaling.hpp says after a look at one rank, and at the network if the ranks are on several nodes.
nlohmann::json measure_scaling(const Flags& flags, ranks::Session& session) {
  const std::optional<runs::Network> network = network_of(session);
  const auto forecast_of = [&](const runs::StepCosts& costs, int ranks, int cores) {
    return network ? runs::forecast_step(costs, ranks, *network) : runs::forecast_step_here(costs, ranks, cores);
  };
  const std::size_t slash = flags.trial.find('/');
  const recipes::Recipe whole = catalog::resolve(flags.trial.substr(0, slash), flags.trial.substr(slash + 1), flags.scale);
  const int cores = parallel::available_cores();
  nlohmann::json rows = nlohmann::json::array();
  if (session.rank() == 0) fmt::print("{:>8} {:>6} {:>8} {:>12} {:>14} {:>8}\n", "", "ranks", "batch", "step, ms", "forecast, ms", "ratio");
  for (const bool strong : {true, false}) {
    for (int ranks = 1; ranks <= session.size(); ++ranks) {
      recipes::Recipe recipe = whole;
      if (!strong) recipe.batch = std::max(recipe.shard, whole.batch / session.size() / recipe.shard * recipe.shard) * ranks;
      const auto team = session.team(session.rank() < ranks ? 0 : 1);
      double seconds = 0;
      runs::StepForecast forecast;
      if (session.rank() == 0) forecast = forecast_of(runs::measure_step_costs(recipe, flags.threads), ranks, cores);
      team->synchronise("forecast");
      if (session.rank() < ranks) {
        MadeUpTraining training(recipe, flags.threads, *team);
        std::vector<double> times;
        for (int i = 0; i <= flags.steps; ++i) {
          const double begun = now_seconds();
          training.step();
          if (i > 0) times.push_back(now_seconds() - begun);
        }
        seconds = median(times);
      }
      session.gather("");
      if (session.rank() != 0) continue;
      fmt::print("{:>8} {:>6} {:>8} {:>12.2f} {:>14.2f} {:>8.2f}\n", strong ? "strong" : "weak", ranks, recipe.batch, 1e3 * seconds,
                 1e3 * forecast.seconds(), forecast.seconds() / seconds);
      rows.push_back({{"kind", strong ? "strong" : "weak"},
                      {"ranks", ranks},
                      {"threads", flags.threads},
                      {"batch", recipe.batch},
                      {"seconds", seconds},
                      {"forecast_seconds", forecast.seconds()},
                      {"forecast_exchange_seconds", forecast.exchanging}});
    }
  }
  nlohmann::json figures = {
      {"trial", flags.trial}, {"scale", flags.scale}, {"cores", cores}, {"host_ranks", session.size()}, {"rows", rows}};
  if (network) figures["network"] = {{"latency_seconds", network->latency_seconds}, {"bytes_per_second", network->bytes_per_second}};
  return figures;
}

void measure(const Flags& flags, ranks::Session& session) {
  nlohmann::json figures;
  if (flags.scaling) {
    figures = measure_scaling(flags, session);
  } else {
    const auto team = session.team(0);
    figures = {{"ranks", session.size()}, {"nodes", team->nodes()}};
    if (flags.exchange && session.size() > 1) figures["exchange"] = measure_exchange(flags, *team);
    figures["step"] = measure_steps(flags, session, *team);
  }
  if (session.rank() == 0 && !flags.json.empty()) std::ofstream(flags.json) << figures.dump(2) << "\n";
}

int run(int argc, char** argv) {
  Flags flags;
  CLI::App app("What it costs to spread one net over ranks", "reprise_bench_ranks");
  app.add_option("--trial", flags.trial, "PAPER/TRIAL whose step is measured")->capture_default_str();
  app.add_option("--scale", flags.scale, "its scale")->capture_default_str();
  app.add_option("--threads", flags.threads, "threads of each rank")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--repetitions", flags.repetitions, "of each exchange")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--steps", flags.steps, "of each way")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_flag("!--no-exchange", flags.exchange, "leaves out the exchange");
  app.add_flag("--scaling", flags.scaling, "strong and weak scaling instead");
  app.add_option("--json", flags.json, "file for the figures");
  CLI11_PARSE(app, argc, argv);

  ranks::Session session;
  try {
    measure(flags, session);
    return 0;
  } catch (const std::exception& error) {  // on one rank, it may be: the others wait
    fmt::print(stderr, "reprise_bench_ranks: {}\n", error.what());
    session.abort(2);
  }
}

}  // namespace
}  // namespace reprise::bench

int main(int argc, char** argv) {
  return reprise::bench::run(argc, argv);
}
