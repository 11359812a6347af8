// Network in network: counts made by hand from the paper's layer list, shapes, and what each option does.

#include <gtest/gtest.h>

#include <cmath>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/graph/parameters.hpp"
#include "suite/layers/locally_connected2d.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/optimizers/parameter_rules.hpp"
#include "tests/experiments/model_outline.hpp"

namespace reprise::experiments {
namespace {

using Start = layers::Initialisation::Kind;

Graph paper_net(const char* trial, const SampleShape& input, int classes) {
  return catalog::build_model(catalog::resolve("nin", trial, "paper"), input, classes);
}

TEST(Nin, nets_have_the_counted_parameters_and_cost) {
  const auto check = [](const Graph& graph, std::int64_t parameters, double million_macs, double giga_operations) {
    EXPECT_EQ(graph.trained_parameters(), parameters);
    EXPECT_NEAR(static_cast<double>(graph.forward_macs()) * 1e-6, million_macs, 0.05);
    EXPECT_NEAR(static_cast<double>(graph.training_flops()) * 1e-9, giga_operations, 0.0005);
  };
  check(paper_net("cifar10", kColour, 10), 966'986, 222.5, 1.305);
  check(paper_net("cifar100", kColour, 100), 984'356, 223.6, 1.312);
  check(paper_net("mnist", {28, 28, 1}, 10), 349'674, 50.7, 0.300);
  EXPECT_EQ(paper_net("cifar10-dense", kColour, 10).trained_parameters(), 973'396);  // 640 features to 10 classes more
  const Graph svhn =
      net("nin", "mlp_conv", {{"widths", Numbers{128, 96, 64, 320, 256, 128, 384, 256}}, {"filter_sizes", Numbers{5, 5, 5}}});
  EXPECT_EQ(svhn.trained_parameters(), 1'986'026);
  EXPECT_NEAR(static_cast<double>(svhn.forward_macs()) * 1e-6, 274.2, 0.05);
}

TEST(Nin, pools_round_up) {
  const auto sides = [](const Graph& graph) {
    std::vector<std::int64_t> heights;
    for (const char* name : {"conv1", "pool1", "pool2"}) heights.push_back(graph.node(graph.find(name)).shape.height);
    return heights;
  };
  EXPECT_EQ(sides(paper_net("cifar10", kColour, 10)), (std::vector<std::int64_t>{32, 16, 8}));
  EXPECT_EQ(sides(paper_net("mnist", {28, 28, 1}, 10)), (std::vector<std::int64_t>{28, 14, 7}));
}

TEST(Nin, a_block_is_a_convolution_and_two_of_1x1_each_with_relu) {
  const Graph graph = net("nin", "mlp_conv", {{"widths", Numbers{2, 3, 4, 5, 6, 7, 8, 9}}, {"keep", 1.0}});
  EXPECT_EQ(products_of(graph), (Strings{"5x5 c2 +2", "1x1 c3", "1x1 c4", "pool", "5x5 c5 +2", "1x1 c6", "1x1 c7", "pool", "3x3 c8 +1",
                                         "1x1 c9", "1x1 c10", "pool"}));
  for (const char* name : {"conv1", "cccp2", "conv2", "cccp3", "cccp6"}) EXPECT_EQ(input_of(graph, std::string(name) + ".relu"), name);
  EXPECT_EQ(input_of(graph, "pool1"), "cccp2.relu");
  EXPECT_EQ(input_of(graph, "conv3"), "pool2");
  EXPECT_EQ(input_of(graph, "average"), "cccp6.relu");
  EXPECT_EQ(input_of(net("nin", "mlp_conv", {{"class_relu", false}}), "average"), "cccp6");
}

TEST(Nin, dropout_stands_behind_the_pools_and_before_a_dense_head) {
  const Graph graph = net("nin", "mlp_conv", {{"keep", 0.25}, {"head", std::string("dense")}, {"head_keep", 0.75}});
  for (const char* name : {"dropout1", "dropout2"}) EXPECT_EQ(layer_of(graph, name).summary(), "dropout inverted, keep 0.25");
  EXPECT_EQ(input_of(graph, "conv2"), "dropout1");
  EXPECT_EQ(input_of(graph, "conv3"), "dropout2");
  EXPECT_EQ(layer_of(graph, "head.dropout").summary(), "dropout inverted, keep 0.75");
  EXPECT_EQ(input_of(graph, "logits"), "head.dropout");
  EXPECT_FALSE(has(graph, "average"));
  EXPECT_FALSE(has(net("nin", "mlp_conv", {{"keep", 1.0}}), "dropout1"));
  EXPECT_THROW(net("nin", "mlp_conv", {{"head_keep", 0.5}}), InputError);  // the average has no weights to thin
}

TEST(Nin, starts_are_normal_with_a_deviation_for_each_convolution) {
  EXPECT_EQ(parameter_of(net("nin", "mlp_conv"), "conv1").initialisation.kind, Start::he_normal);
  const Graph graph = paper_net("cifar100", kColour, 100);
  for (const auto& [name, deviation] : {std::pair{"conv1", 0.001}, {"cccp1", 0.01}, {"cccp2", 0.01}, {"conv2", 0.05}, {"cccp6", 0.05}}) {
    EXPECT_EQ(parameter_of(graph, name).initialisation.kind, Start::normal) << name;
    EXPECT_EQ(parameter_of(graph, name).initialisation.value, deviation) << name;
  }
  EXPECT_EQ(parameter_of(paper_net("cifar10", kColour, 10), "conv1").initialisation.value, 0.05);
  EXPECT_THROW(net("nin", "mlp_conv", {{"deviations", Numbers{0.05, 0.05}}}), InputError);
}

TEST(Nin, biases_learn_at_twice_the_rate_and_the_last_convolution_at_a_tenth_on_cifar10_alone) {
  const auto rates = [](const char* trial, int classes) {
    const Graph graph = paper_net(trial, kColour, classes);
    const graph::Parameters parameters(graph);
    const auto settings = optimizers::parameter_settings(catalog::resolve("nin", trial, "paper").optimizer, parameters);
    std::map<std::string, double> by_name;
    for (std::size_t p = 0; p < settings.size(); ++p) by_name[parameters.list()[p].name] = settings[p].rate;
    return by_name;
  };
  const auto ten = rates("cifar10", 10), hundred = rates("cifar100", 100);
  EXPECT_EQ(ten.at("conv1/weight"), 1);
  EXPECT_EQ(ten.at("cccp5/bias"), 2);
  EXPECT_EQ(ten.at("cccp6/weight"), 0.1);
  EXPECT_EQ(ten.at("cccp6/bias"), 0.2);
  EXPECT_EQ(hundred.at("cccp6/weight"), 1);
  EXPECT_EQ(hundred.at("cccp6/bias"), 2);
}

TEST(Nin, the_conventional_net_ends_in_a_locally_connected_layer) {
  const Graph dense = net("nin", "conventional");
  EXPECT_EQ(kinds_of(dense), (Strings{"conv2d", "relu", "max_pool2d", "conv2d", "relu", "max_pool2d", "conv2d", "relu",
                                      "locally_connected2d", "relu", "dense"}));
  EXPECT_EQ(options_of<layers::LocallyConnected2d>(dense, "local").filters, 16);
  EXPECT_EQ(dense.node(dense.find("local")).shape, (SampleShape{8, 8, 16}));
  EXPECT_NEAR(static_cast<double>(dense.forward_macs()) * 1e-6, 12.9, 0.05);
  const Graph average = net("nin", "conventional", {{"head", std::string("average")}});
  EXPECT_EQ(options_of<layers::LocallyConnected2d>(average, "local").filters, 10);
  EXPECT_EQ(input_of(average, "average"), "local.relu");
  EXPECT_EQ(input_of(net("nin", "conventional", {{"head_keep", 0.5}}), "logits"), "head.dropout");
}

}  // namespace
}  // namespace reprise::experiments
