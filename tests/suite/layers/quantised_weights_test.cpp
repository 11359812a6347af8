#include "suite/layers/quantised_weights.hpp"

#include <gtest/gtest.h>

#include <array>

#include "suite/errors.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/relu.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

using layers::Conv2d;
using layers::Dense;
using layers::QuantisedWeights;
using layers::WeightQuantiser;
using layers::WeightRule;

using LayerPointer = std::shared_ptr<const layers::Layer>;

LayerPointer quantised(LayerPointer inner, WeightQuantiser quantiser, bool clips = false) {
  return std::make_shared<QuantisedWeights>(QuantisedWeights::Options{std::move(inner), quantiser, clips});
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
          {std::make_shared<Dense>(Dense::Options{.features = 300}), {1, 1, 400}}};
}

TEST(QuantisedWeights, without_a_rule_has_the_bits_of_the_plain_layer) {
  for (const Inner& inner : inners())
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const LayerCase plain = case_of(inner.layer, inner.input, precision),
                      shown = case_of(quantised(inner.layer, {}), inner.input, precision);
      const LayerValues values = random_values(plain, 1);
      const Doubles grad = random_grad_output(plain, 2);
      const LayerResult expected = run_layer(plain, values, grad), found = run_layer(shown, values, grad);
      EXPECT_EQ(found.output, expected.output);
      EXPECT_EQ(found.grad_inputs, expected.grad_inputs);
      EXPECT_EQ(found.grad_parameters, expected.grad_parameters);
    }
}

/// Products with f(weight), and gradients by the weight those by f(weight) times the slopes.
TEST(QuantisedWeights, is_the_plain_layer_with_few_levels_and_a_straight_gradient) {
  for (const Inner& inner : inners())
    for (const WeightQuantiser& quantiser :
         {WeightQuantiser{WeightRule::dorefa, 2}, WeightQuantiser{WeightRule::symmetric, 4}, WeightQuantiser{WeightRule::ternary},
          WeightQuantiser{WeightRule::sign, 1, layers::Gate::tanh}}) {
      const LayerCase plain = case_of(inner.layer, inner.input), shown = case_of(quantised(inner.layer, quantiser), inner.input);
      LayerValues values = random_values(plain, 1);
      for (std::size_t i = 0; i < values.parameters[0].size(); i += 2) values.parameters[0][i] *= -1;
      const Doubles grad = random_grad_output(plain, 2);
      const LayerResult found = run_layer(shown, values, grad);
      const std::vector<float> stored(values.parameters[0].begin(), values.parameters[0].end());
      const auto map =
          layers::weight_map(quantiser, plain.layer->parameters(plain.inputs)[0].shape[0], static_cast<std::int64_t>(stored.size()));
      std::vector<float> effective(stored.size()), kept(static_cast<std::size_t>(map->kept_count())), pulled(stored.size());
      map->show(std::array{stored.data()}, effective.data(), kept.data());
      values.parameters[0].assign(effective.begin(), effective.end());
      const LayerResult expected = run_layer(plain, values, grad);
      EXPECT_EQ(found.output, expected.output);
      EXPECT_EQ(found.grad_inputs, expected.grad_inputs);
      // Shards are pulled back one by one before they are added: one rounding each.
      const std::vector<float> gradient(expected.grad_parameters[0].begin(), expected.grad_parameters[0].end());
      map->pull_back(kept.data(), gradient.data(), std::array{pulled.data()});
      const Doubles exact(pulled.begin(), pulled.end());
      EXPECT_LE(difference(found.grad_parameters[0], exact, sum_of(2), kRoundoffF32).ratio, 1.0);
      for (std::size_t p = 1; p < expected.grad_parameters.size(); ++p) EXPECT_EQ(found.grad_parameters[p], expected.grad_parameters[p]);
    }
}

TEST(QuantisedWeights, declares_what_its_inner_layer_does_but_no_cut_by_output_features) {
  const std::vector<SampleShape> input{{1, 1, 400}};
  const auto inner = std::make_shared<Dense>(Dense::Options{.features = 300});
  ASSERT_GT(inner->output_partitions(input), 0);
  const LayerPointer layer = quantised(inner, {WeightRule::dorefa, 2}, true);
  EXPECT_EQ(layer->output_partitions(input), 0);
  EXPECT_EQ(layer->cost(input).forward_macs, 120'000);
  EXPECT_EQ(layer->parameters(input)[0].lower, -1);
  EXPECT_EQ(layer->parameters(input)[0].upper, 1);
  EXPECT_LT(layer->parameters(input)[1].lower, -1e29) << "biases are not clipped";
  EXPECT_LT(quantised(inner, {WeightRule::dorefa, 2})->parameters(input)[0].lower, -1e29);
  EXPECT_EQ(layer->summary(), "quantised_weights dorefa 2 bit, clipped: dense 300");
  EXPECT_THROW(quantised(std::make_shared<layers::Relu>(), {})->parameters(input), InputError);
}

}  // namespace
}  // namespace reprise::tests
