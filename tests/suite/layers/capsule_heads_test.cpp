// What stands around capsule layers: squash of primary capsules, lengths, the mask in front of a decoder, its penalty.

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/kernels/reference/capsules.hpp"
#include "suite/layers/capsule_lengths.hpp"
#include "suite/layers/capsule_mask.hpp"
#include "suite/layers/reconstruction_penalty.hpp"
#include "suite/layers/squash.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;

LayerCase case_of(std::shared_ptr<const layers::Layer> layer, std::vector<SampleShape> inputs, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::move(layer);
  result.inputs = std::move(inputs);
  result.samples = 3, result.shards = 2, result.count = 5;
  result.precision = precision;
  return result;
}

Doubles each_capsule(const Doubles& sample, std::size_t dimensions, const std::function<Doubles(const Doubles&, std::size_t)>& f) {
  Doubles output;
  for (std::size_t k = 0; k * dimensions < sample.size(); ++k) {
    const auto begin = sample.begin() + static_cast<std::ptrdiff_t>(k * dimensions);
    const Doubles one = f(Doubles(begin, begin + static_cast<std::ptrdiff_t>(dimensions)), k);
    output.insert(output.end(), one.begin(), one.end());
  }
  return output;
}

TEST(Squash, three_four_becomes_a_vector_of_length_25_by_26) {
  LayerCase c = case_of(std::make_shared<layers::Squash>(layers::Squash::Options{.dimensions = 2}), {{1, 1, 4}});
  c.samples = 1, c.shards = 1, c.count = 1;
  EXPECT_EQ(c.output(), (SampleShape{1, 2, 2}));
  EXPECT_NEAR_ARRAY(run_layer(c, {{{3, 4, 0, 0}}, {}}).output, (Doubles{15.0 / 26, 20.0 / 26, 0, 0}), kTranscendental, kRoundoffF32);
  EXPECT_THROW(layers::Squash({.dimensions = 3}).output_shape(c.inputs), ShapeError);
}

TEST(Squash, equals_the_reference_and_central_differences) {
  for (const std::int64_t dimensions : {1, 3, 8, 17})
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const auto size = static_cast<std::size_t>(dimensions);
      const LayerCase c =
          case_of(std::make_shared<layers::Squash>(layers::Squash::Options{.dimensions = dimensions}), {{2, 3, 2 * dimensions}}, precision);
      Reference right;
      right.forward = sample_by_sample(
          c, [=](const Doubles& x) { return each_capsule(x, size, [](const Doubles& s, std::size_t) { return reference::squash(s); }); });
      right.backward = sample_by_sample_back(c, [=](const Doubles& x, const Doubles& dy) {
        return each_capsule(x, size, [&](const Doubles& s, std::size_t k) {
          const auto begin = dy.begin() + static_cast<std::ptrdiff_t>(k * size);
          return reference::squash_grad(s, Doubles(begin, begin + static_cast<std::ptrdiff_t>(size)));
        });
      });
      const Roundings roundings{.output = kTranscendental + static_cast<double>(dimensions),
                                .gradient = 2 * kTranscendental + static_cast<double>(dimensions)};
      EXPECT_WITHIN_TOLERANCE(against_reference(c, right, roundings));
      if (precision == Precision::f32) EXPECT_WITHIN_TOLERANCE(against_differences(c, right, roundings));
    }
}

TEST(CapsuleLengths, equal_the_reference_and_central_differences) {
  const LayerCase c = case_of(std::make_shared<layers::CapsuleLengths>(), {{1, 5, 7}});
  Reference right;
  right.forward = sample_by_sample(c, [](const Doubles& x) {
    return each_capsule(x, 7, [](const Doubles& v, std::size_t) {
      double square = 0;
      for (const double value : v) square += value * value;
      return Doubles{std::sqrt(square)};
    });
  });
  const Roundings roundings{.output = sum_of(7) + kTranscendental, .gradient = sum_of(7) + kTranscendental};
  EXPECT_WITHIN_TOLERANCE(against_differences(c, right, roundings));
  LayerCase one = c;
  one.inputs = {{1, 2, 2}};
  one.samples = 1, one.shards = 1, one.count = 1;
  const LayerResult result = run_layer(one, {{{3, 4, 0, 0}}, {}}, {10, 1});
  EXPECT_EQ(result.output, (Doubles{5, 0}));
  EXPECT_NEAR_ARRAY(result.grad_inputs[0], (Doubles{6, 8, 0, 0}), kElementwise, kRoundoffF32);
}

