// A step of the plastic net against the rule written out in double, and the same bits on any number of threads.

#include "suite/hebbian/plastic_net.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"
#include "suite/hebbian/feature_phase.hpp"
#include "suite/kernels/reference/convolution.hpp"
#include "suite/kernels/reference/plasticity.hpp"
#include "suite/layers/average_pool2d.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/flatten.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/soft_hebb_conv2d.hpp"
#include "suite/layers/triangle.hpp"
#include "suite/random/random.hpp"
#include "suite/training/phase.hpp"
#include "suite/training/run_digests.hpp"
#include "tests/support/arrays.hpp"
#include "tests/support/tolerances.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using hebbian::PlasticNet;
using layers::SoftHebbConv2d;

/// Images drawn by slot and step.
class Noise : public execution::BatchReader {
 public:
  Noise(std::int64_t size, std::uint64_t step) : size_(size), step_(step) {}
  void fetch(std::int64_t slot, float* output) const override {
    random::Generator generator({9, random::Purpose::synthetic, 0, step_, static_cast<std::uint64_t>(slot)});
    for (std::int64_t i = 0; i < size_; ++i) output[i] = generator.next_uniform();
  }
  std::int32_t label(std::int64_t) const override { return 0; }

 private:
  std::int64_t size_;
  std::uint64_t step_;
};

SoftHebbConv2d::Options plastic(std::int64_t filters, std::int64_t filter_size, double rate, bool triangle_first = false) {
  SoftHebbConv2d::Options o;
  o.filters = filters, o.filter_size = filter_size, o.padding = filter_size / 2, o.radius = 4, o.triangle_first = triangle_first;
  o.competition.inverse_temperature = 0.5f;
  o.plasticity.rate = rate;
  return o;
}

/// Two blocks as in the paper, on 8x8 images of two channels.
graph::Graph two_layers(bool triangle_first = false) {
  graph::Graph graph({8, 8, 2});
  const auto block = [&](const std::string& name, const SoftHebbConv2d::Options& options, double power) {
    graph.add("norm" + name, std::make_shared<layers::BatchNorm>(layers::BatchNorm::Options{.affine = false}));
    graph.add("conv" + name, std::make_shared<SoftHebbConv2d>(options));
    graph.add("triangle" + name, std::make_shared<layers::Triangle>(layers::Triangle::Options{.power = power}));
  };
  block("1", plastic(5, 5, 0.1), 0.7);
  graph.add("pool1", std::make_shared<layers::MaxPool2d>(layers::MaxPool2d::Options{.window = 4, .stride = 2, .padding = 1}));
  block("2", plastic(16, 3, 0.05, triangle_first), 1.4);
  graph.add("pool2", std::make_shared<layers::AveragePool2d>(layers::AveragePool2d::Options{.window = 2, .stride = 2}));
  graph.add("features", std::make_shared<layers::Flatten>());
  return graph;
}

struct Learned {
  graph::Graph graph;
  graph::Parameters parameters;
  std::vector<float> features;

  Learned(bool triangle_first, Precision precision, int threads, std::int64_t shard, int first, int last, int steps, std::int64_t count = 7)
      : graph(two_layers(triangle_first)), parameters(graph) {
    parallel::Workers workers(threads);
    parameters.initialise(3);
    PlasticNet net(graph, graph.last(), {precision, 7, shard}, parameters, workers);
    for (int step = 0; step < steps; ++step) {
      const Noise noise(graph.node(0).shape.size(), static_cast<std::uint64_t>(step));
      net.learn({&noise, count, 1, static_cast<std::uint64_t>(step)}, first, last);
    }
    const std::int64_t size = graph.node(graph.last()).shape.size();
    features.resize(static_cast<std::size_t>(23 * size));
    const Noise noise(graph.node(0).shape.size(), 77);
    net.features(noise, 23, [&](std::int64_t at, std::int64_t images, const void* values) {
      if (precision == Precision::f32) std::copy_n(static_cast<const float*>(values), images * size, features.data() + at * size);
    });
  }
  std::string digest() const { return training::weight_digest(parameters); }
  Doubles of(const std::string& name) const {
    for (const graph::Parameter& parameter : parameters.list())
      if (parameter.name == name) return read_back(parameters.of(parameter), parameter.count);
    return {};
  }
};

