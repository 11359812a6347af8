#include "suite/runs/scaling.hpp"

#include <gtest/gtest.h>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"

namespace reprise::runs {
namespace {

StepCosts costs() {
  return {.shards = 16,
          .threads = 2,
          .fixed_seconds = 0.01,
          .wave_seconds = 0.05,
          .gradient_bytes = 4'000'000,
          .activation_bytes = 0,
          .meetings = 1};
}

TEST(Scaling, of_one_node_is_what_was_measured) {
  const StepForecast one = forecast_step(costs(), 1, {});
  EXPECT_DOUBLE_EQ(one.computing, 0.01 + 8 * 0.05);
  EXPECT_EQ(one.exchanging, 0);
}

TEST(Scaling, computation_falls_in_whole_waves_down_to_one) {
  EXPECT_DOUBLE_EQ(forecast_step(costs(), 3, {}).computing, 0.01 + 3 * 0.05);     // 6 shards on 2 threads
  EXPECT_DOUBLE_EQ(forecast_step(costs(), 1000, {}).computing, 0.01 + 1 * 0.05);  // one shard
}

// By hand: three rounds of 20 us + 1 x 2 us, and 2 x 4 MB x 1/2 at 1 GB/s.
TEST(Scaling, exchange_of_two_nodes_by_hand) {
  EXPECT_NEAR(forecast_step(costs(), 2, {.latency_seconds = 20e-6, .bytes_per_second = 1e9, .message_seconds = 2e-6}).exchanging,
              3 * 22e-6 + 4e-3, 1e-12);
}

TEST(Scaling, ranks_of_one_machine_share_its_cores) {
  EXPECT_DOUBLE_EQ(forecast_step_here(costs(), 1, 4).computing, 0.01 + 8 * 0.05);
  EXPECT_DOUBLE_EQ(forecast_step_here(costs(), 2, 4).computing, 0.01 + 4 * 0.05);
  EXPECT_DOUBLE_EQ(forecast_step_here(costs(), 4, 4).computing, 0.01 + 2 * 2 * 0.05);  // 8 threads on 4 cores
}

TEST(Scaling, counts_what_a_net_exchanges) {
  // ALL-CNN-C has no layer that couples samples: one meeting, all gradients.
  recipes::Recipe recipe = catalog::resolve("all-cnn", "allcnn-c", "smoke");
  const StepCosts conv = measure_step_costs(recipe, 2);
  EXPECT_EQ(conv.meetings, 1);
  EXPECT_EQ(conv.activation_bytes, 0);
  EXPECT_GT(conv.gradient_bytes, 0);
  EXPECT_GT(conv.wave_seconds, 0);
  recipe = catalog::resolve("dropout", "table2-maxnorm-3x1024", "desk");
  EXPECT_GT(measure_step_costs(recipe, 2).activation_bytes, 0);
  EXPECT_THROW(measure_step_costs(catalog::resolve("softhebb", "cifar10-1layer", "smoke"), 1), InputError);
}

}  // namespace
}  // namespace reprise::runs
