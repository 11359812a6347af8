#pragma once
// What the tests of layers share that work on the channels of a position.

#include <gtest/gtest.h>

#include "tests/suite/layers/channel_counts.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {

inline LayerCase case_of(std::shared_ptr<const layers::Layer> layer, SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::move(layer);
  result.inputs = {input};
  result.samples = 3;
  result.count = 2;
  result.precision = precision;
  return result;
}

using Row = Doubles (*)(const Doubles&, std::int64_t, double);
using RowGradient = Doubles (*)(const Doubles&, std::int64_t, double, const Doubles&);

inline Reference reference_of(const LayerCase& c, Row forward, RowGradient gradient, double option) {
  const std::int64_t channels = c.inputs[0].channels;
  return {sample_by_sample(c, [=](const Doubles& x) { return forward(x, channels, option); }),
          sample_by_sample_back(c, [=](const Doubles& x, const Doubles& dy) { return gradient(x, channels, option, dy); }),
          {}};
}

// The mean is a sum over the channels; the power multiplies the relative error of its base, and a logarithm and an exponential add theirs.
inline Roundings roundings(std::int64_t channels) {
  return {.output = 4 * (kTranscendental + sum_of(static_cast<double>(channels))),
          .gradient = 4 * (kTranscendental + sum_of(static_cast<double>(channels)))};
}

}  // namespace reprise::tests
