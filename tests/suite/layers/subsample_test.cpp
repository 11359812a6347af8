#include "suite/layers/subsample.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

using layers::Subsample;

LayerCase case_of(const Subsample::Options& options, SampleShape input, Precision precision = Precision::f32) {
  return five_samples(std::make_shared<Subsample>(options), input, precision);
}

Reference reference_of(const LayerCase& c, const Subsample::Options& o) {
  const SampleShape in = c.inputs[0], out = c.output();
  /// The input's index for one of the output, or -1.
  const auto source = [=](std::int64_t i) {
    const std::int64_t k = i % out.channels, q = i / out.channels % out.width, p = i / out.channels / out.width;
    const std::int64_t y = p * o.stride + o.offset, x = q * o.stride + o.offset;
    const bool inside = k < in.channels && y >= 0 && y < in.height && x >= 0 && x < in.width;
    return inside ? (y * in.width + x) * in.channels + k : -1;
  };
  return of_samples(
      c,
      [=](const Doubles& x, std::int64_t, const auto&) {
        Doubles output;
        for (std::int64_t i = 0; i < out.size(); ++i) output.push_back(source(i) < 0 ? 0 : x[static_cast<std::size_t>(source(i))]);
        return output;
      },
      [=](const Doubles&, std::int64_t, const auto&, const Doubles& dy) {
        Doubles grad(static_cast<std::size_t>(in.size()));
        for (std::int64_t i = 0; i < out.size(); ++i)
          if (source(i) >= 0) grad[static_cast<std::size_t>(source(i))] += dy[static_cast<std::size_t>(i)];
        return std::vector<Doubles>{grad};
      });
}

TEST(Subsample, takes_positions_and_appends_channels_of_zeros) {
  for (const Precision precision : {Precision::f32, Precision::bf16})
    for (const Subsample::Options& options : {Subsample::Options{.stride = 2},
                                              {.stride = 2, .offset = -1},
                                              {.stride = 1, .channels = 9},
                                              {.stride = 3, .offset = 1, .channels = 8},
                                              {.stride = 1, .offset = -1}})
      for (const SampleShape& shape : {SampleShape{6, 6, 7}, {5, 7, 3}, {1, 1, 4}}) {
        const LayerCase c = case_of(options, shape, precision);
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, options), {}));
        if (precision == Precision::f32) EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, options), {}));
      }
}

TEST(Subsample, by_hand) {
  LayerCase c = case_of({.stride = 2, .offset = -1, .channels = 2}, {3, 3, 1});
  c.samples = 1, c.shards = 1, c.count = 1;
  EXPECT_EQ(c.output(), (SampleShape{2, 2, 2}));
  const LayerResult result = run_layer(c, {{{1, 2, 3, 4, 5, 6, 7, 8, 9}}, {}}, {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(result.output, (Doubles{0, 0, 0, 0, 0, 0, 5, 0}));  // only the middle is up and left of a taken position
  EXPECT_EQ(result.grad_inputs[0], (Doubles{0, 0, 0, 0, 7, 0, 0, 0, 0}));
}

TEST(Subsample, refuses_strides_below_one_and_inputs_that_are_too_wide) {
  EXPECT_THROW(Subsample({.stride = 0}), InputError);
  const std::vector<SampleShape> shapes{{4, 4, 3}};
  EXPECT_THROW(Subsample({.channels = 2}).output_shape(shapes), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
