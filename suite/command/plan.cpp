// reprise plan PAPER[/TRIAL] --scale S

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <set>

#include "datasets/image_set.hpp"
#include "reports/text.hpp"
#include "suite/command/command.hpp"
#include "suite/command/number_options.hpp"
#include "suite/command/progress.hpp"
#include "suite/command/run_forecast.hpp"
#include "suite/command/target.hpp"
#include "suite/errors.hpp"
#include "suite/execution/shard_choice.hpp"
#include "suite/ranks/session.hpp"
#include "suite/runs/forecast.hpp"
#include "suite/runs/scaling.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::command {
namespace {

using text::count_text;

struct PlanFlags {
  RecipeFlags recipe;
  int threads = 0;
  int nodes = 0;
  bool shards = false;
  std::int64_t seeds = 1;
  std::string out = "results";
  std::optional<double> latency_microseconds, gigabits;  ///< given by the user
};

int plan(const PlanFlags& flags) {
  std::vector<PlannedRun> runs;
  for (const Chosen& chosen : flags.recipe.resolve())
    for (std::int64_t seed = 1; seed <= flags.seeds; ++seed) runs.push_back({chosen.recipe, seed, chosen.variant});
  print_forecast(runs, flags.out, datasets::data_directory(""), flags.threads, 1);
  return kDone;
}

/// Shard sizes of one recipe: measured here, and according to the cost model.
std::vector<std::vector<std::string>> shard_table(recipes::Recipe recipe, int threads) {
  constexpr int kManyThreads = 16;
  const execution::ShardModel model(catalog::build_model(recipe), recipe.precision);
  const std::int64_t recorded = recipe.shard, chosen = model.choose(recipe.batch);
  std::vector<double> measured, one, many;
  const std::set<std::int64_t> candidates = model.candidates(recipe.batch, recorded);
  ProgressDisplay display(fmt::format("timing steps of {}/{}", recipe.paper, recipe.trial));
  for (const std::int64_t shard : candidates) {
    display.show(measured.size(), candidates.size(), fmt::format("shards of {}", shard));
    recipe.shard = shard;
    measured.push_back(runs::step_seconds(recipe, threads));
    one.push_back(model.step_seconds(recipe.batch, shard, 1));
    many.push_back(model.step_seconds(recipe.batch, shard, kManyThreads));
  }
  const auto over_min = [](const std::vector<double>& seconds, std::size_t i) {
    return fmt::format("{:.2f}", seconds[i] / *std::min_element(seconds.begin(), seconds.end()));
  };
  std::vector<std::vector<std::string>> table = {
      {"shard", "shards", "measured here", "over min", "model, 1 thread", fmt::format("model, {} threads", kManyThreads), ""}};
  for (const std::int64_t shard : candidates) {
    const std::size_t i = table.size() - 1;
    const char* mark = shard != chosen ? (shard == recorded ? "recipe" : "") : shard == recorded ? "recipe, auto" : "auto";
    table.push_back({fmt::format("{}", shard), fmt::format("{}", (recipe.batch + shard - 1) / shard),
                     fmt::format("{:.2f} ms", 1e3 * measured[i]), over_min(measured, i), over_min(one, i), over_min(many, i), mark});
  }
  return table;
}

int plan_shards(const PlanFlags& flags) {
  for (const Chosen& chosen : flags.recipe.resolve()) {
    const recipes::Recipe& recipe = chosen.recipe;
    const auto table = shard_table(recipe, flags.threads);
    fmt::print("{}, {}, {}: batch {}\n{}\n", chosen.name(), recipe.scale, name_of(recipe.precision), recipe.batch,
               reports::aligned(table, "-"));
  }
  fmt::print(
      "Steps on made-up images with {} threads; the model's figures are relative to their min. Another shard size changes the last bits\n"
      "of the results, so it is part of the recipe. shard = \"auto\" takes the one marked auto, the same on every machine.\n",
      flags.threads > 0 ? std::to_string(flags.threads) : "all");
  return kDone;
}

/// 1, 2, 4 and further powers of four below `max`, and `max`.
std::vector<int> node_counts(int max) {
  std::vector<int> counts;
  for (int n = 1; n < max; n *= n < 4 ? 2 : 4) counts.push_back(n);
  counts.push_back(max);
  return counts;
}

/// As given by the user, else measured between the nodes of this job, else assumed by the model.
runs::Network network_of(const PlanFlags& flags, ranks::Team& team) {
  runs::Network network = team.nodes() > 1 ? runs::measured_network(team) : runs::Network();
  if (flags.latency_microseconds) network.latency_seconds = *flags.latency_microseconds * 1e-6;
  if (flags.gigabits) network.bytes_per_second = *flags.gigabits / 8 * 1e9;
  return network;
}

const char* source_of(bool given, const ranks::Team& team) {
  return given ? "given" : team.nodes() > 1 ? "measured between the nodes of this job" : "assumed";
}

int plan_nodes(const PlanFlags& flags, ranks::Team& team) {
  const runs::Network network = network_of(flags, team);
  if (!team.is_root()) return kDone;
  for (const Chosen& chosen : flags.recipe.resolve()) {
    const recipes::Recipe& recipe = chosen.recipe;
    const runs::StepCosts costs = runs::measure_step_costs(recipe, flags.threads);
    fmt::print("{}, {}: batch {} in {} shards; measured here: {:.2f} ms, plus {:.2f} ms per wave of {} shards\n", chosen.name(),
               recipe.scale, recipe.batch, costs.shards, 1e3 * costs.fixed_seconds, 1e3 * costs.wave_seconds, costs.threads);
    const double one = runs::forecast_step(costs, 1, network).seconds();
    std::vector<std::vector<std::string>> table = {{"nodes", "step", "exchange", "images/s", "speed-up", "efficiency"}};
    for (const int nodes : node_counts(flags.nodes)) {
      const runs::StepForecast step = runs::forecast_step(costs, nodes, network);
      table.push_back({std::to_string(nodes), fmt::format("{:.2f} ms", 1e3 * step.seconds()),
                       fmt::format("{:.0f} %", 100 * step.exchanging / step.seconds()),
                       count_text(static_cast<double>(recipe.batch) / step.seconds()), fmt::format("{:.1f}", one / step.seconds()),
                       fmt::format("{:.0f} %", 100 * one / step.seconds() / nodes)});
    }
    fmt::print("{}\n", reports::aligned(table, "-"));
  }
  fmt::print(
      "A message between any two nodes takes {:.3g} us ({}), at {:.3g} Gbit/s ({}).\n"
      "Assumed: every node is as fast as this one with {} threads; exchange does not overlap with computation. The batch is the recipe's:\n"
      "more nodes than shards are no faster; running several trials or seeds at once uses them better.\n",
      network.latency_seconds * 1e6, source_of(flags.latency_microseconds.has_value(), team), network.bytes_per_second * 8e-9,
      source_of(flags.gigabits.has_value(), team), flags.threads > 0 ? std::to_string(flags.threads) : "all");
  return kDone;
}

}  // namespace

