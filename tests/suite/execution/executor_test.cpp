#include "suite/execution/executor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"
#include "suite/layers/add.hpp"
#include "suite/layers/average_pool2d.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/concat.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/dropout.hpp"
#include "suite/layers/flatten.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/log_avg_exp_pool.hpp"
#include "suite/layers/logistic.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "suite/layers/tanh.hpp"
#include "tests/suite/execution/made_up_batch.hpp"

namespace reprise::execution {
namespace {

template <class L>
std::shared_ptr<const layers::Layer> make(typename L::Options options = {}) {
  return std::make_shared<L>(options);
}

/// A residual net with batch norm: values read twice, gradients that add up, a learned temperature.
graph::Graph residual_net(bool smooth) {
  graph::Graph graph({8, 8, 3});
  const auto activation = [&] { return smooth ? make<layers::Tanh>() : make<layers::Relu>(); };
  const graph::NodeId stem = graph.add("stem", make<layers::Conv2d>({.filters = 8, .padding = 1}));
  graph.add("norm1", make<layers::BatchNorm>());
  graph.add("act1", activation());
  graph.add("conv1", make<layers::Conv2d>({.filters = 8, .padding = 1}));
  const graph::NodeId sum = graph.add("sum", make<layers::Add>(), {stem, graph.last()});
  graph.add("norm2", make<layers::BatchNorm>());
  graph.add("act2", activation());
  graph.add("conv2", make<layers::Conv2d>({.filters = 6, .filter_size = 1}));
  graph.add("joined", make<layers::Concat>(), {sum, graph.last()});
  graph.add("pool", make<layers::LogAvgExpPool>({.learned = true}));
  graph.add("logits", make<layers::Dense>({.features = 5}));
  return graph;
}

graph::Graph convolution_net() {
  graph::Graph graph({8, 8, 3});
  graph.add("drop0", make<layers::Dropout>({.keep = 0.8, .form = layers::DropoutForm::non_inverted}));
  graph.add("conv1", make<layers::Conv2d>({.filters = 12, .padding = 1}));
  graph.add("relu1", make<layers::Relu>());
  graph.add("pool1", make<layers::MaxPool2d>({.window = 3, .stride = 2, .ceil = true}));
  graph.add("drop1", make<layers::Dropout>({.keep = 0.5, .form = layers::DropoutForm::inverted}));
  graph.add("conv2", make<layers::Conv2d>({.filters = 16, .padding = 1, .padding_mode = layers::PaddingMode::reflect}));
  graph.add("relu2", make<layers::Relu>());
  graph.add("average", make<layers::AveragePool2d>({.window = 2, .stride = 2}));
  graph.add("logits", make<layers::Dense>({.features = 5}));
  return graph;
}

/// Two layers cut by output features, with what a dropout net has between them.
graph::Graph dense_net(double keep = 0.5) {
  graph::Graph graph({28, 28, 1});
  graph.add("dense1", make<layers::Dense>({.features = 272}));
  graph.add("act1", make<layers::Logistic>());
  if (keep < 1) graph.add("drop1", make<layers::Dropout>({.keep = keep, .form = layers::DropoutForm::non_inverted}));
  graph.add("dense2", make<layers::Dense>({.features = 400}));
  graph.add("act2", make<layers::Tanh>());
  graph.add("logits", make<layers::Dense>({.features = 5}));
  return graph;
}

/// Three layers cut by output features behind a convolution: buffers of the first two's backward passes lie where the inputs of later ones
/// were.
graph::Graph deep_dense_net() {
  graph::Graph graph({8, 8, 3});
  graph.add("conv", make<layers::Conv2d>({.filters = 16, .padding = 1}));
  graph.add("relu", make<layers::Relu>());
  graph.add("flatten", make<layers::Flatten>());
  for (const char* n : {"1", "2", "3"}) {
    graph.add(std::string("dense") + n, make<layers::Dense>({.features = 512}));
    graph.add(std::string("act") + n, make<layers::Relu>());
    graph.add(std::string("drop") + n, make<layers::Dropout>({.keep = 0.5, .form = layers::DropoutForm::inverted}));
  }
  graph.add("logits", make<layers::Dense>({.features = 5}));
  return graph;
}

struct Trained {
  std::vector<float> weights;
  double loss = 0;
};

optimizers::OptimizerRecipe usual() {
  optimizers::OptimizerRecipe recipe;
  recipe.learning_rate.value = 0.02;
  recipe.momentum.value = 0.9;
  recipe.weight_decay = 1e-4;
  recipe.max_norm = 2;
  return recipe;
}

Trained train(const graph::Graph& graph, const NetOptions& net, int threads, int steps, std::int64_t count) {
  parallel::Workers workers(threads);
  graph::Parameters parameters(graph);
  parameters.initialise(3);
  Executor executor(graph, {.net = net}, parameters, workers);
  optimizers::Optimizer optimizer(usual(), parameters);
  const MadeUpSamples samples(graph.node(0).shape, 5);
  Trained trained;
  for (int step = 0; step < steps; ++step)
    trained.loss =
        executor.train_step({&samples, count, 1, static_cast<std::uint64_t>(step)}, optimizer, optimizer.terms(step, steps)).loss;
  trained.weights.assign(parameters.values(), parameters.values() + parameters.size());
  return trained;
}

class EveryNet : public testing::TestWithParam<std::tuple<const char*, Precision>> {
 protected:
  static graph::Graph net(const std::string& name) {
    if (name == "residual") return residual_net(false);
    if (name == "deep_dense") return deep_dense_net();
    return name == "convolution" ? convolution_net() : dense_net();
  }
};

TEST_P(EveryNet, weights_are_the_same_bits_on_any_number_of_threads) {
  const auto [name, precision] = GetParam();
  const graph::Graph graph = net(name);
  const NetOptions options{.precision = precision, .batch = 22, .shard = 4};  // the last shard is half padding
  const Trained one = train(graph, options, 1, 12, 22);
  for (const int threads : {2, 3, 4}) {
    const Trained more = train(graph, options, threads, 12, 22);
    EXPECT_EQ(one.weights, more.weights) << threads << " threads";
    EXPECT_EQ(one.loss, more.loss);
  }
  EXPECT_TRUE(std::isfinite(one.loss));
}

TEST_P(EveryNet, a_smaller_last_batch_is_the_same_bits_in_a_larger_executor) {
  const auto [name, precision] = GetParam();
  const graph::Graph graph = net(name);
  // 10 samples in shards of 4: in a net planned for 10 and in one planned for 24.
  const Trained exact = train(graph, {.precision = precision, .batch = 10, .shard = 4}, 2, 5, 10);
  const Trained padded = train(graph, {.precision = precision, .batch = 24, .shard = 4}, 2, 5, 10);
  if (std::string(name).ends_with("dense")) {
    // Block products run over all rows of the larger batch; sums of zeros are exact, their order may differ.
    for (std::size_t i = 0; i < exact.weights.size(); ++i)
      ASSERT_NEAR(exact.weights[i], padded.weights[i], precision == Precision::f32 ? 1e-5 : 1e-2);
  } else {
    EXPECT_EQ(exact.weights, padded.weights);
  }
}

TEST_P(EveryNet, a_smaller_batch_after_a_full_one_sees_nothing_of_it) {
  const auto name = std::get<0>(GetParam());
  const Precision precision = std::get<1>(GetParam());
  const graph::Graph graph = net(name);
  const std::int64_t counts[] = {48, 6, 48, 6};
  const auto trained = [&](bool anew_each_step) {
    parallel::Workers workers(2);
    graph::Parameters parameters(graph);
    parameters.initialise(3);
    optimizers::Optimizer optimizer(usual(), parameters);
    const MadeUpSamples samples(graph.node(0).shape, 5);
    std::unique_ptr<Executor> executor;
    for (std::uint64_t step = 0; step < std::size(counts); ++step) {
      if (!executor || anew_each_step)
        executor = std::make_unique<Executor>(graph, ExecutorOptions{.net = {.precision = precision, .batch = 48, .shard = 4}}, parameters,
                                              workers);
      executor->train_step({&samples, counts[step], 1, step}, optimizer, optimizer.terms(static_cast<std::int64_t>(step), 4));
      executor->gather_weights(optimizer);
    }
    return std::vector<float>(parameters.values(), parameters.values() + parameters.size());
  };
  EXPECT_EQ(trained(false), trained(true));
}

INSTANTIATE_TEST_SUITE_P(Nets, EveryNet,
                         testing::Combine(testing::Values("residual", "convolution", "dense", "deep_dense"),
                                          testing::Values(Precision::f32, Precision::bf16)),
                         [](const auto& parameter) {
                           return std::string(std::get<0>(parameter.param)) + "_" + name_of(std::get<1>(parameter.param));
                         });

/// Loss of a batch as a function of the parameters, mean over samples.
double mean_loss(const graph::Graph& graph, const NetOptions& net, const std::vector<float>& values, std::int64_t count) {
  parallel::Workers workers(1);
  graph::Parameters parameters(graph);
  std::copy(values.begin(), values.end(), parameters.values());
  Executor executor(graph, {.net = net}, parameters, workers);
  const MadeUpSamples samples(graph.node(0).shape, 5);
  return executor.compute_gradients({&samples, count, 1, 0}).loss / static_cast<double>(count);
}

/// Directional derivative along the gradient's own direction: |g| against central differences of the loss in float32.
void expect_gradient(const graph::Graph& graph, std::int64_t count, std::int64_t shard) {
  const NetOptions net{.batch = count, .shard = shard};
  parallel::Workers workers(2);
  graph::Parameters parameters(graph);
  parameters.initialise(3);
  Executor executor(graph, {.net = net}, parameters, workers);
  const MadeUpSamples samples(graph.node(0).shape, 5);
  executor.compute_gradients({&samples, count, 1, 0});
  for (const graph::Parameter& parameter : parameters.list()) {
    if (!parameter.spec.trains) continue;
    const float* gradient = executor.gradients() + parameter.offset;
    double norm = 0;
    for (std::int64_t i = 0; i < parameter.count; ++i) norm += static_cast<double>(gradient[i]) * gradient[i];
    norm = std::sqrt(norm);
    // A bias in front of batch norm has no effect: its true gradient is zero.
    if (norm < 1e-5) continue;
    const double reach = 1e-2;
    std::vector<float> ahead(parameters.values(), parameters.values() + parameters.size()), behind = ahead;
    for (std::int64_t i = 0; i < parameter.count; ++i) {
      ahead[static_cast<std::size_t>(parameter.offset + i)] += static_cast<float>(reach * gradient[i] / norm);
      behind[static_cast<std::size_t>(parameter.offset + i)] -= static_cast<float>(reach * gradient[i] / norm);
    }
    const double slope = (mean_loss(graph, net, ahead, count) - mean_loss(graph, net, behind, count)) / (2 * reach);
    // Third derivatives over a reach of 1e-2 and float32 losses (1e-7 / 2e-2) stay under 1 % of slopes near 0.01 and above.
    EXPECT_NEAR(slope, norm, 0.02 * norm + 5e-5) << parameter.name;
  }
}

TEST(Gradient, of_a_residual_net_with_batch_norm_over_shards_equals_differences_of_the_loss) {
  expect_gradient(residual_net(true), 10, 4);
}

TEST(Gradient, of_block_cut_layers_equals_differences_of_the_loss) {
  expect_gradient(dense_net(1.0), 12, 4);
}

TEST(Gradient, does_not_depend_on_the_shard_size_beyond_rounding) {
  const graph::Graph graph = residual_net(false);
  const auto gradient_with = [&](std::int64_t shard) {
    parallel::Workers workers(2);
    graph::Parameters parameters(graph);
    parameters.initialise(3);
    Executor executor(graph, {.net = {.batch = 16, .shard = shard}}, parameters, workers);
    const MadeUpSamples samples(graph.node(0).shape, 5);
    executor.compute_gradients({&samples, 16, 1, 0});
    return std::vector<float>(executor.gradients(), executor.gradients() + parameters.size());
  };
  const auto four = gradient_with(4), sixteen = gradient_with(16);
  for (std::size_t i = 0; i < four.size(); ++i) EXPECT_NEAR(four[i], sixteen[i], 2e-5) << i;  // sums of 1024 terms near 0.1: 32 * eps
}

TEST(Executor, non_finite_loss_names_the_step_and_leaves_block_weights_unchanged) {
  const graph::Graph graph = dense_net();
  parallel::Workers workers(1);
  graph::Parameters parameters(graph);
  parameters.initialise(3);
  parameters.values()[parameters.list().back().offset] = INFINITY;  // a logit's bias
  Executor executor(graph, {.net = {.batch = 8, .shard = 4}}, parameters, workers);
  optimizers::Optimizer optimizer(usual(), parameters);
  const MadeUpSamples samples(graph.node(0).shape, 5);
  const std::vector<float> before(parameters.values(), parameters.values() + parameters.size());
  try {
    executor.train_step({&samples, 8, 1, 41}, optimizer, optimizer.terms(41, 100));
    FAIL();
  } catch (const RunError& error) {
    EXPECT_NE(std::string(error.what()).find("step 41"), std::string::npos) << error.what();
  }
  EXPECT_EQ(before, std::vector<float>(parameters.values(), parameters.values() + parameters.size()));
}

TEST(Executor, evaluation_does_not_change_what_training_computes) {
  const graph::Graph graph = residual_net(false);
  const auto run = [&](bool evaluates) {
    parallel::Workers workers(2);
    graph::Parameters parameters(graph);
    parameters.initialise(3);
    Executor executor(graph, {.net = {.batch = 16, .shard = 4}}, parameters, workers);
    optimizers::Optimizer optimizer(usual(), parameters);
    const MadeUpSamples samples(graph.node(0).shape, 5);
    for (int step = 0; step < 4; ++step) {
      executor.train_step({&samples, 16, 1, static_cast<std::uint64_t>(step)}, optimizer, optimizer.terms(step, 4));
      if (evaluates) executor.evaluate({&samples, 9, 1, 0}, layers::Mode::infer);
    }
    return std::vector<float>(parameters.values(), parameters.values() + parameters.size());
  };
  EXPECT_EQ(run(false), run(true));
}

TEST(Graph, a_node_that_reads_nothing_is_refused) {
  EXPECT_THROW(
      graph::Graph({4, 4, 6}).add("conv", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 8, .filter_size = 3}), {}),
      ShapeError);
}

TEST(Executor, evaluation_in_training_mode_is_refused) {
  const graph::Graph graph = residual_net(false);
  parallel::Workers workers(1);
  graph::Parameters parameters(graph);
  Executor executor(graph, {.net = {.batch = 16, .shard = 4}}, parameters, workers);
  const MadeUpSamples samples(graph.node(0).shape, 5);
  EXPECT_THROW(executor.evaluate({&samples, 9, 1, 0}, layers::Mode::train), InputError);
}

}  // namespace
}  // namespace reprise::execution
