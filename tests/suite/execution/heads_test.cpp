// Nets with more than one head: the weighted sum is trained, the main head alone is evaluated.

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "suite/errors.hpp"
#include "suite/execution/executor.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/relu.hpp"
#include "suite/layers/tanh.hpp"
#include "suite/losses/catalog.hpp"
#include "tests/suite/execution/made_up_batch.hpp"

namespace reprise::execution {
namespace {

constexpr std::int64_t kBatch = 10;

template <class L>
std::shared_ptr<const layers::Layer> make(typename L::Options options = {}) {
  return std::make_shared<L>(options);
}

/// A convolution, batch norm and another convolution; "aux" sees what the first one gave, before or behind the nodes of the main branch.
graph::Graph net(bool with_aux, const schedules::Schedule& weight = {.value = 0.3}, bool aux_first = true) {
  graph::Graph graph({6, 6, 2});
  graph.add("conv1", make<layers::Conv2d>({.filters = 4, .padding = 1}));
  const graph::NodeId early = graph.add("act1", make<layers::Tanh>());
  const auto add_aux = [&] {
    graph.add("aux.hidden", make<layers::Dense>({.features = 7}), {early});
    return graph.add("aux.values", make<layers::Dense>({.features = 5}));
  };
  graph::NodeId aux = with_aux && aux_first ? add_aux() : 0;
  graph.add("norm2", make<layers::BatchNorm>(), {early});
  graph.add("conv2", make<layers::Conv2d>({.filters = 3}));
  graph.add("act2", make<layers::Tanh>());
  const graph::NodeId logits = graph.add("logits", make<layers::Dense>({.features = 5}));
  if (with_aux && !aux_first) aux = add_aux();
  graph.add_head({.node = logits, .loss = losses::make_loss("softmax_cross_entropy")});
  if (with_aux) graph.add_head({.name = "aux", .node = aux, .loss = losses::make_loss("squared_error"), .weight = weight});
  return graph;
}

/// A net with an executor and weights drawn from one seed.
struct Running {
  explicit Running(graph::Graph graph_in, int threads = 2, Precision precision = Precision::f32)
      : graph(std::move(graph_in)),
        workers(threads),
        parameters(graph),
        executor(graph, {.net = {.precision = precision, .batch = kBatch, .shard = 4}}, drawn(), workers) {}
  graph::Parameters& drawn() {
    parameters.initialise(3);
    return parameters;
  }
  Batch batch() const { return {.reader = &samples, .count = kBatch, .seed = 1, .step = 0}; }
  std::map<std::string, std::vector<float>> by_name(const float* values) const {
    std::map<std::string, std::vector<float>> all;
    for (const graph::Parameter& p : parameters.list()) all[p.name].assign(values + p.offset, values + p.offset + p.count);
    return all;
  }

