#pragma once
// What the tests of capsule layers share.

#include <functional>

#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {

inline LayerCase case_of(std::shared_ptr<const layers::Layer> layer, std::vector<SampleShape> inputs,
                         Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::move(layer);
  result.inputs = std::move(inputs);
  result.samples = 3, result.shards = 2, result.count = 5;
  result.precision = precision;
  return result;
}

/// f(values of a capsule, its number) for every capsule of a sample.
inline Doubles each_capsule(const Doubles& sample, std::size_t dimensions, const std::function<Doubles(const Doubles&, std::size_t)>& f) {
  Doubles output;
  for (std::size_t k = 0; k * dimensions < sample.size(); ++k) {
    const auto begin = sample.begin() + static_cast<std::ptrdiff_t>(k * dimensions);
    const Doubles one = f(Doubles(begin, begin + static_cast<std::ptrdiff_t>(dimensions)), k);
    output.insert(output.end(), one.begin(), one.end());
  }
  return output;
}

}  // namespace reprise::tests
