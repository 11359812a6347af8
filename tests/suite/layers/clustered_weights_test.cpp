#include "suite/layers/clustered_weights.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/relu.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

using layers::ClusteredWeights;
using layers::Conv2d;
using layers::Dense;

using LayerPointer = std::shared_ptr<const layers::Layer>;

LayerPointer clustered(LayerPointer inner, std::int64_t values) {
  return std::make_shared<ClusteredWeights>(ClusteredWeights::Options{std::move(inner), values});
}

LayerCase case_of(LayerPointer layer, SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::move(layer);
  result.inputs = {input};
  result.samples = 2, result.shards = 2, result.count = 3;
  result.precision = precision;
  return result;
}

struct Inner {
  LayerPointer layer;
  SampleShape input;
};
std::vector<Inner> inners() {
  return {{std::make_shared<Conv2d>(Conv2d::Options{.filters = 24, .padding = 1}), {7, 9, 32}},
          {std::make_shared<Conv2d>(Conv2d::Options{.filters = 6, .stride = 2, .padding = 1, .groups = 3, .bias = false}), {7, 9, 3}},
          {std::make_shared<Dense>(Dense::Options{.features = 30}), {1, 1, 41}}};
}

/// Values of a case with clusters 0 to k - 1 in a fixed order.
LayerValues values_of(const LayerCase& shown, std::size_t k) {
  LayerValues values = random_values(shown, 1);
  for (std::size_t j = 0; j < k; ++j) values.parameters[0][j] = static_cast<float>(std::sin(static_cast<double>(j) + 1));
  for (std::size_t i = 0; i < values.parameters[1].size(); ++i) values.parameters[1][i] = static_cast<double>(i * i % 101 % k);
  return values;
}

/// The values that the plain layer must have.
LayerValues plain_of(const LayerValues& values) {
  LayerValues plain = values;
  plain.parameters.erase(plain.parameters.begin());
  for (double& weight : plain.parameters[0]) weight = values.parameters[0][static_cast<std::size_t>(weight)];
  return plain;
}

/// Sums over the members in double.
Doubles sums_of_members(const Doubles& gradient, const Doubles& cluster, std::size_t k) {
  Doubles sums(k, 0.0);
  for (std::size_t i = 0; i < gradient.size(); ++i) sums[static_cast<std::size_t>(cluster[i])] += gradient[i];
  return sums;
}

TEST(ClusteredWeights, is_the_plain_layer_of_the_shared_values_and_gradients_are_sums_over_members) {
  for (const Inner& inner : inners())
    for (const std::size_t k : {2u, 5u, 16u})
      for (const Precision precision : {Precision::f32, Precision::bf16}) {
        const LayerCase plain = case_of(inner.layer, inner.input, precision),
                        shown = case_of(clustered(inner.layer, static_cast<std::int64_t>(k)), inner.input, precision);
        const LayerValues values = values_of(shown, k);
        const Doubles grad = random_grad_output(plain, 2);
        const LayerResult found = run_layer(shown, values, grad), expected = run_layer(plain, plain_of(values), grad);
        EXPECT_EQ(found.output, expected.output);
        EXPECT_EQ(found.grad_inputs, expected.grad_inputs);
        // The plain layer's gradients are floats, one rounding in each shard, one of their sum.
        EXPECT_NEAR_ARRAY(found.grad_parameters[0], sums_of_members(expected.grad_parameters[0], values.parameters[1], k), sum_of(4),
                          kRoundoffF32);
        for (std::size_t p = 1; p < expected.grad_parameters.size(); ++p)
          EXPECT_EQ(found.grad_parameters[p + 1], expected.grad_parameters[p]);
      }
}

/// out = w x for one sample of one channel.
TEST(ClusteredWeights, has_the_gradients_counted_by_hand) {
  LayerCase shown = case_of(clustered(std::make_shared<Dense>(Dense::Options{.features = 2, .bias = false}), 3), {1, 1, 2});
  shown.samples = shown.shards = 1, shown.count = 1;
  LayerValues values;
  values.inputs = {{10, 1}};
  values.parameters = {{0.5, 0, -2}, {0, 2, 2, 1}};  // weight 0.5 -2 / -2 0
  const LayerResult found = run_layer(shown, values, {3, 7});
  EXPECT_EQ(found.output, (Doubles{5 - 2, -20}));
  EXPECT_EQ(found.grad_inputs[0], (Doubles{1.5 - 14, -6}));
  EXPECT_EQ(found.grad_parameters[0], (Doubles{30, 0, 3 + 70})) << "a value of 0 does not learn: 7 would be its gradient";
}

TEST(ClusteredWeights, learns_its_values_alone_and_is_not_cut_by_output_features) {
  const std::vector<SampleShape> input{{1, 1, 400}};
  const auto inner = std::make_shared<Dense>(Dense::Options{.features = 300});
  ASSERT_GT(inner->output_partitions(input), 0);
  const LayerPointer layer = clustered(inner, 5);
  EXPECT_EQ(layer->output_partitions(input), 0);
  EXPECT_EQ(layer->cost(input).forward_macs, 120'000);
  const auto specs = layer->parameters(input);
  ASSERT_EQ(specs.size(), 3u);
  EXPECT_EQ(specs[0].name, "codebook");
  EXPECT_EQ(specs[0].count(), 5);
  EXPECT_FALSE(specs[0].decays);
  EXPECT_EQ(specs[1].name, "cluster");
  EXPECT_EQ(specs[1].count(), 120'000);
  EXPECT_FALSE(specs[1].trains);
  EXPECT_EQ(specs[2].name, "bias");
  EXPECT_EQ(layer->summary(), "clustered_weights 5 values: dense 300");
}

TEST(ClusteredWeights, takes_the_bits_that_tell_its_values_apart) {
  const auto inner = std::make_shared<Dense>(Dense::Options{.features = 2});
  const auto bits = [&](std::int64_t values) { return ClusteredWeights({.inner = inner, .values = values}).stored_bits(); };
  EXPECT_EQ(bits(2), 1);
  EXPECT_EQ(bits(4), 2);
  EXPECT_EQ(bits(5), 3);
  EXPECT_EQ(bits(16), 4);
  EXPECT_EQ(bits(65'536), 16);
  EXPECT_THROW(bits(1), InputError);
  EXPECT_THROW(bits(65'537), InputError);
  EXPECT_THROW(clustered(std::make_shared<layers::Relu>(), 4)->parameters(std::vector<SampleShape>{{1, 1, 4}}), InputError);
}

}  // namespace
}  // namespace reprise::tests
