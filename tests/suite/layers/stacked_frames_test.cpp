#include "suite/layers/stacked_frames.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/per_frame.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

using layers::StackedFrames;

LayerCase case_of(const StackedFrames::Options& options, SampleShape frame, Precision precision = Precision::f32) {
  frame.height *= options.frames;
  return five_samples(std::make_shared<StackedFrames>(options), frame, precision);
}

/// Index of the input that output i of a sample is.
std::function<std::size_t(std::size_t)> source_of(const LayerCase& c, const StackedFrames::Options& o) {
  const auto channels = static_cast<std::size_t>(c.inputs[0].channels), frame = static_cast<std::size_t>(c.inputs[0].size() / o.frames);
  const auto window = static_cast<std::size_t>(o.window > 0 ? o.window : o.frames), stride = static_cast<std::size_t>(o.stride);
  return [=](std::size_t i) {
    const std::size_t row = i / (window * channels), l = i / channels % window, k = row / (frame / channels);
    return (k * stride + l) * frame + row % (frame / channels) * channels + i % channels;
  };
}

Reference reference_of(const LayerCase& c, const StackedFrames::Options& o) {
  const auto source = source_of(c, o);
  const auto size = static_cast<std::size_t>(c.output().size());
  return of_samples(
      c,
      [=](const Doubles& x, std::int64_t, const auto&) {
        Doubles y(size);
        for (std::size_t i = 0; i < size; ++i) y[i] = x[source(i)];
        return y;
      },
      [=](const Doubles& x, std::int64_t, const auto&, const Doubles& dy) {
        Doubles dx(x.size());
        for (std::size_t i = 0; i < size; ++i) dx[source(i)] += dy[i];
        return std::vector<Doubles>{dx};
      });
}

const std::vector<StackedFrames::Options> kOptions{
    {.frames = 1}, {.frames = 4}, {.frames = 7, .window = 3, .stride = 2}, {.frames = 6, .window = 2, .stride = 3}};

TEST(StackedFrames, three_frames_by_hand) {
  LayerCase c = case_of({.frames = 3, .window = 2, .stride = 1}, {1, 2, 1});
  c.samples = c.shards = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{{1, 2, 3, 4, 5, 6}}, {}}, {1, 10, 2, 20, 3, 30, 4, 40});
  EXPECT_EQ(result.output, (Doubles{1, 3, 2, 4, 3, 5, 4, 6}));
  EXPECT_EQ(result.grad_inputs[0], (Doubles{1, 2, 13, 24, 30, 40}));  // the frame in the middle is in both windows
}

TEST(StackedFrames, equals_the_reference_in_both_precisions) {
  for (const StackedFrames::Options& o : kOptions)
    for (const long channels : kChannelCounts)
      for (const Precision precision : {Precision::f32, Precision::bf16}) {
        const LayerCase c = case_of(o, {2, 3, channels}, precision);
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, o), {.gradient = sum_of(3)}));
      }
}

TEST(StackedFrames, gradients_equal_central_differences) {
  for (const StackedFrames::Options& o : kOptions) {
    const LayerCase c = case_of(o, {2, 2, 3});
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, o), {.gradient = sum_of(3)}));
  }
}

/// output[k, y, x, f] = sum over l, r, s, c of filter[f, l, r, s, c] input[k*stride + l, y + r - 1, x + s - 1, c], a convolution in time
/// and space, is a convolution of stacked frames: [f, l*C + c, r, s] of its filters.
TEST(StackedFrames, with_a_convolution_per_window_are_a_convolution_in_time) {
  constexpr int kFrames = 6, kWindow = 3, kStride = 2, kSide = 4, kChannels = 2, kFilters = 3, kWindows = 2;
  const StackedFrames::Options o{.frames = kFrames, .window = kWindow, .stride = kStride};
  LayerCase stack = case_of(o, {kSide, kSide, kChannels});
  stack.samples = stack.shards = 1, stack.count = 1;
  LayerCase convolution = stack;
  convolution.layer =
      std::make_shared<layers::PerFrame>(layers::PerFrame::Options{.layer = std::make_shared<layers::Conv2d>(layers::Conv2d::Options{
                                                                       .filters = kFilters, .filter_size = 3, .padding = 1, .bias = false}),
                                                                   .frames = kWindows});
  convolution.inputs = {stack.output()};
  const LayerValues clip = random_values(stack, 1);
  LayerValues weights = random_values(convolution, 2);
  weights.inputs = {run_layer(stack, clip).output};
  const Doubles output = run_layer(convolution, weights).output;
  const auto pixel = [&](int t, int y, int x, int c) {
    if (y < 0 || x < 0 || y >= kSide || x >= kSide) return 0.0;
    return clip.inputs[0][static_cast<std::size_t>(((t * kSide + y) * kSide + x) * kChannels + c)];
  };
  Doubles expected;
  for (int k = 0; k < kWindows; ++k)
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x)
        for (int f = 0; f < kFilters; ++f) {
          double sum = 0;
          for (int l = 0; l < kWindow; ++l)
            for (int c = 0; c < kChannels; ++c)
              for (int r = 0; r < 3; ++r)
                for (int s = 0; s < 3; ++s)
                  sum += weights.parameters[0][static_cast<std::size_t>(((f * kWindow * kChannels + l * kChannels + c) * 3 + r) * 3 + s)] *
                         pixel(k * kStride + l, y + r - 1, x + s - 1, c);
          expected.push_back(sum);
        }
  EXPECT_NEAR_ARRAY(output, expected, 4 * sum_of(kWindow * kChannels * 9), kRoundoffF32);
}

TEST(StackedFrames, refuses_what_does_not_fit) {
  EXPECT_THROW(StackedFrames({.frames = 3, .window = 4}), InputError);
  const std::vector<SampleShape> clip{{10, 2, 1}};
  EXPECT_THROW(StackedFrames({.frames = 4}).output_shape(clip), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
