#include "suite/layers/effective_weights.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "suite/layers/conv2d.hpp"
#include "suite/tensor/memory.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

using layers::Conv2d;
using layers::PreparedLayer;

/// f(x) = factor x.
class Multiple : public layers::WeightMap {
 public:
  Multiple(std::int64_t count, float factor) : count_(count), factor_(factor) {}
  std::int64_t effective_count() const override { return count_; }
  void show(std::span<const float* const> stored, float* effective, float*) const override { multiply(stored[0], effective); }
  void pull_back(const float*, const float* grad_effective, std::span<float* const> grad_stored) const override {
    multiply(grad_effective, grad_stored[0]);
  }

 private:
  void multiply(const float* from, float* to) const {
    for (std::int64_t i = 0; i < count_; ++i) to[i] = factor_ * from[i];
  }
  std::int64_t count_;
  float factor_;
};

/// A convolution that computes with its weights and biases times a factor.
class Shown : public Conv2d {
 public:
  Shown(Options options, float factor) : Conv2d(options), factor_(factor) {}
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const layers::PrepareOptions& options) const override {
    std::vector<std::unique_ptr<const layers::WeightMap>> maps;
    for (const auto& spec : parameters(inputs)) maps.push_back(std::make_unique<Multiple>(spec.count(), factor_));
    return layers::with_effective_weights(Conv2d::prepare(inputs, options), std::move(maps));
  }

 private:
  float factor_;
};

LayerCase case_of(std::shared_ptr<const layers::Layer> layer, std::int64_t channels, Precision precision) {
  LayerCase result;
  result.layer = std::move(layer);
  result.inputs = {{7, 9, channels}};
  result.samples = 2, result.shards = 2, result.count = 3;
  result.precision = precision;
  return result;
}

const Conv2d::Options kOptions[] = {
    {.filters = 24, .padding = 1}, {.filters = 32, .stride = 2, .padding = 1}, {.filters = 5, .bias = false}};

TEST(EffectiveWeights, the_identity_gives_the_bits_of_the_plain_layer) {
  for (const Conv2d::Options& options : kOptions)
    for (const std::int64_t channels : {3, 32})
      for (const Precision precision : {Precision::f32, Precision::bf16}) {
        const LayerCase plain = case_of(std::make_shared<Conv2d>(options), channels, precision);
        const LayerCase shown = case_of(std::make_shared<Shown>(options, 1.0f), channels, precision);
        const LayerValues values = random_values(plain, 1);
        const Doubles grad = random_grad_output(plain, 2);
        const LayerResult expected = run_layer(plain, values, grad), found = run_layer(shown, values, grad);
        EXPECT_EQ(found.output, expected.output);
        EXPECT_EQ(found.grad_inputs, expected.grad_inputs);
        EXPECT_EQ(found.grad_parameters, expected.grad_parameters);
      }
}

TEST(EffectiveWeights, products_see_the_shown_weights_and_gradients_are_of_the_stored_ones) {
  for (const Conv2d::Options& options : kOptions) {
    const LayerCase plain = case_of(std::make_shared<Conv2d>(options), 3, Precision::f32);
    const LayerCase shown = case_of(std::make_shared<Shown>(options, 2.0f), 3, Precision::f32);
    LayerValues values = random_values(plain, 1);
    const Doubles grad = random_grad_output(plain, 2);
    const LayerResult found = run_layer(shown, values, grad);
    for (Doubles& parameter : values.parameters)
      for (double& value : parameter) value *= 2;
    LayerResult expected = run_layer(plain, values, grad);
    for (Doubles& gradient : expected.grad_parameters)
      for (double& value : gradient) value *= 2;
    EXPECT_EQ(found.output, expected.output);
    EXPECT_EQ(found.grad_inputs, expected.grad_inputs);
    EXPECT_EQ(found.grad_parameters, expected.grad_parameters);
  }
}

/// The output of one sample with the weights that are loaded now.
std::vector<float> output_of(const PreparedLayer& layer, const std::vector<const float*>& parameters, std::int64_t inputs,
                             std::int64_t outputs) {
  const Doubles numbers = random_numbers(3, inputs);
  const std::vector<float> input(numbers.begin(), numbers.end());
  std::vector<float> output(static_cast<std::size_t>(outputs));
  const Memory scratch(layer.scratch_bytes());
  const void* inputs_of_layer[] = {input.data()};
  layers::ForwardArgs args;
  args.inputs = inputs_of_layer;
  args.output = output.data();
  args.parameters = parameters;
  args.scratch = scratch.data();
  args.shard.valid = 1;
  layer.forward(args);
  return output;
}

TEST(EffectiveWeights, parts_that_threads_load_at_once_are_those_of_one_load) {
  const std::vector<SampleShape> input{{4, 4, 256}};
  const Shown layer({.filters = 256, .padding = 1, .bias = false}, 1.0f);
  const auto whole = layer.prepare(input, {.samples = 1}), parts = layer.prepare(input, {.samples = 1});
  ASSERT_GT(parts->load_parts(), 1);
  for (const std::uint64_t load : {1, 2, 3}) {  // the second load must not show the weights of the first
    const Doubles numbers = random_numbers(load, 256 * 256 * 9);
    const std::vector<float> weight(numbers.begin(), numbers.end());
    const std::vector<const float*> parameters{weight.data()};
    whole->load_weights(parameters);
    std::vector<std::jthread> threads;
    for (std::int64_t part = 0; part < parts->load_parts(); ++part) threads.emplace_back([&, part] { parts->load_part(parameters, part); });
    threads.clear();
    EXPECT_EQ(output_of(*parts, parameters, 4 * 4 * 256, 4 * 4 * 256), output_of(*whole, parameters, 4 * 4 * 256, 4 * 4 * 256));
  }
}

}  // namespace
}  // namespace reprise::tests
