#include "suite/layers/routing.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "suite/errors.hpp"

namespace reprise::layers {
namespace {

TEST(SquashRows, are_vectors_times_their_length_over_one_plus_its_square) {
  const std::vector<float> input{3, 4, 0, 0};
  std::vector<float> output(4);
  squash(input.data(), 2, 2, output.data());
  EXPECT_NEAR(output[0], 15.0 / 26, 1e-6);
  EXPECT_NEAR(output[1], 20.0 / 26, 1e-6);
  EXPECT_EQ(output[2], 0);
  EXPECT_EQ(output[3], 0);
}

/// One sample of two input capsules of one value, two output capsules of one value.
std::vector<float> routed(int iterations, const float* bias = nullptr) {
  RoutingOptions options;
  options.capsules = 2, options.dimensions = 1, options.iterations = iterations;
  const Routing routing({1, 2, 1, 2, 1}, options);
  const std::vector<float> input{1, 2}, weight{3, -1, 0.5, 1};  // votes 3, -1 and 1, 2
  std::vector<float> output(2), saved(routing.saved_floats()), scratch(routing.scratch_floats());
  routing.forward(input.data(), weight.data(), bias, output.data(), saved.data(), scratch.data());
  return output;
}

double squashed(double s) {
  return s * std::abs(s) / (1 + s * s);
}

TEST(Routing, one_iteration_shares_every_vote_evenly) {
  const std::vector<float> output = routed(1);
  EXPECT_NEAR(output[0], squashed(2), 1e-6);    // (3 + 1) / 2
  EXPECT_NEAR(output[1], squashed(0.5), 1e-6);  // (-1 + 2) / 2
  const float bias[] = {1, -0.5};
  EXPECT_NEAR(routed(1, bias)[0], squashed(3), 1e-6);
  EXPECT_NEAR(routed(1, bias)[1], 0, 1e-6);
}

TEST(Routing, a_second_iteration_follows_agreement) {
  // Logits: votes times the outputs 0.8 and 0.2 of the first: 2.4, -0.2 and 0.8, 0.4.
  const double v0 = squashed(2), v1 = squashed(0.5);
  const double first = 1 / (1 + std::exp(-1 * v1 - 3 * v0)), second = 1 / (1 + std::exp(2 * v1 - 1 * v0));
  const std::vector<float> output = routed(2);
  EXPECT_NEAR(output[0], squashed(first * 3 + second * 1), 1e-5);
  EXPECT_NEAR(output[1], squashed((1 - first) * -1 + (1 - second) * 2), 1e-5);
}

TEST(Routing, counts_its_votes) {
  EXPECT_EQ(Routing::vote_macs({8, 3, 4, 5, 6}), 3 * 4 * 5 * 6);  // of one sample
}

TEST(RoutingOptions, refuse_counts_below_one_and_gradients_that_do_not_exist) {
  RoutingOptions options;
  options.capsules = 0;
  EXPECT_THROW(options.check("layer"), InputError);
  options.capsules = 3, options.iterations = 0;
  EXPECT_THROW(options.check("layer"), InputError);
  options.iterations = 3;
  EXPECT_NO_THROW(options.check("layer"));
  options.kind = RoutingKind::scaled_distance, options.gradient = RoutingGradient::all;
  EXPECT_THROW(options.check("layer"), InputError);
}

}  // namespace
}  // namespace reprise::layers
