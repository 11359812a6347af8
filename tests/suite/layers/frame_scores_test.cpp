#include "suite/layers/frame_scores.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"
#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

using layers::FrameAverage;
using layers::FrameScores;

constexpr FrameAverage kAll[]{FrameAverage::last, FrameAverage::maximum, FrameAverage::mean, FrameAverage::weighted};

LayerCase case_of(FrameAverage average, SampleShape input, Precision precision = Precision::f32) {
  return five_samples(std::make_shared<FrameScores>(FrameScores::Options{.average = average}), input, precision);
}

Doubles softmax_of(const Doubles& x, std::size_t frame, std::size_t classes) {
  Doubles p(classes);
  double sum = 0;
  for (std::size_t k = 0; k < classes; ++k) sum += p[k] = std::exp(x[frame * classes + k]);
  for (double& value : p) value /= sum;
  return p;
}

/// Factor of each frame's probability of class k: the average is linear where the winners do not change.
Doubles factors(FrameAverage average, const std::vector<Doubles>& p, std::size_t k) {
  const std::size_t frames = p.size();
  Doubles f(frames, 0.0);
  const double last = static_cast<double>(frames - 1);
  for (std::size_t t = 0; t < frames; ++t) {
    if (average == FrameAverage::last) f[t] = t + 1 == frames ? 1 : 0;
    if (average == FrameAverage::mean) f[t] = 1.0 / static_cast<double>(frames);
    if (average == FrameAverage::weighted) f[t] = frames == 1 ? 1 : static_cast<double>(t) / last / (static_cast<double>(frames) / 2);
  }
  if (average == FrameAverage::maximum) {
    std::size_t best = 0;
    for (std::size_t t = 1; t < frames; ++t)
      if (p[t][k] > p[best][k]) best = t;
    f[best] = 1;
  }
  return f;
}

Reference reference_of(const LayerCase& c, FrameAverage average) {
  const auto frames = static_cast<std::size_t>(c.inputs[0].height), classes = static_cast<std::size_t>(c.inputs[0].channels);
  const auto probabilities = [=](const Doubles& x) {
    std::vector<Doubles> p;
    for (std::size_t t = 0; t < frames; ++t) p.push_back(softmax_of(x, t, classes));
    return p;
  };
  const auto score = [=](const std::vector<Doubles>& p, std::size_t k) {
    const Doubles f = factors(average, p, k);
    double sum = 0;
    for (std::size_t t = 0; t < frames; ++t) sum += f[t] * p[t][k];
    return sum;
  };
  return of_samples(
      c,
      [=](const Doubles& x, std::int64_t, const auto&) {
        const auto p = probabilities(x);
        Doubles y;
        for (std::size_t k = 0; k < classes; ++k) y.push_back(std::log(score(p, k)));
        return y;
      },
      [=](const Doubles& x, std::int64_t, const auto&, const Doubles& dy) {
        const auto p = probabilities(x);
        Doubles dx(x.size());
        for (std::size_t t = 0; t < frames; ++t) {
          Doubles slopes;
          double mean = 0;
          for (std::size_t k = 0; k < classes; ++k) {
            slopes.push_back(dy[k] * factors(average, p, k)[t] / score(p, k));
            mean += slopes[k] * p[t][k];
          }
          for (std::size_t k = 0; k < classes; ++k) dx[t * classes + k] = p[t][k] * (slopes[k] - mean);
        }
        return std::vector<Doubles>{dx};
      });
}

/// A softmax, a sum over frames, a logarithm; the gradient divides by the score and sums over classes.
Roundings roundings_of(const LayerCase& c) {
  const double roundings =
      3 * kTranscendental + sum_of(static_cast<double>(c.inputs[0].height)) + sum_of(static_cast<double>(c.inputs[0].channels));
  return {.output = roundings, .gradient = 2 * roundings};
}

TEST(FrameScores, two_frames_by_hand) {
  // p = (3/4, 1/4), then (1/4, 3/4).
  const double x = std::log(3.0);
  const std::pair<FrameAverage, Doubles> expected[]{{FrameAverage::last, {std::log(0.25), std::log(0.75)}},
                                                    {FrameAverage::maximum, {std::log(0.75), std::log(0.75)}},
                                                    {FrameAverage::mean, {std::log(0.5), std::log(0.5)}},
                                                    {FrameAverage::weighted, {std::log(0.25), std::log(0.75)}}};
  for (const auto& [average, scores] : expected) {
    LayerCase c = case_of(average, {2, 1, 2});
    c.samples = c.shards = 1, c.count = 1;
    EXPECT_NEAR_ARRAY(run_layer(c, {{{x, 0, 0, x}}, {}}).output, scores, 2 * kTranscendental, kRoundoffF32);
  }
  // Three frames weigh 0, 1/3 and 2/3.
  LayerCase c = case_of(FrameAverage::weighted, {3, 1, 2});
  c.samples = c.shards = 1, c.count = 1;
  EXPECT_NEAR_ARRAY(run_layer(c, {{{9, 0, x, 0, 0, x}}, {}}).output, (Doubles{std::log(5.0 / 12), std::log(7.0 / 12)}), 2 * kTranscendental,
                    kRoundoffF32);
}

TEST(FrameScores, equals_the_reference_in_both_precisions) {
  for (const FrameAverage average : kAll)
    for (const SampleShape input : {SampleShape{1, 1, 5}, SampleShape{4, 1, 10}, SampleShape{7, 1, 33}})
      for (const Precision precision : {Precision::f32, Precision::bf16}) {
        const LayerCase c = case_of(average, input, precision);
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, average), roundings_of(c)));
      }
}

TEST(FrameScores, gradients_equal_central_differences) {
  for (const FrameAverage average : kAll) {
    const LayerCase c = case_of(average, {3, 1, 4});
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, average), roundings_of(c)));
  }
}

TEST(FrameScores, of_one_frame_are_the_logarithm_of_its_softmax_whatever_the_average) {
  Doubles first;
  for (const FrameAverage average : kAll) {
    const LayerCase c = case_of(average, {1, 1, 6});
    const Doubles output = run_layer(c, random_values(c, 1)).output;
    if (first.empty()) first = output;
    EXPECT_EQ(output, first);
  }
}

TEST(FrameScores, names_and_shapes) {
  EXPECT_EQ(layers::frame_average("weighted"), FrameAverage::weighted);
  EXPECT_EQ(layers::frame_average("last"), FrameAverage::last);
  EXPECT_THROW(layers::frame_average("sum"), InputError);
  const std::vector<SampleShape> wide{{4, 2, 3}};
  EXPECT_THROW(FrameScores({}).output_shape(wide), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
