// Whole training steps of the catalog's nets: input pipeline, forward, loss, backward, reduction, update, packing; and evaluation of a
// batch: input pipeline, forward, loss.

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "suite/bench/made_up_batch.hpp"
#include "suite/bench/rates.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/hebbian/feature_phase.hpp"
#include "suite/hebbian/plastic_net.hpp"
#include "suite/procedures/procedure.hpp"
#include "suite/training/batch_source.hpp"

namespace reprise::bench {

namespace {

/// All plastic layers at once: the step that a Hebbian run mostly consists of.
void run_hebbian_step(benchmark::State& state, const recipes::Recipe& recipe, int threads) {
  const std::int64_t count = recipe.hebbian.batch;
  const MadeUpData data(recipe, count);
  parallel::Workers workers(threads);
  graph::Parameters parameters(data.graph);
  parameters.initialise(1);
  hebbian::PlasticNet net(data.graph, hebbian::features_node(data.graph), {recipe.precision, count, std::min(recipe.hebbian.shard, count)},
                          parameters, workers);
  const training::SourceReader reader(data.source, {});
  const int last = net.layers() - 1;
  std::uint64_t step = 0;
  const double steps_per_second =
      run_compute(state, recipe.precision, threads, net.learning_flops(0, last) * static_cast<double>(count), [&] {
        net.learn({&reader, count, 1, step}, 0, last);
        ++step;
      });
  state.counters["images_per_second"] = steps_per_second * static_cast<double>(count);
}

void run_step(benchmark::State& state, recipes::Recipe recipe, Precision precision, int threads) {
  recipe.precision = precision;
  if (procedures::of(recipe).has_plastic_phase) return run_hebbian_step(state, recipe, threads);
  MadeUpTraining training(recipe, threads);
  const double steps_per_second = run_compute(state, precision, threads, training.flops_per_step(), [&] { training.step(); });
  state.counters["images_per_second"] = steps_per_second * static_cast<double>(recipe.batch);
  state.counters["stages"] = training.stages();
  state.counters["stage_ends_percent"] = 100 * training.stages() * training.empty_stage_seconds() * steps_per_second;
}

void run_evaluation(benchmark::State& state, recipes::Recipe recipe, Precision precision, int threads) {
  recipe.precision = precision;
  MadeUpTraining training(recipe, threads);
  const double batches_per_second = run_compute(state, precision, threads, training.flops_per_evaluation(), [&] { training.evaluate(); });
  state.counters["images_per_second"] = batches_per_second * static_cast<double>(recipe.batch);
}

/// With "PAPER/TRIAL/SCALE" and the recipe of every net of the catalog but the smallest.
void for_each_net(const std::function<void(const std::string&, const recipes::Recipe&)>& body) {
  for (const std::string& slug : catalog::paper_slugs()) {
    const catalog::Paper paper = catalog::load_paper(slug);
    for (const catalog::Trial& trial : paper.trials)
      for (const char* scale : {"desk", "paper"})
        if (const recipes::Recipe* recipe = trial.recipe_at(scale)) body(fmt::format("{}/{}/{}", slug, trial.name, scale), *recipe);
  }
}

/// Unless the filter leaves it out.
void add(const std::string& name, const std::function<void(benchmark::State&)>& body) {
  if (is_wanted(name)) benchmark::RegisterBenchmark(name.c_str(), body)->Unit(benchmark::kMillisecond);
}

}  // namespace

void register_steps() {
  const std::set<int> threads_of{1, parallel::available_cores()};
  for_each_net([&](const std::string& net, const recipes::Recipe& recipe) {
    for (const Precision precision : {Precision::f32, Precision::bf16})
      for (const int threads : threads_of) {
        const std::string setting = fmt::format("{}/{}/threads:{}", net, name_of(precision), threads);
        add("step/" + setting, [=](benchmark::State& s) { run_step(s, recipe, precision, threads); });
        add("evaluate/" + setting, [=](benchmark::State& s) { run_evaluation(s, recipe, precision, threads); });
      }
  });
}

int nets_command() {
  for_each_net([](const std::string& net, const recipes::Recipe&) { fmt::print("{}\n", net); });
  return 0;
}

}  // namespace reprise::bench
