#include "suite/layers/frame_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "suite/errors.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

using layers::FramePool;
using Kind = FramePool::Kind;

LayerCase case_of(const FramePool::Options& options, SampleShape frame, Precision precision = Precision::f32) {
  frame.height *= options.frames;
  return five_samples(std::make_shared<FramePool>(options), frame, precision);
}

/// Plain loops over the windows: of each place of a frame, the frames that a window has there.
Reference reference_of(const LayerCase& c, FramePool::Options o) {
  if (o.window == 0) o.window = o.frames;
  const auto frame = static_cast<std::size_t>(c.inputs[0].size() / o.frames);
  const auto windows = static_cast<std::size_t>((o.frames - o.window) / o.stride + 1), length = static_cast<std::size_t>(o.window),
             stride = static_cast<std::size_t>(o.stride);
  const auto winner = [=](const Doubles& x, std::size_t k, std::size_t i) {
    std::size_t best = k * stride;
    for (std::size_t t = best; t < k * stride + length; ++t)
      if (x[t * frame + i] > x[best * frame + i]) best = t;
    return best;
  };
  const bool maximum = o.kind == Kind::maximum;
  return of_samples(
      c,
      [=](const Doubles& x, std::int64_t, const auto&) {
        Doubles y(windows * frame);
        for (std::size_t k = 0; k < windows; ++k)
          for (std::size_t i = 0; i < frame; ++i) {
            if (maximum) y[k * frame + i] = x[winner(x, k, i) * frame + i];
            for (std::size_t t = k * stride; !maximum && t < k * stride + length; ++t)
              y[k * frame + i] += x[t * frame + i] / static_cast<double>(length);
          }
        return y;
      },
      [=](const Doubles& x, std::int64_t, const auto&, const Doubles& dy) {
        Doubles dx(x.size());
        for (std::size_t k = 0; k < windows; ++k)
          for (std::size_t i = 0; i < frame; ++i) {
            if (maximum) dx[winner(x, k, i) * frame + i] += dy[k * frame + i];
            for (std::size_t t = k * stride; !maximum && t < k * stride + length; ++t)
              dx[t * frame + i] += dy[k * frame + i] / static_cast<double>(length);
          }
        return std::vector<Doubles>{dx};
      });
}

const std::vector<FramePool::Options> kOptions{{.kind = Kind::maximum, .frames = 1},
                                               {.kind = Kind::maximum, .frames = 7},
                                               {.kind = Kind::maximum, .frames = 30, .window = 10, .stride = 5},
                                               {.kind = Kind::maximum, .frames = 11, .window = 4, .stride = 2},
                                               {.kind = Kind::mean, .frames = 7},
                                               {.kind = Kind::mean, .frames = 11, .window = 4, .stride = 3}};

Roundings roundings_of(const FramePool::Options& o) {
  const double frames = static_cast<double>(o.frames);
  return {.output = sum_of(frames), .gradient = sum_of(frames)};
}

TEST(FramePool, three_frames_by_hand) {
  LayerCase c = case_of({.kind = Kind::maximum, .frames = 3}, {1, 2, 1});
  c.samples = c.shards = 1, c.count = 1;
  const LayerResult whole = run_layer(c, {{{1, 8, 5, 8, 4, -2}}, {}}, {3, 7});
  EXPECT_EQ(whole.output, (Doubles{5, 8}));
  EXPECT_EQ(whole.grad_inputs[0], (Doubles{0, 7, 3, 0, 0, 0}));  // the first of the equal 8s
  c.layer = std::make_shared<FramePool>(FramePool::Options{.kind = Kind::maximum, .frames = 3, .window = 2, .stride = 1});
  const LayerResult windows = run_layer(c, {{{1, 8, 5, 8, 4, -2}}, {}}, {3, 7, 2, 1});
  EXPECT_EQ(windows.output, (Doubles{5, 8, 5, 8}));
  EXPECT_EQ(windows.grad_inputs[0], (Doubles{0, 7, 5, 1, 0, 0}));  // the second frame is in both windows
  c.layer = std::make_shared<FramePool>(FramePool::Options{.kind = Kind::mean, .frames = 3});
  const LayerResult mean = run_layer(c, {{{1, 8, 5, 8, 3, -1}}, {}}, {3, 6});
  EXPECT_EQ(mean.output, (Doubles{3, 5}));
  EXPECT_EQ(mean.grad_inputs[0], (Doubles{1, 2, 1, 2, 1, 2}));
}

TEST(FramePool, equals_the_reference_in_both_precisions) {
  for (const FramePool::Options& o : kOptions)
    for (const long channels : kChannelCounts)
      for (const Precision precision : {Precision::f32, Precision::bf16}) {
        const LayerCase c = case_of(o, {2, 3, channels}, precision);
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, o), roundings_of(o)));
      }
}

TEST(FramePool, gradients_equal_central_differences) {
  for (const FramePool::Options& o : kOptions) {
    const LayerCase c = case_of(o, {2, 1, 3});
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, o), roundings_of(o)));
  }
}

TEST(FramePool, of_one_frame_is_the_identity) {
  for (const Kind kind : {Kind::maximum, Kind::mean}) {
    const LayerCase c = case_of({.kind = kind, .frames = 1}, {3, 4, 5});
    const LayerValues values = random_values(c, 1);
    const Doubles grad = random_grad_output(c, 2);
    const LayerResult result = run_layer(c, values, grad);
    EXPECT_EQ(result.output, values.inputs[0]);
    EXPECT_EQ(result.grad_inputs[0], grad);
  }
}

TEST(FramePool, maximum_does_not_see_the_order_of_frames) {
  const LayerCase c = case_of({.kind = Kind::maximum, .frames = 5}, {2, 2, 3});
  LayerValues values = random_values(c, 1), turned = values;
  for (std::size_t i = 0; i < turned.inputs[0].size(); ++i)
    turned.inputs[0][i] = values.inputs[0][i / 60 * 60 + (i / 12 % 5) * 2 % 5 * 12 + i % 12];
  EXPECT_EQ(run_layer(c, turned).output, run_layer(c, values).output);
}

TEST(FramePool, counts_its_windows) {
  const std::vector<SampleShape> clip{{120 * 6, 6, 4}};
  EXPECT_EQ(FramePool({.frames = 120, .window = 10, .stride = 5}).output_shape(clip), (SampleShape{23 * 6, 6, 4}));
  EXPECT_EQ(FramePool({.frames = 120}).output_shape(clip), (SampleShape{6, 6, 4}));
  EXPECT_EQ(FramePool({.frames = 120}).summary(), "frame_pool maximum of 120 frames");
}

TEST(FramePool, refuses_what_does_not_fit) {
  EXPECT_THROW(FramePool({.frames = 3, .window = 4}), InputError);
  EXPECT_THROW(FramePool({.frames = 3, .window = 2, .stride = 0}), InputError);
  EXPECT_THROW(FramePool({.frames = 300}), InputError);
  EXPECT_NO_THROW(FramePool({.kind = Kind::mean, .frames = 300}));
  const std::vector<SampleShape> clip{{10, 2, 1}};
  EXPECT_THROW(FramePool({.frames = 4}).output_shape(clip), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
