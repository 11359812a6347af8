// Trains a net of two dense layers on four points (exclusive or) through the installed headers; exit code 0 if it learns them.

#include <array>
#include <cstdio>
#include <memory>

#include "suite/execution/executor.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/relu.hpp"

namespace {

using namespace reprise;

class ExclusiveOr : public execution::BatchReader {
 public:
  void fetch(std::int64_t slot, float* output) const override {
    output[0] = static_cast<float>(slot % 2), output[1] = static_cast<float>(slot / 2 % 2);
  }
  std::int32_t label(std::int64_t slot) const override { return static_cast<std::int32_t>((slot % 2) ^ (slot / 2 % 2)); }
};

}  // namespace

int main() {
  graph::Graph net({1, 1, 2});
  net.add("hidden", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 16}));
  net.add("relu", std::make_shared<layers::Relu>());
  net.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));

  graph::Parameters parameters(net);
  parameters.initialise(1);
  optimizers::OptimizerRecipe recipe;
  recipe.learning_rate.value = 0.5;
  recipe.momentum.value = 0.9;
  optimizers::Optimizer optimizer(recipe, parameters);
  parallel::Workers workers(2);
  execution::Executor executor(net, {.net = {.batch = 4, .shard = 2}}, parameters, workers);

  const ExclusiveOr points;
  constexpr std::uint64_t kSteps = 200;
  for (std::uint64_t step = 0; step < kSteps; ++step) {
    executor.train_step({.reader = &points, .count = 4, .seed = 1, .step = step}, optimizer,
                        optimizer.terms(static_cast<std::int64_t>(step), kSteps));
  }
  const execution::BatchSums sums = executor.evaluate({.reader = &points, .count = 4}, layers::Mode::infer);
  std::printf("%lld of 4 points wrong, loss %.4f\n", static_cast<long long>(sums.errors), sums.loss / 4);
  return sums.errors == 0 ? 0 : 1;
}