  graph::Graph graph;
  MadeUpSamples samples{{6, 6, 2}, 5};
  parallel::Workers workers;
  graph::Parameters parameters;
  Executor executor;
};

TEST(Heads, gradient_of_the_weighted_sum_equals_differences_of_the_loss) {
  for (const bool aux_first : {true, false}) {
    Running running(net(true, {.value = 0.3}, aux_first));
    running.executor.compute_gradients(running.batch());
    const std::vector<float> start(running.parameters.values(), running.parameters.values() + running.parameters.size());
    for (const graph::Parameter& parameter : running.parameters.list()) {
      if (!parameter.spec.trains) continue;
      const auto gradient = running.by_name(running.executor.gradients()).at(parameter.name);
      double norm = 0;
      for (const float g : gradient) norm += static_cast<double>(g) * g;
      norm = std::sqrt(norm);
      if (norm < 1e-5) continue;  // a bias in front of batch norm, seen from the main head alone
      const double reach = 1e-2;
      const auto loss_at = [&](double step) {
        for (std::size_t i = 0; i < gradient.size(); ++i) {
          const auto at = static_cast<std::size_t>(parameter.offset) + i;
          running.parameters.values()[at] = start[at] + static_cast<float>(step * gradient[i] / norm);
        }
        running.executor.load_weights();
        return running.executor.compute_gradients(running.batch()).loss / kBatch;
      };
      const double slope = (loss_at(reach) - loss_at(-reach)) / (2 * reach);
      loss_at(0);
      // Third derivatives over a reach of 1e-2 and float32 losses (1e-7 / 2e-2) stay under 1 % of slopes near 0.01 and above.
      EXPECT_NEAR(slope, norm, 0.02 * norm + 5e-5) << parameter.name;
    }
  }
}

TEST(Heads, sum_is_weighted_and_every_head_is_reported) {
  Running running(net(true));
  const BatchSums sums = running.executor.compute_gradients(running.batch());
  ASSERT_EQ(sums.heads.size(), 2u);
  EXPECT_GT(sums.heads[0], 0);
  EXPECT_GT(sums.heads[1], 0);
  EXPECT_EQ(sums.loss, sums.heads[0] + 0.3 * sums.heads[1]);
}

TEST(Heads, a_head_in_the_middle_leaves_the_initial_values_of_its_neighbours) {
  Running plain(net(false)), more(net(true));
  const auto after = more.by_name(more.parameters.values());
  for (const auto& [name, values] : plain.by_name(plain.parameters.values())) EXPECT_EQ(values, after.at(name)) << name;
}

TEST(Heads, evaluation_computes_the_main_head_alone) {
  Running plain(net(false)), more(net(true));
  const BatchSums expected = plain.executor.evaluate(plain.batch(), layers::Mode::infer),
                  found = more.executor.evaluate(more.batch(), layers::Mode::infer);
  EXPECT_EQ(found.loss, expected.loss);
  EXPECT_EQ(found.errors, expected.errors);
  EXPECT_EQ(found.heads.size(), 1u);
  const PreparedNet prepared(more.graph, {.batch = kBatch, .shard = 4});
  const Plan plan(prepared, {.purpose = PlanOptions::Purpose::infer});
  EXPECT_EQ(plan.values[more.graph.find("aux.values")], kNoBuffer);
  EXPECT_EQ(plan.values[more.graph.find("aux.hidden")], kNoBuffer);
  std::vector<float> values(kBatch * 7);
  EXPECT_THROW(more.executor.evaluate(more.batch(), layers::Mode::infer, {.node = more.graph.find("aux.hidden"), .values = values.data()}),
               InputError);
}

TEST(Heads, weight_follows_its_schedule) {
  const schedules::Schedule half_way{.kind = "step", .value = 1, .factor = 0, .milestones = {0.5}};
  Running plain(net(false)), more(net(true, half_way));
  Batch batch = more.batch();
  batch.schedule_steps = 10;
  for (const std::int64_t step : {4, 5}) {
    batch.schedule_step = step;
    const BatchSums sums = more.executor.compute_gradients(batch);
    const auto found = more.by_name(more.executor.gradients());
    plain.executor.compute_gradients(plain.batch());
    const auto expected = plain.by_name(plain.executor.gradients());
    EXPECT_EQ(sums.loss, step < 5 ? sums.heads[0] + sums.heads[1] : sums.heads[0]);
    EXPECT_EQ(found.at("conv1/weight") == expected.at("conv1/weight"), step >= 5) << step;  // adding zeros changes nothing
    EXPECT_EQ(found.at("conv2/weight"), expected.at("conv2/weight"));                       // no path from the other head
  }
}

/// Below its threshold a head is as good as absent; above it, its gradient is the whole one and its loss what exceeds the threshold.
TEST(Heads, a_threshold_closes_a_head_by_the_mean_loss_of_the_batch) {
  const auto with_threshold = [](double threshold) {
    graph::Graph graph = net(false);
    graph.add("aux.hidden", make<layers::Dense>({.features = 7}), {graph.find("act1")});
    graph.add("aux.values", make<layers::Dense>({.features = 5}));
    graph.add_head({.name = "aux",
                    .node = graph.last(),
                    .loss = losses::make_loss("squared_hinge"),
                    .weight = {.value = 0.5},
                    .threshold = threshold});
    return graph;
  };
  Running open(with_threshold(0));
  const BatchSums sums = open.executor.compute_gradients(open.batch());
  const double mean = sums.heads[1] / kBatch;
  Running above(with_threshold(0.9 * mean)), below(with_threshold(1.1 * mean)), plain(net(false));
  const BatchSums sums_above = above.executor.compute_gradients(above.batch()),
                  sums_below = below.executor.compute_gradients(below.batch());
  plain.executor.compute_gradients(plain.batch());
  EXPECT_EQ(sums_above.heads, sums.heads);  // reported as they are
  EXPECT_NEAR(sums_above.loss, sums.heads[0] + 0.5 * 0.1 * mean * kBatch, 1e-9 * sums.loss);
  EXPECT_EQ(sums_below.loss, sums.heads[0]);
  EXPECT_EQ(above.by_name(above.executor.gradients()), open.by_name(open.executor.gradients()));
  const auto closed = below.by_name(below.executor.gradients());
  for (const auto& [name, gradient] : plain.by_name(plain.executor.gradients())) EXPECT_EQ(closed.at(name), gradient) << name;
  for (const char* name : {"aux.hidden/weight", "aux.values/bias"})
    EXPECT_EQ(closed.at(name), std::vector<float>(closed.at(name).size(), 0.0f)) << name;
  EXPECT_NE(open.by_name(open.executor.gradients()).at("conv1/weight"), closed.at("conv1/weight"));
  graph::Graph shared = with_threshold(1);
  EXPECT_THROW(shared.add_head({.name = "third", .node = shared.last(), .loss = losses::make_loss("squared_hinge")}), InputError);
}

TEST(Heads, the_main_branch_is_the_net_without_the_others) {
  const graph::Graph branch = net(true).main_branch(), plain = net(false);
  ASSERT_EQ(branch.nodes().size(), plain.nodes().size());
  for (std::size_t n = 0; n < plain.nodes().size(); ++n) {
    EXPECT_EQ(branch.nodes()[n].name, plain.nodes()[n].name);
    EXPECT_EQ(branch.nodes()[n].inputs, plain.nodes()[n].inputs);
  }
  EXPECT_EQ(branch.heads().size(), 1u);
  EXPECT_EQ(branch.node(branch.output()).name, "logits");
}

TEST(Heads, two_at_one_node_add_their_gradients) {
  const auto at_logits = [](std::vector<double> weights) {
    graph::Graph graph({6, 6, 2});
    graph.add("logits", make<layers::Dense>({.features = 5}));
    for (std::size_t h = 0; h < weights.size(); ++h)
      graph.add_head({.name = "head" + std::to_string(h),
                      .node = graph.last(),
                      .loss = losses::make_loss("softmax_cross_entropy"),
                      .weight = {.value = weights[h]}});
    return graph;
  };
  Running one(at_logits({1})), two(at_logits({0.5, 0.5}));
  const double whole = one.executor.compute_gradients(one.batch()).loss;
  EXPECT_EQ(two.executor.compute_gradients(two.batch()).loss, whole);
  EXPECT_EQ(two.by_name(two.executor.gradients()), one.by_name(one.executor.gradients()));  // halves are exact
}

TEST(Heads, same_bits_on_any_number_of_threads) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    const auto gradients = [&](int threads) {
      Running running(net(true), threads, precision);
      running.executor.compute_gradients(running.batch());
      return running.by_name(running.executor.gradients());
    };
    EXPECT_EQ(gradients(1), gradients(3));
  }
}

