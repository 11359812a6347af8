#include "suite/execution/plan.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/execution/arena_placement.hpp"
#include "suite/layers/add.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/dropout.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/relu.hpp"
#include "suite/random/random.hpp"

namespace reprise::execution {
namespace {

template <class L>
std::shared_ptr<const layers::Layer> make(typename L::Options options = {}) {
  return std::make_shared<L>(options);
}

TEST(Place, intervals_alive_together_do_not_overlap) {
  random::Generator generator({1, random::Purpose::synthetic, 0, 0, 0});
  for (int round = 0; round < 50; ++round) {
    std::vector<Interval> intervals;
    for (int i = 0; i < 40; ++i) {
      const int first = static_cast<int>(generator.next_below(30));
      intervals.push_back({64 * (1 + generator.next_below(20)), first, first + static_cast<int>(generator.next_below(10))});
    }
    const std::size_t arena = place(intervals);
    for (std::size_t a = 0; a < intervals.size(); ++a) {
      EXPECT_LE(intervals[a].offset + intervals[a].bytes, arena);
      for (std::size_t b = 0; b < a; ++b) {
        const bool together = intervals[a].first <= intervals[b].last && intervals[b].first <= intervals[a].last;
        const bool overlap = intervals[a].offset < intervals[b].offset + intervals[b].bytes &&
                             intervals[b].offset < intervals[a].offset + intervals[a].bytes;
        EXPECT_FALSE(together && overlap);
      }
    }
  }
}

TEST(Place, reuses_memory_of_what_is_dead) {
  std::vector<Interval> intervals{{128, 0, 1}, {128, 2, 3}, {64, 1, 2}};
  EXPECT_EQ(place(intervals), 192u);
}

TEST(Plan, net_without_coupling_is_one_stage_with_everything_in_the_thread_arena) {
  graph::Graph graph({8, 8, 3});
  graph.add("conv", make<layers::Conv2d>({.filters = 4, .padding = 1}));
  graph.add("relu", make<layers::Relu>());
  graph.add("pool", make<layers::GlobalAveragePool>());
  graph.add("logits", make<layers::Dense>({.features = 10}));
  const PreparedNet net(graph, {.batch = 16, .shard = 4});
  const Plan plan(net, {});
  ASSERT_EQ(plan.stages.size(), 1u);
  EXPECT_EQ(plan.batch_arena_bytes, 0u);
  // ReLU works in place: its value shares memory with the convolution's.
  EXPECT_NE(plan.buffers[static_cast<std::size_t>(plan.values[2])].alias_of, kNoBuffer);
}

TEST(Plan, a_layer_does_not_write_over_an_output_that_a_gradient_needs) {
  graph::Graph graph({1, 1, 4});
  graph.add("dense", make<layers::Dense>({.features = 4}));
  graph.add("relu", make<layers::Relu>());
  graph.add("dropout", make<layers::Dropout>({.keep = 0.5}));
  graph.add("logits", make<layers::Dense>({.features = 2}));
  const PreparedNet net(graph, {.batch = 4, .shard = 2});
  const auto shares = [&](PlanOptions::Purpose purpose) {
    const Plan plan(net, {.purpose = purpose});
    return plan.buffers[static_cast<std::size_t>(plan.values[3])].alias_of != kNoBuffer;
  };
  EXPECT_FALSE(shares(PlanOptions::Purpose::train));
  EXPECT_TRUE(shares(PlanOptions::Purpose::infer));
}

TEST(Plan, batch_norm_cuts_the_net_into_segments) {
  graph::Graph graph({8, 8, 3});
  graph.add("conv", make<layers::Conv2d>({.filters = 4, .padding = 1}));
  graph.add("norm", make<layers::BatchNorm>());
  graph.add("relu", make<layers::Relu>());
  graph.add("pool", make<layers::GlobalAveragePool>());
  graph.add("logits", make<layers::Dense>({.features = 10}));
  const PreparedNet net(graph, {.batch = 16, .shard = 4});
  const Plan train(net, {}), infer(net, {.purpose = PlanOptions::Purpose::infer});
  using Kind = Stage::Kind;
  std::vector<Kind> kinds;
  for (const Stage& stage : train.stages) kinds.push_back(stage.kind);
  EXPECT_EQ(kinds, (std::vector<Kind>{Kind::shards, Kind::finish_forward, Kind::shards, Kind::finish_backward, Kind::shards}));
  EXPECT_GT(train.batch_arena_bytes, 0u);
  EXPECT_EQ(infer.stages.size(), 1u);  // running statistics couple nothing
}

TEST(Plan, large_dense_layer_is_cut_by_output_features) {
  graph::Graph graph({28, 28, 1});
  graph.add("dense", make<layers::Dense>({.features = 512}));
  graph.add("relu", make<layers::Relu>());
  graph.add("logits", make<layers::Dense>({.features = 10}));
  const PreparedNet net(graph, {.batch = 20, .shard = 10});
  const Plan plan(net, {});
  using Kind = Stage::Kind;
  std::vector<Kind> kinds;
  for (const Stage& stage : plan.stages) kinds.push_back(stage.kind);
  EXPECT_EQ(kinds, (std::vector<Kind>{Kind::shards, Kind::blocks_forward, Kind::shards, Kind::blocks_backward}));
}

TEST(Graph, wrong_shapes_name_the_node_and_both_shapes) {
  graph::Graph graph({8, 8, 3});
  graph.add("first", make<layers::Conv2d>({.filters = 4, .filter_size = 3}));
  try {
    graph.add("second", make<layers::Conv2d>({.filters = 4, .filter_size = 9}));
    FAIL();
  } catch (const ShapeError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("second"), std::string::npos) << text;
    EXPECT_NE(text.find("[6, 6, 4]"), std::string::npos) << text;
    EXPECT_NE(text.find("9x9"), std::string::npos) << text;
  }
}

TEST(Graph, training_operations_leave_out_the_first_input_gradient) {
  graph::Graph graph({4, 4, 2});
  graph.add("conv", make<layers::Conv2d>({.filters = 3, .filter_size = 3}));  // 2*2*3 outputs of 18 multiply-adds
  graph.add("relu", make<layers::Relu>());
  graph.add("logits", make<layers::Dense>({.features = 5}));  // 12 * 5
  EXPECT_EQ(graph.forward_macs(), 216 + 60);
  EXPECT_EQ(graph.training_flops(), 2 * (2 * 216 + 3 * 60));
  EXPECT_EQ(graph.trained_parameters(), 3 * 18 + 3 + 60 + 5);
}

}  // namespace
}  // namespace reprise::execution
