// Whole training steps of the catalog's nets: input pipeline, forward, loss, backward, reduction, update, packing; and evaluation of a
// batch: input pipeline, forward, loss.

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

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
}

void run_evaluation(benchmark::State& state, recipes::Recipe recipe, Precision precision, int threads) {
  recipe.precision = precision;
  MadeUpTraining training(recipe, threads);
  const double batches_per_second = run_compute(state, precision, threads, training.flops_per_evaluation(), [&] { training.evaluate(); });
  state.counters["images_per_second"] = batches_per_second * static_cast<double>(recipe.batch);
}

}  // namespace

void register_steps() {
  const int cores = parallel::available_cores();
  for (const std::string& slug : catalog::paper_slugs()) {
    const catalog::Paper paper = catalog::load_paper(slug);
    for (const catalog::Trial& trial : paper.trials)
      for (const char* scale : {"desk", "paper"}) {
        const recipes::Recipe* recipe = trial.recipe_at(scale);
        if (!recipe) continue;
        for (const Precision precision : {Precision::f32, Precision::bf16})
          for (const int threads : std::set<int>{1, cores}) {
            const std::string net = fmt::format("{}/{}/{}/{}/threads:{}", slug, trial.name, scale, name_of(precision), threads);
            if (const std::string name = "step/" + net; is_wanted(name))
              benchmark::RegisterBenchmark(name.c_str(), [=, recipe = *recipe](benchmark::State& s) {
                run_step(s, recipe, precision, threads);
              })->Unit(benchmark::kMillisecond);
            if (const std::string name = "evaluate/" + net; is_wanted(name))
              benchmark::RegisterBenchmark(name.c_str(), [=, recipe = *recipe](benchmark::State& s) {
                run_evaluation(s, recipe, precision, threads);
              })->Unit(benchmark::kMillisecond);
          }
      }
  }
}

}  // namespace reprise::bench
