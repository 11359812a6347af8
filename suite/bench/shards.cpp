// Training steps with other shards than the recipe's, on one thread: what a cut costs, and how near the model of costs comes to the best.

#include <fmt/format.h>

#include <algorithm>

#include "suite/bench/made_up_batch.hpp"
#include "suite/bench/rates.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/execution/shard_choice.hpp"

namespace reprise::bench {

namespace {

void add(const std::string& paper, const std::string& trial, const std::string& scale) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    recipes::Recipe recipe = catalog::resolve(paper, trial, scale, {{"precision", name_of(precision)}});
    const execution::ShardModel model(catalog::build_model(recipe), precision);
    const std::int64_t recorded = recipe.shard, chosen = model.choose(recipe.batch);
    for (const std::int64_t shard : model.candidates(recipe.batch, recorded)) {
      recipe.shard = shard;
      const std::string name = fmt::format("shards/{}/{}/{}/{}/{}", paper, trial, scale, name_of(precision), shard);
      if (is_wanted(name))
        benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
          MadeUpTraining training(recipe, 1);
          run_compute(state, precision, 1, training.flops_per_step(), [&] { training.step(); });
          state.counters["recorded"] = shard == recorded;
          state.counters["chosen"] = shard == chosen;
        })->Unit(benchmark::kMillisecond);
    }
  }
}

}  // namespace

void register_shards() {
  for (const std::string& slug : catalog::paper_slugs()) {
    for (const catalog::Trial& trial : catalog::load_paper(slug).trials)
      if (std::find(trial.marks.begin(), trial.marks.end(), "shards") != trial.marks.end()) add(slug, trial.name, "desk");
  }
}

}  // namespace reprise::bench