TEST(Heads, a_loss_that_is_not_finite_names_its_head) {
  Running running(net(true));
  for (const graph::Parameter& parameter : running.parameters.list())
    if (parameter.name == "aux.values/bias") *running.parameters.of(parameter) = INFINITY;
  running.executor.load_weights();
  optimizers::OptimizerRecipe recipe;
  optimizers::Optimizer optimizer(recipe, running.parameters);
  try {
    running.executor.train_step(running.batch(), optimizer, optimizer.terms(0, 1));
    FAIL();
  } catch (const RunError& error) {
    EXPECT_NE(std::string(error.what()).find("head 'aux'"), std::string::npos) << error.what();
  }
}

TEST(Heads, refuse_what_cannot_be_compared) {
  graph::Graph graph({6, 6, 2});
  graph.add("narrow", make<layers::Dense>({.features = 5}));
  graph.add("wide", make<layers::Dense>({.features = 72}));
  const auto head = [&](const char* name, const char* node, const char* loss) {
    return graph::Head{.name = name, .node = graph.find(node), .loss = losses::make_loss(loss), .target = losses::Target::input};
  };
  EXPECT_THROW(graph.add_head(head("a", "wide", "margin")), InputError);
  EXPECT_THROW(graph.add_head(head("a", "narrow", "squared_error")), ShapeError);
  graph.add_head(head("a", "wide", "squared_error"));
  EXPECT_THROW(graph.add_head(head("a", "wide", "squared_error")), InputError);
  EXPECT_EQ(graph.output(), graph.find("wide"));
}

}  // namespace
}  // namespace reprise::execution