Doubles images(std::int64_t count, std::int64_t size, std::uint64_t step) {
  const Noise noise(size, step);
  std::vector<float> values(static_cast<std::size_t>(count * size));
  for (std::int64_t i = 0; i < count; ++i) noise.fetch(i, values.data() + i * size);
  return read_back(values.data(), count * size);
}

/// Batch norm without gamma and beta over all rows.
Doubles normalised(Doubles x, std::int64_t channels) {
  const auto C = static_cast<std::size_t>(channels);
  for (std::size_t c = 0; c < C; ++c) {
    double sum = 0, squares = 0;
    for (std::size_t i = c; i < x.size(); i += C) sum += x[i], squares += x[i] * x[i];
    const double n = static_cast<double>(x.size() / C), mean = sum / n, inverse = 1 / std::sqrt(squares / n - mean * mean + 1e-5);
    for (std::size_t i = c; i < x.size(); i += C) x[i] = (x[i] - mean) * inverse;
  }
  return x;
}

/// Mirrored 5x5 patches [P, C R S] of one image, in the order of the weight.
void add_patches(const double* image, std::int64_t side, std::int64_t channels, std::int64_t filter_size, Doubles& patches) {
  const auto mirrored = [&](std::int64_t i) { return i < 0 ? -i : i < side ? i : 2 * (side - 1) - i; };
  for (std::int64_t y = 0; y < side; ++y)
    for (std::int64_t x = 0; x < side; ++x)
      for (std::int64_t c = 0; c < channels; ++c)
        for (std::int64_t r = 0; r < filter_size; ++r)
          for (std::int64_t s = 0; s < filter_size; ++s)
            patches.push_back(image[(mirrored(y + r - filter_size / 2) * side + mirrored(x + s - filter_size / 2)) * channels + c]);
}

TEST(PlasticNet, one_step_of_the_first_layer_is_the_rule_written_out) {
  const std::int64_t count = 5;  // of a batch of 7, in shards of 3: the last one is padded
  const Learned before(false, Precision::f32, 1, 3, 0, 0, 0), after(false, Precision::f32, 2, 3, 0, 0, 1, count);
  const Doubles input = normalised(images(count, 128, 0), 2), weight = before.of("conv1/weight");
  Doubles patches, u;
  for (std::int64_t n = 0; n < count; ++n) add_patches(input.data() + n * 128, 8, 2, 5, patches);
  for (std::size_t p = 0; p < patches.size() / 50; ++p)
    for (std::size_t k = 0; k < 5; ++k) {
      double sum = 0;
      for (std::size_t d = 0; d < 50; ++d) sum += patches[p * 50 + d] * weight[k * 50 + d];
      u.push_back(sum);
    }
  const Doubles answers = reference::compete(u, 5, {.inverse_temperature = 0.5f});
  const Doubles expected = reference::plastic_update(patches, u, answers, weight, 5, {0.1, 0.5});
  // The change is below rate * norm^0.5 times 1; its own sums run over 320 positions, in float32.
  EXPECT_NEAR_ARRAY(after.of("conv1/weight"), expected, sum_of(320), kRoundoffF32);
  EXPECT_EQ(after.of("conv2/weight"), before.of("conv2/weight"));
  EXPECT_NE(after.of("norm1/running_mean"), before.of("norm1/running_mean"));
  EXPECT_EQ(after.of("norm2/running_mean"), before.of("norm2/running_mean"));
}

TEST(PlasticNet, a_layer_learns_on_frozen_earlier_ones) {
  const Learned before(false, Precision::f32, 1, 3, 0, 0, 0), after(false, Precision::f32, 2, 3, 1, 1, 2);
  EXPECT_EQ(after.of("conv1/weight"), before.of("conv1/weight"));
  EXPECT_EQ(after.of("norm1/running_var"), before.of("norm1/running_var"));
  EXPECT_NE(after.of("conv2/weight"), before.of("conv2/weight"));
  EXPECT_NE(after.of("norm2/running_var"), before.of("norm2/running_var"));
}

