// How cost grows: time of a step with the batch (linear) and with the width (squared), memory with the batch. Google Benchmark prints the
// fit and how far the points lie from it.

#include <fmt/format.h>

#include "suite/bench/made_up_batch.hpp"
#include "suite/bench/rates.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/parallel/workers.hpp"

namespace reprise::bench {

namespace {

constexpr double kMebibyte = 1 << 20;

using Change = std::function<void(recipes::Recipe&, std::int64_t)>;

void run_growth(benchmark::State& state, recipes::Recipe recipe, const Change& change) {
  change(recipe, state.range(0));
  const int threads = parallel::available_cores();
  MadeUpTraining training(recipe, threads);
  run_compute(state, recipe.precision, threads, training.flops_per_step(), [&] { training.step(); });
  state.counters["net_MiB"] = static_cast<double>(training.memory_bytes()) / kMebibyte;
  state.SetComplexityN(state.range(0));
}

void add(const std::string& kind, const std::string& paper, const std::string& trial, const std::string& scale, const Change& change,
         const std::vector<std::int64_t>& values, benchmark::BigO law) {
  const recipes::Recipe recipe = catalog::resolve(paper, trial, scale);
  const std::string name = fmt::format("growth/{}/{}/{}/{}", kind, paper, trial, scale);
  auto* row = benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& s) { run_growth(s, recipe, change); });
  for (const std::int64_t value : values) row->Arg(value);
  row->Unit(benchmark::kMillisecond)->UseRealTime()->Complexity(law);
}

}  // namespace

void register_growth() {
  const Change batch = [](recipes::Recipe& recipe, std::int64_t value) { recipe.batch = value; };
  const std::vector<std::int64_t> batches{32, 64, 128, 256};
  add("batch", "all-cnn", "allcnn-c", "desk", batch, batches, benchmark::oN);
  add("batch", "wrn", "wrn-10-1", "desk", batch, batches, benchmark::oN);
  add("batch", "dropout", "table2-maxnorm-3x1024", "paper", batch, {100, 200, 400, 800}, benchmark::oN);
  const Change channels = [](recipes::Recipe& recipe, std::int64_t value) {
    recipe.batch = 32;
    recipe.model_options.set("widths", std::vector<double>{static_cast<double>(value), static_cast<double>(2 * value)});
  };
  add("width", "all-cnn", "allcnn-c", "paper", channels, {48, 96, 144, 192}, benchmark::oNSquared);
  const Change features = [](recipes::Recipe& recipe, std::int64_t value) {
    recipe.model_options.set("hidden", std::vector<double>(3, static_cast<double>(value)));
  };
  add("width", "dropout", "table2-maxnorm-3x1024", "paper", features, {512, 1024, 2048, 4096}, benchmark::oNSquared);
}

}  // namespace reprise::bench