Command add_plan(CLI::App& program) {
  auto flags = std::make_shared<PlanFlags>();
  CLI::App* app = program.add_subcommand("plan", "Forecasts time, memory, disk and exchange of trials without running them");
  flags->recipe.declare(*app);
  app->get_option("PAPER[/TRIAL]")->required();
  add_integer(*app, "--seeds", flags->seeds, std::int64_t{1}, std::int64_t{10000}, "Forecasts seeds 1 to N (default: 1)");
  app->add_option("--out", flags->out, "Folder of results; a run that has one there is finished")->type_name("DIR")->capture_default_str();
  add_integer(*app, "--threads", flags->threads, 1, kMaxThreads, "Threads (default: one per core that this process may use)");
  add_integer(*app, "--nodes", flags->nodes, 1, 1'000'000, "Forecasts a step on 1 to N nodes like this one");
  app->add_flag("--shards", flags->shards, "Compares the cost of a step for several shard sizes, and shows the choice of shard = \"auto\"")
      ->excludes("--nodes");
  add_number(*app, "--latency", flags->latency_microseconds, 0, 1e9,
             "With --nodes: latency between nodes, in microseconds (default: measured; 20 on a single node)")
      ->option_text("US");
  add_number(*app, "--bandwidth", flags->gigabits, 1e-3, 1e6,
             "With --nodes: bandwidth between nodes, in Gbit/s (default: measured; 10 on a single node)")
      ->option_text("GBIT");
  app->footer(examples({"reprise plan dropout --table 'Table 10' --scale desk --seeds 3",
                        "reprise plan all-cnn/allcnn-c --scale desk --nodes 16 --bandwidth 25",
                        "reprise plan all-cnn/allcnn-c --scale desk", "reprise plan wrn/wrn-10-1 --scale desk --shards",
                        "reprise plan dropout/table2-maxnorm-3x1024 --scale paper --threads 2"}) +
              "  mpirun -n 2 --map-by node reprise plan all-cnn/allcnn-c --scale paper --nodes 1024      # measures the network between "
              "two nodes\n");
  return {app,
          [flags] {
            ranks::Session session;
            const auto team = session.team(0);
            if (flags->shards) return team->is_root() ? plan_shards(*flags) : kDone;
            if (flags->nodes > 0) return plan_nodes(*flags, *team);
            return team->is_root() ? plan(*flags) : kDone;
          },
          true};
}

}  // namespace reprise::command
