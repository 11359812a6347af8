// Promise 1 on every net of the catalog: the same bits on any number of threads.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "datasets/manifest.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/execution/executor.hpp"
#include "suite/hebbian/feature_phase.hpp"
#include "suite/hebbian/plastic_net.hpp"
#include "suite/procedures/procedure.hpp"
#include "suite/random/random.hpp"
#include "suite/training/backprop_phase.hpp"
#include "suite/training/run_digests.hpp"

namespace reprise::experiments {
namespace {

class Noise : public execution::BatchReader {
 public:
  Noise(const SampleShape& shape, int classes, std::uint64_t step) : shape_(shape), classes_(classes), step_(step) {}
  void fetch(std::int64_t slot, float* output) const override {
    random::Generator generator({9, random::Purpose::synthetic, 0, step_, static_cast<std::uint64_t>(slot)});
    for (std::int64_t i = 0; i < shape_.size(); ++i) output[i] = generator.next_uniform();
  }
  std::int32_t label(std::int64_t slot) const override {
    return static_cast<std::int32_t>((slot + static_cast<std::int64_t>(step_)) % classes_);
  }

 private:
  SampleShape shape_;
  int classes_;
  std::uint64_t step_;
};

std::string digest_after(const recipes::Recipe& recipe, const graph::Graph& graph, int classes, int threads, int steps) {
  parallel::Workers workers(threads);
  graph::Parameters parameters(graph);
  parameters.initialise(4);
  execution::Executor executor(graph, training::executor_options(recipe), parameters, workers);
  optimizers::Optimizer optimizer(recipe.optimizer, parameters);
  for (int step = 0; step < steps; ++step) {
    const Noise noise(graph.node(0).shape, classes, static_cast<std::uint64_t>(step));
    auto terms = optimizer.terms(step, steps + 1);  // at the last step of all, Lookahead may take everything back to the start
    terms.scale_rates(0.1f);                        // noise at the recipe's rate would diverge
    executor.train_step({&noise, recipe.batch, 2, static_cast<std::uint64_t>(step)}, optimizer, terms);
  }
  return training::weight_digest(parameters);
}

/// The same for a Hebbian net: all layers learn, then the features of a few images.
std::string hebbian_digest_after(const recipes::Recipe& recipe, const graph::Graph& graph, int classes, int threads, int steps) {
  parallel::Workers workers(threads);
  graph::Parameters parameters(graph);
  parameters.initialise(4);
  hebbian::PlasticNet net(graph, hebbian::features_node(graph), {recipe.precision, recipe.batch, recipe.shard}, parameters, workers);
  for (int step = 0; step < steps; ++step) {
    const Noise noise(graph.node(0).shape, classes, static_cast<std::uint64_t>(step));
    net.learn({&noise, recipe.batch - 1, 2, static_cast<std::uint64_t>(step)}, 0, net.layers() - 1);
  }
  return training::weight_digest(parameters);
}

/// 3 in the fast tests: the third is the first whose momentum has a past. The slow entry takes 50.
int steps_to_take() {
  const char* wanted = std::getenv("REPRISE_ONE_ANSWER_STEPS");
  return wanted != nullptr ? std::atoi(wanted) : 3;
}

class OneAnswer : public testing::TestWithParam<std::string> {};

/// Distinct nets of a paper at smoke scale, in both precisions: the recipe's model as text names a net. The fast test compares one thread
/// with 2, 3 and 4 for the first two nets and with 3 for the others; the slow entry takes all for all.
TEST_P(OneAnswer, nets_give_the_same_weights_on_any_number_of_threads) {
  const std::string slug = GetParam();
  const bool slow = std::getenv("REPRISE_ONE_ANSWER_STEPS") != nullptr;
  std::set<std::string> known;
  for (const catalog::Trial& trial : catalog::load_paper(slug).trials) {
    if (std::find(trial.scales.begin(), trial.scales.end(), "smoke") == trial.scales.end()) continue;
    recipes::Recipe recipe = catalog::resolve(slug, trial.name, "smoke", {{"batch", "10"}, {"shard", "3"}});
    const datasets::DatasetEntry set = catalog::sample_entry(recipe);
    const graph::Graph graph = catalog::build_model(recipe);
    std::string net;
    for (const graph::Node& node : graph.nodes()) net += (node.layer ? node.layer->summary() : "") + node.shape.text() + ";";
    if (!known.insert(net).second) continue;
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      recipe.precision = precision;
      const auto digest = procedures::of(recipe).has_plastic_phase ? hebbian_digest_after : digest_after;
      const std::string one = digest(recipe, graph, set.classes(), 1, steps_to_take());
      for (const int count : slow || known.size() <= 2 ? std::vector<int>{2, 3, 4} : std::vector<int>{3})
        EXPECT_EQ(digest(recipe, graph, set.classes(), count, steps_to_take()), one)
            << slug << "/" << trial.name << " " << name_of(precision) << ", " << count << " threads";
    }
  }
  EXPECT_GE(known.size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Papers, OneAnswer, testing::ValuesIn(catalog::paper_slugs()), [](const auto& parameter) {
  std::string name = parameter.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace reprise::experiments
