#include "suite/layers/squash.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/kernels/reference/capsules.hpp"
#include "tests/suite/layers/capsule_cases.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;

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

TEST(Squash, has_its_gradient_however_short_a_capsule_is) {
  for (const double scale : {1.0, 1e-8, 1e-12, 1e-16}) {
    LayerCase c = case_of(std::make_shared<layers::Squash>(layers::Squash::Options{.dimensions = 2}), {{1, 1, 2}});
    c.samples = 1, c.shards = 1, c.count = 1;
    const Doubles s{0.3 * scale, 0.4 * scale}, dv{1, 2}, expected = reference::squash_grad(s, dv);
    const LayerResult result = run_layer(c, {{s}, {}}, dv);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(result.grad_inputs[0][i] / expected[i], 1, 1e-5) << scale;
  }
}

}  // namespace
}  // namespace reprise::tests
