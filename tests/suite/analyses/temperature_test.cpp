#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/layers/log_avg_exp_pool.hpp"
#include "tests/suite/analyses/analysed.hpp"

namespace reprise::tests {
namespace {

/// Results for a pooling of two channels that started at `initial` and learned the temperatures `learned`.
std::map<std::string, double> results_of(double initial, const std::vector<double>& learned) {
  SmallTraining setup;
  setup.graph = graph::Graph({2, 2, 2});
  setup.graph.add("pool", std::make_shared<layers::LogAvgExpPool>(layers::LogAvgExpPool::Options{
                              .initial_temperature = initial, .learned = !learned.empty(), .per_channel = true}));
  setup.train.height = setup.train.channels = 2;
  setup.train.pixels.assign(8, 1);
  setup.train.labels = {0};
  setup.test = setup.train;
  SmallRun run(setup);
  std::vector<float> logs;
  for (const double t : learned) logs.push_back(static_cast<float>(std::log(t)));
  if (!learned.empty()) run.set_weights("pool/tau", logs);
  return analysed(run, "temperature").results;
}

TEST(Temperature, is_the_geometric_mean_of_the_channels_and_its_change_a_logarithm) {
  const auto up = results_of(1, {2, 8});
  EXPECT_NEAR(up.at("temperature"), 4, 1e-6);
  EXPECT_NEAR(up.at("temperature_change"), std::log(4), 1e-6);
  EXPECT_EQ(up.at("temperature_direction"), 1);
  const auto down = results_of(8, {1, 4});
  EXPECT_NEAR(down.at("temperature"), 2, 1e-6);
  EXPECT_NEAR(down.at("temperature_change"), std::log(4), 1e-6);
  EXPECT_EQ(down.at("temperature_direction"), -1);
  const auto still = results_of(1, {1, 1});
  EXPECT_EQ(still.at("temperature_change"), 0);
  EXPECT_EQ(still.at("temperature_direction"), 0);
}

TEST(Temperature, of_a_net_without_a_learned_one_is_refused) {
  EXPECT_THROW(results_of(1, {}), InputError);
}

}  // namespace
}  // namespace reprise::tests
