#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/layers/dense.hpp"
#include "tests/suite/analyses/analysed.hpp"

namespace reprise::tests {
namespace {

/// Blocks of one dense layer of 256 features, of two in a stack called "residual", then logits. Each dense layer keeps its input: 1 KiB.
graph::Graph stack_of(const recipes::Options& options) {
  graph::Graph graph({1, 1, 256});
  const std::int64_t layers_of_block = options.get_string("stack", "") == "residual" ? 2 : 1;
  for (std::int64_t i = 0; i < layers_of_block * options.get_int("blocks", 0); ++i)
    graph.add("dense" + std::to_string(i), std::make_shared<layers::Dense>(layers::Dense::Options{.features = 256}));
  graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  return graph;
}

Analysed memory_of(std::int64_t blocks) {
  SmallTraining setup;
  if (blocks > 0) {
    setup.recipe.model_options.set("stack", std::string("plain"));
    setup.recipe.model_options.set("blocks", blocks);
  }
  setup.graph = stack_of(setup.recipe.model_options);
  setup.train.width = 1, setup.train.channels = 256;
  setup.train.pixels.assign(256, 1);
  setup.train.labels = {0};
  setup.test = setup.train;
  setup.recipe.batch = 128, setup.recipe.shard = 8;
  SmallRun run(setup);
  run.run();
  return analysed(run, "memory", stack_of);
}

TEST(Memory, counts_what_a_training_step_keeps_of_an_image) {
  const Analysed record = memory_of(3);
  EXPECT_DOUBLE_EQ(record.results.at("saved_kib_per_image"), 4);  // inputs of three blocks and of the logits
  EXPECT_DOUBLE_EQ(record.results.at("saved_kib_per_block"), 1);
  EXPECT_DOUBLE_EQ(record.results.at("residual_slope_ratio"), 2);
  EXPECT_DOUBLE_EQ(record.results.at("saved_mib_per_batch"), 4.0 * 128 / 1024);
  EXPECT_GE(record.results.at("peak_kib_per_image"), 5);  // besides, the gradient of a block
  ASSERT_EQ(record.epochs.size(), 1u);
  EXPECT_EQ(record.timing.at("step_milliseconds").values.size(), 1u);
  EXPECT_GT(record.timing.at("step_milliseconds").values[0], 0);
}

TEST(Memory, of_a_net_without_a_stack_is_refused) {
  EXPECT_THROW(memory_of(0), InputError);
}

}  // namespace
}  // namespace reprise::tests
