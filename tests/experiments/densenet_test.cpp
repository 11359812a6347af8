// Dense nets: counts made by hand and those of the paper's tables, who reads whom, where dropout and compression are, how weights start.

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/graph/parameters.hpp"
#include "tests/experiments/model_outline.hpp"

namespace reprise::experiments {
namespace {

using Int = std::int64_t;

Graph trial_net(const std::string& trial, const SampleShape& input = kColour, int classes = 10) {
  return catalog::build_model(catalog::resolve("densenet", trial, "paper"), input, classes);
}

Graph small_net(const std::string& trial) {
  return catalog::build_model(catalog::resolve("densenet", trial, "desk"), kColour, 10);
}

struct DenseCount {
  const char* trial;
  std::int64_t parameters;
  double million_macs;
  double published_millions;  ///< of parameters, table 2
  std::int64_t last_channels;
};

TEST(DenseNet, nets_of_table_2_have_the_published_parameters_and_the_counted_cost) {
  const DenseCount counts[] = {
      {"l40-k12-c10plus", 1'019'722, 264.8, 1.0, 448},         {"l100-k12-c10plus", 6'979'642, 1769.5, 7.0, 1168},
      {"l100-k24-c10plus", 27'249'082, 6889.3, 27.2, 2320},    {"bc-l100-k12-c10plus", 769'162, 287.9, 0.8, 342},
      {"bc-l250-k24-c10plus", 15'324'406, 5418.8, 15.3, 1734}, {"bc-l190-k40-c10plus", 25'624'430, 9301.9, 25.6, 2190}};
  for (const DenseCount& count : counts) {
    const Graph graph = trial_net(count.trial);
    EXPECT_EQ(graph.trained_parameters(), count.parameters) << count.trial;
    EXPECT_NEAR(static_cast<double>(graph.forward_macs()) * 1e-6, count.million_macs, 0.05) << count.trial;
    EXPECT_NEAR(static_cast<double>(graph.trained_parameters()) * 1e-6, count.published_millions, 0.05) << count.trial;
    EXPECT_EQ(graph.node(graph.find("final.norm")).shape.channels, count.last_channels) << count.trial;
  }
  // 90 more classes: 90 rows of as many weights as there are maps, and a bias.
  EXPECT_EQ(trial_net("l40-k12-c100plus", kColour, 100).trained_parameters(), 1'019'722 + 90 * 449);
}

/// The published 27.2 million are those of a first convolution of 16 filters; with 2k, as in later code, they would be 28.1.
TEST(DenseNet, plain_nets_start_with_16_filters_and_the_others_with_twice_the_growth) {
  const auto first = [](const std::vector<Setting>& settings) {
    return options_of<layers::Conv2d>(net("densenet", "dense", settings), "conv1").filters;
  };
  EXPECT_EQ(first({{"growth", Int{24}}}), 16);
  EXPECT_EQ(first({{"growth", Int{24}}, {"compression", 0.5}}), 16);
  EXPECT_EQ(first({{"growth", Int{24}}, {"bottleneck", true}}), 16);
  EXPECT_EQ(first({{"growth", Int{24}}, {"bottleneck", true}, {"compression", 0.5}}), 48);
}

TEST(DenseNet, nets_for_photographs_have_the_counted_parameters_and_cost) {
  struct Count {
    const char* trial;
    double millions, billion_macs;  ///< as the tables of others' code round them
  };
  for (const Count& count : {Count{"imagenet-121", 7.98, 2.83}, Count{"imagenet-169", 14.15, 3.36}, Count{"imagenet-201", 20.01, 4.29},
                             Count{"imagenet-264", 33.34, 5.75}, Count{"imagenet-161", 28.68, 7.73}}) {
    const Graph graph = trial_net(count.trial, {224, 224, 3}, 1000);
    EXPECT_NEAR(static_cast<double>(graph.trained_parameters()) * 1e-6, count.millions, 0.005) << count.trial;
    EXPECT_NEAR(static_cast<double>(graph.forward_macs()) * 1e-9, count.billion_macs, 0.005) << count.trial;
  }
  const Graph graph = trial_net("imagenet-121", {224, 224, 3}, 1000);
  EXPECT_EQ(graph.node(graph.find("pool1")).shape, (SampleShape{56, 56, 64}));
  EXPECT_EQ(graph.node(graph.find("transition1.pool")).shape, (SampleShape{28, 28, 128}));
  EXPECT_EQ(graph.node(graph.find("block4.layer16.concat")).shape, (SampleShape{7, 7, 1024}));
}

TEST(DenseNet, small_nets_that_are_compared_have_nearly_equal_parameters_or_cost) {
  const Graph ours = small_net("bc-l22-k12");
  EXPECT_EQ(ours.trained_parameters(), 71'686);
  for (const char* other : {"b-l22-k11", "c-l16-k12", "l13-k12", "resnet-10"})
    EXPECT_NEAR(static_cast<double>(small_net(other).trained_parameters()) / 71'686, 1, 0.09) << other;
  EXPECT_NEAR(static_cast<double>(ours.forward_macs()) / static_cast<double>(small_net("resnet-16").forward_macs()), 1, 0.18);
}

/// With N layers a block has N (N + 1) / 2 ways from an input or a layer to a later layer.
TEST(DenseNet, every_layer_reads_the_maps_of_all_layers_before_it) {
  const Graph graph = net("densenet", "dense", {{"depth", Int{13}}, {"growth", Int{5}}});
  EXPECT_EQ(graph.node(graph.find("block1.layer1.norm")).shape.channels, 16);
  EXPECT_EQ(graph.node(graph.find("block1.layer2.norm")).shape.channels, 21);
  EXPECT_EQ(graph.node(graph.find("block1.layer3.norm")).shape.channels, 26);
  EXPECT_EQ(graph.node(graph.find("transition1.norm")).shape.channels, 31);
  EXPECT_EQ(graph.node(graph.find("block2.layer1.norm")).shape, (SampleShape{16, 16, 31}));
  EXPECT_EQ(input_of(graph, "block1.layer2.concat", 0), "block1.layer1.concat");
  EXPECT_EQ(input_of(graph, "block1.layer2.concat", 1), "block1.layer2.conv");
  EXPECT_EQ(input_of(graph, "block1.layer3.norm"), "block1.layer2.concat");
}

TEST(DenseNet, a_layer_with_a_bottleneck_is_norm_relu_1x1_norm_relu_3x3) {
  const Graph graph = net("densenet", "dense", {{"depth", Int{10}}, {"growth", Int{6}}, {"bottleneck", true}, {"compression", 0.5}});
  EXPECT_EQ(products_of(graph), (Strings{"3x3 c12 +1", "1x1 c24", "3x3 c6 +1", "1x1 c9", "pool", "1x1 c24", "3x3 c6 +1", "1x1 c7", "pool",
                                         "1x1 c24", "3x3 c6 +1", "pool", "10"}))
      << "18 maps become 9, 15 become 7";
  EXPECT_EQ(input_of(graph, "block1.layer1.conv"), "block1.layer1.relu");
  EXPECT_EQ(input_of(graph, "block1.layer1.norm"), "block1.layer1.bottleneck.conv");
  EXPECT_EQ(input_of(graph, "block1.layer1.bottleneck.conv"), "block1.layer1.bottleneck.relu");
  EXPECT_EQ(input_of(graph, "transition1.conv"), "transition1.relu");
}

TEST(DenseNet, dropout_stands_behind_every_convolution_but_the_first) {
  const auto dropouts = [](const Graph& graph) {
    Strings read;
    for (const graph::Node& node : graph.nodes())
      if (node.layer && node.layer->kind() == "dropout") read.push_back(graph.node(node.inputs[0]).name);
    return read;
  };
  const Graph graph = net("densenet", "dense", {{"depth", Int{10}}, {"bottleneck", true}, {"dropout", 0.2}});
  EXPECT_EQ(dropouts(graph),
            (Strings{"block1.layer1.bottleneck.conv", "block1.layer1.conv", "transition1.conv", "block2.layer1.bottleneck.conv",
                     "block2.layer1.conv", "transition2.conv", "block3.layer1.bottleneck.conv", "block3.layer1.conv"}));
  EXPECT_EQ(input_of(graph, "block1.layer1.concat", 1), "block1.layer1.dropout");
  EXPECT_EQ(layer_of(graph, "block1.layer1.dropout").summary(), "dropout inverted, keep 0.8");
  EXPECT_TRUE(dropouts(trial_net("l40-k12-c10plus")).empty());
  EXPECT_EQ(dropouts(trial_net("l40-k12-c10")).size(), 36u + 2u);
}

TEST(DenseNet, everything_decays_and_no_convolution_has_a_bias) {
  const Graph graph = small_net("bc-l22-k12");
  for (const graph::Node& node : graph.nodes())
    for (const auto& parameter : node.parameters) EXPECT_EQ(parameter.decays, parameter.trains) << node.name << "/" << parameter.name;
  EXPECT_EQ(graph.node(graph.find("block1.layer1.conv")).parameters.size(), 1u);
}

/// sqrt(2 / (3 * 3 * 12)), whatever the filter reads: He et al. from the side of the gradient.
TEST(DenseNet, weights_start_by_the_values_that_a_filter_writes_to) {
  const Graph graph = trial_net("l40-k12-c10plus");
  graph::Parameters parameters(graph);
  parameters.initialise(1);
  const auto deviation = [&](const std::string& node) {
    const graph::Parameter& weight = parameters.list()[static_cast<std::size_t>(parameters.of_node(graph.find(node))[0])];
    double square = 0;
    for (std::int64_t i = 0; i < weight.count; ++i) square += std::pow(static_cast<double>(parameters.of(weight)[i]), 2);
    return std::pair(std::sqrt(square / static_cast<double>(weight.count)), weight.count);
  };
  // A deviation is known to 1 / sqrt(2 n); four of these.
  const auto near = [](const std::pair<double, std::int64_t>& found, double expected) {
    EXPECT_NEAR(found.first, expected, 4 * expected / std::sqrt(2.0 * static_cast<double>(found.second)));
  };
  near(deviation("block1.layer12.conv"), std::sqrt(2.0 / 108));
  near(deviation("block3.layer12.conv"), std::sqrt(2.0 / 108));
  near(deviation("transition1.conv"), std::sqrt(2.0 / 160));
  near(deviation("conv1"), std::sqrt(2.0 / 144));
}

TEST(DenseNet, recipes_are_those_of_the_paper) {
  const recipes::Recipe plus = catalog::resolve("densenet", "bc-l100-k12-c100plus", "paper");
  EXPECT_EQ(plus.epochs, 300);
  EXPECT_EQ(plus.batch, 64);
  EXPECT_TRUE(plus.optimizer.nesterov);
  const recipes::Recipe svhn = catalog::resolve("densenet", "l100-k24-svhn", "paper");
  EXPECT_EQ(svhn.epochs, 40);
  EXPECT_TRUE(svhn.augmentation.empty());
  const recipes::Recipe photographs = catalog::resolve("densenet", "imagenet-201", "paper");
  EXPECT_EQ(photographs.epochs, 90);
  EXPECT_EQ(photographs.batch, 256);
  EXPECT_EQ(photographs.optimizer.weight_decay, 1e-4);
}

TEST(DenseNet, refuses_options_that_mean_nothing) {
  EXPECT_THROW(net("densenet", "dense", {{"depth", Int{41}}}), InputError);
  EXPECT_THROW(net("densenet", "dense", {{"depth", Int{13}}, {"bottleneck", true}}), InputError) << "6 N + 4 with bottlenecks";
  EXPECT_THROW(net("densenet", "dense", {{"compression", 1.5}}), InputError);
  EXPECT_THROW(net("densenet", "dense", {{"growth", Int{0}}}), InputError);
  EXPECT_THROW(net("densenet", "dense", {{"dropout", 1.0}}), InputError);
}

}  // namespace
}  // namespace reprise::experiments
