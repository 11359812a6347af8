#include "suite/layers/per_frame.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/layers/add.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/dropout.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

using layers::Layer;
using layers::PerFrame;

std::shared_ptr<const Layer> over_frames(std::shared_ptr<const Layer> layer, std::int64_t frames) {
  return std::make_shared<PerFrame>(PerFrame::Options{.layer = std::move(layer), .frames = frames});
}

/// Two shards of three clips, the last one padding.
LayerCase of_clips(std::shared_ptr<const Layer> layer, std::int64_t frames, std::vector<SampleShape> frame, Precision precision) {
  LayerCase c;
  c.layer = over_frames(std::move(layer), frames);
  c.inputs = std::move(frame);
  for (SampleShape& shape : c.inputs) shape.height *= frames;
  c.samples = 3, c.shards = 2, c.count = 5;
  c.precision = precision;
  c.seed = 5, c.step = 11;
  return c;
}

void expect_same_as_the_layer_on_frames(const std::shared_ptr<const Layer>& layer, const std::vector<SampleShape>& frame) {
  constexpr int kFrames = 4;
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    const LayerCase clips = of_clips(layer, kFrames, frame, precision);
    LayerCase frames = clips;
    frames.layer = layer, frames.inputs = frame;
    frames.samples *= kFrames, frames.count *= kFrames;
    const LayerValues values = random_values(clips, 7);
    const Doubles grad = random_grad_output(clips, 8);
    const LayerResult a = run_layer(clips, values, grad), b = run_layer(frames, values, grad);
    EXPECT_EQ(a.output, b.output) << layer->kind();
    EXPECT_EQ(a.grad_inputs, b.grad_inputs) << layer->kind();
    EXPECT_EQ(a.grad_parameters, b.grad_parameters) << layer->kind();
  }
}

TEST(PerFrame, is_the_layer_on_as_many_samples_bit_for_bit) {
  expect_same_as_the_layer_on_frames(
      std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 6, .filter_size = 3, .padding = 1}), {{5, 7, 3}});
  expect_same_as_the_layer_on_frames(std::make_shared<layers::Dense>(layers::Dense::Options{.features = 9}), {{3, 2, 5}});
  expect_same_as_the_layer_on_frames(std::make_shared<layers::MaxPool2d>(layers::MaxPool2d::Options{.window = 3, .stride = 2}),
                                     {{5, 5, 4}});
  expect_same_as_the_layer_on_frames(std::make_shared<layers::Relu>(), {{3, 3, 5}});
  expect_same_as_the_layer_on_frames(std::make_shared<layers::Dropout>(layers::Dropout::Options{.keep = 0.5}), {{3, 3, 5}});
  expect_same_as_the_layer_on_frames(std::make_shared<layers::Add>(), {{3, 2, 4}, {3, 2, 4}});
}

TEST(PerFrame, equal_frames_give_equal_outputs) {
  LayerCase c = of_clips(std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 4, .filter_size = 3, .padding = 1}), 3,
                         {{4, 4, 2}}, Precision::f32);
  LayerValues values = random_values(c, 3);
  for (std::size_t i = 0; i < values.inputs[0].size(); ++i) values.inputs[0][i] = values.inputs[0][i / 96 * 96 + i % 32];
  const Doubles output = run_layer(c, values).output;
  for (std::size_t i = 0; i < output.size(); ++i) EXPECT_EQ(output[i], output[i / 192 * 192 + i % 64]);
}

TEST(PerFrame, shapes_cost_and_parameters_are_those_of_a_frame) {
  const PerFrame layer({.layer = std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 6, .filter_size = 3}), .frames = 10});
  const std::vector<SampleShape> clip{{50, 7, 3}}, frame{{5, 7, 3}};
  EXPECT_EQ(layer.output_shape(clip), (SampleShape{30, 5, 6}));
  EXPECT_EQ(layer.cost(clip).forward_macs, 10 * layer.layer().cost(frame).forward_macs);
  EXPECT_EQ(layer.cost(clip).grad_weight_macs, 10 * layer.layer().cost(frame).grad_weight_macs);
  EXPECT_EQ(layer.parameters(clip)[0].shape, layer.layer().parameters(frame)[0].shape);
  EXPECT_EQ(layer.summary(), "per_frame conv2d 3x3, 6, 10 frames");
}

TEST(PerFrame, refuses_what_does_not_fit) {
  EXPECT_THROW(PerFrame({.layer = std::make_shared<layers::Relu>(), .frames = 0}), InputError);
  EXPECT_THROW(PerFrame({.layer = nullptr, .frames = 1}), InputError);
  EXPECT_THROW(PerFrame({.layer = std::make_shared<layers::BatchNorm>(layers::BatchNorm::Options{}), .frames = 2}), InputError);
  const std::vector<SampleShape> clip{{50, 7, 3}};
  EXPECT_THROW(PerFrame({.layer = std::make_shared<layers::Relu>(), .frames = 3}).output_shape(clip), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