TEST(PlasticNet, threads_do_not_change_a_bit) {
  for (const bool triangle_first : {false, true})
    for (const Precision precision : {Precision::f32, Precision::bf16})
      for (const std::int64_t shard : {1, 2, 3, 7}) {
        const Learned one(triangle_first, precision, 1, shard, 0, 1, 4);
        for (const int threads : {2, 3}) {
          const Learned many(triangle_first, precision, threads, shard, 0, 1, 4);
          EXPECT_EQ(many.digest(), one.digest()) << name_of(precision) << ", shards of " << shard << ", " << threads << " threads";
          EXPECT_EQ(many.features, one.features);
        }
      }
}

TEST(PlasticNet, the_cut_into_shards_changes_no_more_than_rounding) {
  const Learned whole(false, Precision::f32, 1, 7, 0, 1, 1), cut(false, Precision::f32, 2, 2, 0, 1, 1);
  for (const char* name : {"conv1/weight", "conv2/weight"}) EXPECT_NEAR_ARRAY(cut.of(name), whole.of(name), sum_of(500), kRoundoffF32);
}

TEST(PlasticNet, norms_fall_towards_one) {
  graph::Graph graph = two_layers();
  graph::Parameters parameters(graph);
  parameters.initialise(3);
  parallel::Workers workers(2);
  PlasticNet net(graph, graph.last(), {Precision::f32, 7, 3}, parameters, workers);
  const auto distance = [&](int layer) {
    double sum = 0;
    for (const double norm : net.norms(layer)) sum += std::abs(norm - 1);
    return sum / static_cast<double>(net.norms(layer).size());
  };
  const double first = distance(0), second = distance(1);
  EXPECT_NEAR(first, 3, 1);
  for (std::uint64_t step = 0; step < 400; ++step) {
    const Noise noise(128, step);
    net.learn({&noise, 7, 1, step}, 0, 1);
  }
  EXPECT_LT(distance(0), first / 2);
  EXPECT_LT(distance(1), second);
}

TEST(PlasticNet, a_falling_rate_is_nothing_at_the_end) {
  auto options = plastic(16, 3, 0.1);
  options.plasticity.falls = true;
  graph::Graph graph({8, 8, 2});
  graph.add("conv", std::make_shared<SoftHebbConv2d>(options));
  graph::Parameters parameters(graph);
  parameters.initialise(3);
  parallel::Workers workers(2);
  PlasticNet net(graph, graph.last(), {Precision::f32, 7, 3}, parameters, workers);
  const auto before = net.norms(0);
  const Noise noise(128, 0);
  net.learn({&noise, 7, 1, 0}, 0, 0, 1.0);
  EXPECT_EQ(net.norms(0), before);
  net.learn({&noise, 7, 1, 0}, 0, 0, 0.5);
  EXPECT_NE(net.norms(0), before);
}

TEST(PlasticNet, refuses_a_net_without_plastic_layers) {
  graph::Graph graph({8, 8, 2});
  graph.add("features", std::make_shared<layers::Flatten>());
  graph::Parameters parameters(graph);
  parallel::Workers workers(1);
  EXPECT_THROW(PlasticNet(graph, graph.last(), {}, parameters, workers), InputError);
}

TEST(PlasticNet, a_classifier_that_is_no_chain_is_refused) {
  graph::Graph graph({8, 8, 2});
  const graph::NodeId features = graph.add("features", std::make_shared<layers::Flatten>());
  graph.add("classes", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 3}));
  EXPECT_EQ(hebbian::classifier_of(graph, features).last(), 1);
  graph.add("branch", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 3}), {features});
  EXPECT_THROW(hebbian::classifier_of(graph, features), InputError);
}

}  // namespace
}  // namespace reprise::tests
