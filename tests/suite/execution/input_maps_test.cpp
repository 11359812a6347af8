#include <gtest/gtest.h>

#include <algorithm>

#include "suite/execution/executor.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/local_response_norm.hpp"
#include "suite/layers/relu.hpp"
#include "tests/suite/execution/made_up_batch.hpp"

namespace reprise::execution {
namespace {

using layers::ReluRule;

std::vector<float> maps(const graph::Graph& graph, const graph::Parameters& parameters, ReluRule rule, const BatchReader& reader,
                        std::int64_t count, std::int64_t channel = -1) {
  parallel::Workers workers(2);
  std::vector<float> result(static_cast<std::size_t>(count * graph.node(0).shape.size()));
  input_maps(graph, {.batch = count, .shard = 2}, parameters, workers, {&reader, count, 1, 0},
             {.node = graph.output(), .channel = channel, .rule = rule}, result.data());
  return result;
}

/// input x [2] -> dense W -> ReLU -> dense v: two hidden units, one of them switched off, one with a negative signal from above.
TEST(InputMaps, of_one_relu_layer_are_what_one_gets_by_hand) {
  graph::Graph graph({1, 1, 2});
  graph.add("hidden", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 3}));
  graph.add("relu", std::make_shared<layers::Relu>());
  graph.add("out", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 1}));
  graph::Parameters parameters(graph);
  const std::vector<float> w{1, 2, 3, -4, -5, -6}, v{10, -20, 30};
  std::copy(w.begin(), w.end(), parameters.of(parameters.list()[0]));
  std::copy(v.begin(), v.end(), parameters.of(parameters.list()[2]));
  struct Ones : BatchReader {
    void fetch(std::int64_t, float* output) const override { output[0] = 2, output[1] = 1; }
    std::int32_t label(std::int64_t) const override { return 0; }
  } reader;
  // hidden = (4, 2, -16): units 0 and 1 are on. Signal from above = (10, -20, 30).
  EXPECT_EQ(maps(graph, parameters, ReluRule::gradient, reader, 1), (std::vector<float>{10 * 1 - 20 * 3, 10 * 2 + 20 * 4}));
  EXPECT_EQ(maps(graph, parameters, ReluRule::deconvnet, reader, 1), (std::vector<float>{10 * 1 + 30 * -5, 10 * 2 + 30 * -6}));
  EXPECT_EQ(maps(graph, parameters, ReluRule::guided, reader, 1), (std::vector<float>{10, 20}));
}

TEST(InputMaps, of_a_channel_start_from_its_own_largest_value) {
  graph::Graph graph({1, 3, 1});
  graph.add("conv", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 2, .filter_size = 1}));
  graph::Parameters parameters(graph);
  const std::vector<float> w{5, -3}, bias{0, 0};
  std::copy(w.begin(), w.end(), parameters.of(parameters.list()[0]));
  struct Row : BatchReader {
    void fetch(std::int64_t, float* output) const override { output[0] = -2, output[1] = 1, output[2] = 3; }
    std::int32_t label(std::int64_t) const override { return 0; }
  } reader;
  // Of 5 x the largest is 15 at the end, of -3 x it is 6 at the beginning.
  EXPECT_EQ(maps(graph, parameters, ReluRule::gradient, reader, 1), (std::vector<float>{0, 0, 5}));
  EXPECT_EQ(maps(graph, parameters, ReluRule::gradient, reader, 1, 0), (std::vector<float>{0, 0, 5}));
  EXPECT_EQ(maps(graph, parameters, ReluRule::gradient, reader, 1, 1), (std::vector<float>{-3, 0, 0}));
}

TEST(InputMaps, of_the_deconvnet_pass_response_normalisation_unchanged) {
  graph::Graph graph({1, 1, 2});
  graph.add("norm", std::make_shared<layers::LocalResponseNorm>(layers::LocalResponseNorm::Options{.alpha = 1}));
  graph::Parameters parameters(graph);
  struct Pair : BatchReader {
    void fetch(std::int64_t, float* output) const override { output[0] = 2, output[1] = 1; }
    std::int32_t label(std::int64_t) const override { return 0; }
  } reader;
  EXPECT_EQ(maps(graph, parameters, ReluRule::deconvnet, reader, 1), (std::vector<float>{1, 0}));
  EXPECT_LT(maps(graph, parameters, ReluRule::gradient, reader, 1)[1], 0) << "the larger neighbour is scaled down by it";
}

TEST(InputMaps, guided_equals_gradient_in_a_net_of_positive_weights) {
  graph::Graph graph({6, 6, 2});
  graph.add("conv1", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 4, .padding = 1}));
  graph.add("relu1", std::make_shared<layers::Relu>());
  graph.add("conv2", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 4, .padding = 1}));
  graph.add("relu2", std::make_shared<layers::Relu>());
  graph.add("out", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 3}));
  graph::Parameters parameters(graph);
  parameters.initialise(1);
  const MadeUpSamples samples(graph.node(0).shape, 3);
  EXPECT_NE(maps(graph, parameters, ReluRule::gradient, samples, 3), maps(graph, parameters, ReluRule::guided, samples, 3));
  for (std::int64_t i = 0; i < parameters.size(); ++i) parameters.values()[i] = std::abs(parameters.values()[i]);
  EXPECT_EQ(maps(graph, parameters, ReluRule::gradient, samples, 3), maps(graph, parameters, ReluRule::guided, samples, 3));
}

}  // namespace
}  // namespace reprise::execution
