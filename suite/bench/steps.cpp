// Whole training steps of the catalog's nets: input pipeline, forward, loss, backward, reduction, update, packing.

#include <fmt/format.h>

#include <memory>
#include <set>

#include "experiments/catalog.hpp"
#include "suite/bench/made_up_batch.hpp"
#include "suite/bench/rates.hpp"

namespace reprise::bench {

namespace {

void run_step(benchmark::State& state, training::Recipe recipe, Precision precision, int threads) {
  recipe.precision = precision;
  MadeUpTraining training(recipe, threads);
  const double steps_per_second = run_compute(state, precision, threads, training.flops_per_step(), [&] { training.step(); });
  state.counters["images_per_second"] = steps_per_second * static_cast<double>(recipe.batch);
}

}  // namespace

void register_steps() {
  const int cores = parallel::available_cores();
  for (const std::string& slug : experiments::paper_slugs()) {
    const experiments::Paper paper = experiments::load_paper(slug);
    for (const experiments::Trial& trial : paper.trials)
      for (const char* scale : {"desk", "paper"}) {
        if (std::find(trial.scales.begin(), trial.scales.end(), scale) == trial.scales.end()) continue;
        for (const Precision precision : {Precision::f32, Precision::bf16})
          for (const int threads : std::set<int>{1, cores}) {
            const std::string name = fmt::format("step/{}/{}/{}/{}/threads:{}", slug, trial.name, scale, name_of(precision), threads);
            benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& s) { run_step(s, experiments::resolve(slug, trial.name, scale), precision, threads); })
                ->Unit(benchmark::kMillisecond);
          }
      }
  }
}

}  // namespace reprise::bench
