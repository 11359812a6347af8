// Deeply-supervised nets: counts made by hand, where companions stand, and what each option does.

#include <gtest/gtest.h>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "tests/experiments/model_outline.hpp"

namespace reprise::experiments {
namespace {

std::int64_t parameters_of(const Graph& graph, const std::string& node) {
  std::int64_t count = 0;
  for (const auto& parameter : graph.node(graph.find(node)).parameters) count += parameter.count();
  return count;
}

TEST(Dsn, nets_have_the_counted_parameters_and_cost) {
  const Graph graph = catalog::build_model(catalog::resolve("dsn", "cifar10", "paper"), kColour, 10);
  EXPECT_EQ(parameters_of(graph, "companion1"), 1'966'090);
  EXPECT_EQ(parameters_of(graph, "companion2"), 491'530);
  EXPECT_EQ(parameters_of(graph, "companion3"), 122'890);
  EXPECT_EQ(graph.trained_parameters(), 966'986 + 2'580'510);
  EXPECT_EQ(graph.main_branch().trained_parameters(), 966'986);
  EXPECT_NEAR(static_cast<double>(graph.forward_macs()) * 1e-6, 222.5, 0.05);  // the main branch
  EXPECT_NEAR(static_cast<double>(graph.training_flops()) * 1e-9, 1.305 + 6 * 2.58e-3, 0.001);
  const Graph half = net("dsn", "mlp_conv", {{"widths", Numbers{96, 80, 48, 96, 96, 96, 96, 96}}, {"companions", false}});
  EXPECT_EQ(half.trained_parameters(), 246'186);
  EXPECT_NEAR(static_cast<double>(half.forward_macs()) * 1e-6, 59.3, 0.05);
  const Graph quarter = net("dsn", "mlp_conv", {{"widths", Numbers{48, 40, 24, 48, 48, 48, 48, 48}}});
  EXPECT_EQ(quarter.main_branch().trained_parameters(), 63'770);
  EXPECT_EQ(quarter.trained_parameters(), 63'770 + 645'150);
  const Graph digits = net("dsn", "lenet", {{"companions", false}}, {28, 28, 1});
  EXPECT_EQ(digits.trained_parameters(), 431'080);
  EXPECT_NEAR(static_cast<double>(digits.forward_macs()) * 1e-6, 2.29, 0.005);
}

TEST(Dsn, companions_read_convolutions_before_their_relu) {
  const Graph graph = net("dsn", "mlp_conv");
  EXPECT_EQ(graph.main_head().loss->name(), "squared_hinge");
  EXPECT_EQ(graph.node(graph.output()).name, "average");
  EXPECT_EQ(input_of(graph, "average"), "cccp6");  // no ReLU on the class maps
  ASSERT_EQ(graph.heads().size(), 4u);
  for (int k = 1; k <= 3; ++k) {
    const std::string number = std::to_string(k);
    EXPECT_EQ(input_of(graph, "companion" + number), "conv" + number);
    EXPECT_EQ(graph.node(graph.heads()[static_cast<std::size_t>(k)].node).name, "companion" + number);
  }
  const Graph digits = net("dsn", "lenet", {}, {28, 28, 1});
  EXPECT_EQ(digits.heads().size(), 3u);
  EXPECT_EQ(digits.node(digits.find("companion1")).parameters[0].count(), 10 * 20 * 24 * 24);
  EXPECT_EQ(digits.node(digits.find("companion2")).parameters[0].count(), 10 * 50 * 8 * 8);
}

TEST(Dsn, options_set_loss_weight_and_threshold) {
  const Graph graph = net("dsn", "lenet",
                          {{"loss", std::string("softmax_cross_entropy")},
                           {"companion_weight", 0.5},
                           {"companion_threshold", 0.25},
                           {"companion_schedule", std::string("linear")}},
                          {28, 28, 1});
  const auto heads = graph.heads();
  EXPECT_EQ(heads[0].loss->name(), "softmax_cross_entropy");
  EXPECT_EQ(heads[0].threshold, 0);
  EXPECT_EQ(heads[0].weight.at(5, 10), 1);
  for (std::size_t h : {1u, 2u}) {
    EXPECT_EQ(heads[h].loss->name(), "softmax_cross_entropy");
    EXPECT_EQ(heads[h].threshold, 0.25);
    EXPECT_EQ(heads[h].weight.at(0, 10), 0.5);
    EXPECT_EQ(heads[h].weight.at(5, 10), 0.25);
  }
  EXPECT_EQ(net("dsn", "lenet", {{"companions", false}}, {28, 28, 1}).heads().size(), 1u);
  EXPECT_THROW(net("dsn", "lenet", {{"loss", std::string("margin")}}, {28, 28, 1}), InputError);
}

}  // namespace
}  // namespace reprise::experiments