// Class capsules of a stack start some 1e-12 long; without a gradient there they would never grow.
TEST(CapsuleHeads, have_their_gradients_however_short_a_capsule_is) {
  for (const double scale : {1.0, 1e-8, 1e-12, 1e-16}) {
    LayerCase c = case_of(std::make_shared<layers::CapsuleLengths>(), {{1, 1, 2}});
    c.samples = 1, c.shards = 1, c.count = 1;
    EXPECT_NEAR_ARRAY(run_layer(c, {{{3 * scale, 4 * scale}}, {}}, {10}).grad_inputs[0], (Doubles{6, 8}), kElementwise, kRoundoffF32);
    c.layer = std::make_shared<layers::Squash>(layers::Squash::Options{.dimensions = 2});
    const Doubles s{0.3 * scale, 0.4 * scale}, dv{1, 2}, expected = reference::squash_grad(s, dv);
    const LayerResult result = run_layer(c, {{s}, {}}, dv);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(result.grad_inputs[0][i] / expected[i], 1, 1e-5) << scale;
  }
}

TEST(CapsuleMask, keeps_the_labelled_capsule_in_training_and_the_longest_elsewhere) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    LayerCase c = case_of(std::make_shared<layers::CapsuleMask>(layers::CapsuleMask::Options{.by_label = true}), {{1, 3, 2}}, precision);
    c.samples = 2, c.shards = 1, c.count = 2;
    c.labels = {2, 0};
    const LayerValues values{{{1, 2, 5, 6, 3, 4, 1, 1, 2, 2, -2, 2}}, {}};
    const Doubles grad{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const LayerResult trained = run_layer(c, values, grad);
    EXPECT_EQ(trained.output, (Doubles{0, 0, 0, 0, 3, 4, 1, 1, 0, 0, 0, 0}));
    EXPECT_EQ(trained.grad_inputs[0], (Doubles{0, 0, 0, 0, 5, 6, 7, 8, 0, 0, 0, 0}));
    c.mode = layers::Mode::infer;
    const Doubles longest{0, 0, 5, 6, 0, 0, 0, 0, 2, 2, 0, 0};
    EXPECT_EQ(run_layer(c, values).output, longest);
    c.mode = layers::Mode::train;
    c.layer = std::make_shared<layers::CapsuleMask>(layers::CapsuleMask::Options{.by_label = false});
    EXPECT_EQ(run_layer(c, values).output, longest);
  }
}

TEST(ReconstructionPenalty, adds_its_gradient_to_the_decoder_alone) {
  const double weight = 0.25;
  const LayerCase c = case_of(std::make_shared<layers::ReconstructionPenalty>(layers::ReconstructionPenalty::Options{.weight = weight}),
                              {{1, 1, 4}, {1, 1, 18}, {3, 3, 2}});
  Reference right;
  right.forward = [](const LayerValues& values) { return values.inputs[0]; };
  right.penalty = [&](const LayerValues& values) {
    double sum = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(c.count * 18); ++i) sum += std::pow(values.inputs[1][i] - values.inputs[2][i], 2);
    return weight * sum / static_cast<double>(c.count);
  };
  EXPECT_WITHIN_TOLERANCE(against_differences(c, right, {}));
  LayerCase tested = c;
  tested.mode = layers::Mode::infer;
  const LayerValues values = random_values(tested, 1);
  const Doubles grad = random_grad_output(tested, 2);
  const LayerResult result = run_layer(tested, values, grad);
  EXPECT_EQ(result.output, values.inputs[0]);
  EXPECT_EQ(result.grad_inputs[1], Doubles(result.grad_inputs[1].size(), 0.0));
  EXPECT_THROW(c.layer->output_shape(std::vector<SampleShape>{{1, 1, 4}, {1, 1, 17}, {3, 3, 2}}), ShapeError);
  EXPECT_THROW(layers::ReconstructionPenalty({.weight = -1}), InputError);
}

}  // namespace
}  // namespace reprise::tests
