// How parameters start: distributions by their moments and bounds, streams of their own.

#include "suite/graph/parameters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"

namespace reprise::graph {
namespace {

using Kind = layers::Initialisation::Kind;

std::vector<float> values_of(const Parameters& parameters, const std::string& name) {
  for (const Parameter& parameter : parameters.list())
    if (parameter.name == name) return {parameters.of(parameter), parameters.of(parameter) + parameter.count};
  ADD_FAILURE() << name;
  return {};
}

struct Moments {
  double mean = 0, variance = 0, least = 0, largest = 0;
};
Moments moments_of(const std::vector<float>& values) {
  Moments m;
  for (const float value : values) m.mean += value / static_cast<double>(values.size());
  for (const float value : values) m.variance += (value - m.mean) * (value - m.mean) / static_cast<double>(values.size());
  m.least = *std::min_element(values.begin(), values.end());
  m.largest = *std::max_element(values.begin(), values.end());
  return m;
}

Graph convolutions(int count, Kind kind = Kind::he_normal, double gain = 1) {
  Graph graph({3, 3, 16});
  for (int i = 0; i < count; ++i)
    graph.add("conv" + std::to_string(i), std::make_shared<layers::Conv2d>(layers::Conv2d::Options{
                                              .filters = i + 1 < count ? 16 : 64, .padding = 1, .initialisation = kind, .gain = gain}));
  return graph;
}

/// 64 filters of 16 x 3 x 3: fan-in 144, fan-out 576, 9216 values. Their variance is known to within 2 %.
Moments start_of(Kind kind, double gain = 1) {
  const Graph graph = convolutions(1, kind, gain);
  Parameters parameters(graph);
  parameters.initialise(1);
  return moments_of(values_of(parameters, "conv0/weight"));
}

TEST(Start, normal_distributions_have_their_variance) {
  const struct {
    Kind kind;
    double gain, variance;
  } rows[] = {
      {Kind::he_normal, 1, 2.0 / 144}, {Kind::he_normal, 3, 18.0 / 144}, {Kind::fan_in_normal, 2, 4.0 / 144}, {Kind::normal, 0.25, 0.0625}};
  for (const auto& row : rows) {
    const Moments m = start_of(row.kind, row.gain);
    EXPECT_NEAR(m.variance / row.variance, 1, 0.07);
    EXPECT_NEAR(m.mean / std::sqrt(row.variance), 0, 0.05);  // 5 of its deviations
    EXPECT_GT(m.largest, 3 * std::sqrt(row.variance));       // no bounded distribution
  }
}

TEST(Start, uniform_distributions_reach_their_bounds_and_no_further) {
  const struct {
    Kind kind;
    double gain, low, high;
  } rows[] = {{Kind::xavier_uniform, 1, -std::sqrt(6.0 / (144 + 576)), std::sqrt(6.0 / (144 + 576))},
              {Kind::fan_in_uniform, 1, -1.0 / 12, 1.0 / 12},
              {Kind::fan_in_uniform, 2, -1.0 / 6, 1.0 / 6},
              {Kind::positive_uniform, 2, 0, 2 * std::sqrt(3.0 / 144)}};
  for (const auto& row : rows) {
    const Moments m = start_of(row.kind, row.gain);
    const double width = row.high - row.low;
    EXPECT_GE(m.least, row.low);
    EXPECT_LE(m.largest, row.high);
    EXPECT_NEAR(m.least, row.low, 0.002 * width);
    EXPECT_NEAR(m.largest, row.high, 0.002 * width);
    EXPECT_NEAR(m.variance / (width * width / 12), 1, 0.04);
  }
}

TEST(Start, equal_layers_and_other_seeds_start_unlike) {
  const Graph graph = convolutions(3);
  Parameters parameters(graph), again(graph), other(graph);
  parameters.initialise(1);
  again.initialise(1);
  other.initialise(2);
  const std::vector<float> first = values_of(parameters, "conv0/weight"), second = values_of(parameters, "conv1/weight");
  ASSERT_EQ(first.size(), second.size());
  double product = 0;
  for (std::size_t i = 0; i < first.size(); ++i) product += first[i] * second[i] / (2.0 / 144);
  EXPECT_NEAR(product / static_cast<double>(first.size()), 0, 0.1);  // their correlation, of 2304 pairs
  EXPECT_EQ(first, values_of(again, "conv0/weight"));
  EXPECT_NE(first, values_of(other, "conv0/weight"));
}

TEST(Start, biases_are_zero) {
  const Graph graph = convolutions(2);
  Parameters parameters(graph);
  parameters.initialise(1);
  EXPECT_EQ(values_of(parameters, "conv1/bias"), std::vector<float>(64, 0.0f));
}

TEST(Start, identity_filters_pass_the_channel_of_their_number) {
  Graph graph({4, 4, 3});
  graph.add("conv", std::make_shared<layers::Conv2d>(
                        layers::Conv2d::Options{.filters = 5, .filter_size = 3, .padding = 1, .bias = false, .identity_filters = true}));
  Parameters parameters(graph);
  parameters.initialise(1);
  const std::vector<float> w = values_of(parameters, "conv/weight");
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t i = 0; i < 27; ++i) EXPECT_EQ(w[k * 27 + i], i == k * 9 + 4 ? 1 : 0);
  for (std::size_t k = 3; k < 5; ++k) EXPECT_NE(w[k * 27], 0);
}

TEST(Parameters, lie_apart_in_the_order_of_the_nodes) {
  Graph graph({1, 1, 3});
  graph.add("a", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  graph.add("b", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 5}));
  const Parameters parameters(graph);
  std::int64_t end = 0;
  std::vector<std::string> names;
  for (const Parameter& parameter : parameters.list()) {
    EXPECT_GE(parameter.offset, end);
    EXPECT_EQ(parameter.offset % 16, 0);
    end = parameter.offset + parameter.count;
    names.push_back(parameter.name);
  }
  EXPECT_LE(end, parameters.size());
  EXPECT_EQ(names, (std::vector<std::string>{"a/weight", "a/bias", "b/weight", "b/bias"}));
  EXPECT_EQ(parameters.list()[2].rows(), 5);
  EXPECT_EQ(parameters.list()[2].columns(), 2);
  EXPECT_EQ(graph.trained_parameters(), 6 + 2 + 10 + 5);
}

}  // namespace
}  // namespace reprise::graph
