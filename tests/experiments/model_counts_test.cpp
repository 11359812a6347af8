// Parameters and multiply-adds of the nets against counts made by hand from the papers' layer lists.

#include <gtest/gtest.h>

#include <cmath>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"

namespace reprise::experiments {
namespace {

using graph::Graph;

const SampleShape kDigit{28, 28, 1};
const SampleShape kColour{32, 32, 3};

Graph net(const std::string& slug, const std::string& trial, const SampleShape& input,
          const std::vector<catalog::Override>& overrides = {}) {
  return catalog::build_model(catalog::resolve(slug, trial, "paper", overrides), input, 10);
}

/// Rounded to one decimal of the unit, as the tables are.
double rounded(double value, double unit) {
  return std::round(value / unit * 10) / 10;
}

struct Count {
  std::string trial;
  std::int64_t parameters;
  double million_macs, mega_operations;
};

class DropoutNets : public ::testing::TestWithParam<Count> {};

TEST_P(DropoutNets, have_the_counted_parameters_and_cost) {
  const Graph graph = net("dropout", GetParam().trial, kDigit);
  EXPECT_EQ(graph.trained_parameters(), GetParam().parameters);
  // The table counts weights only, so a product's bias addition is not an operation.
  EXPECT_EQ(rounded(static_cast<double>(graph.forward_macs()), 1e6), GetParam().million_macs);
  EXPECT_EQ(rounded(static_cast<double>(graph.training_flops()), 1e6), GetParam().mega_operations);
}

INSTANTIATE_TEST_SUITE_P(Dropout, DropoutNets,
                         ::testing::Values(Count{"table2-standard", 1276810, 1.3, 6.4}, Count{"table2-maxnorm-3x1024", 2913290, 2.9, 15.9},
                                           Count{"table2-maxnorm-3x2048", 10020874, 10.0, 56.9},
                                           Count{"table2-maxnorm-2x4096", 20037642, 20.0, 113.8},
                                           Count{"table2-maxnorm-2x8192", 73629706, 73.6, 428.8},
                                           Count{"table9-dropout-maxnorm", 3973130, 4.0, 22.2},
                                           Count{"figure8-dropout", 402448, 0.4, 2.0}));

TEST(DropoutConvnet, has_the_counted_parameters_and_cost) {
  const Graph up = net("dropout", "table4-cifar10-all", kColour);
  EXPECT_EQ(up.trained_parameters(), 13741578);
  EXPECT_EQ(rounded(static_cast<double>(up.forward_macs()), 1e6), 151.0);
  EXPECT_EQ(rounded(static_cast<double>(up.training_flops()), 1e8), 8.9);
  const Graph down = net("dropout", "table4-cifar10-all", kColour, {{"model.ceil", "false"}});
  EXPECT_EQ(down.trained_parameters(), 10071562);
  EXPECT_EQ(rounded(static_cast<double>(down.forward_macs()), 1e6), 125.6);
}

class TwelveNets : public ::testing::TestWithParam<Count> {};

TEST_P(TwelveNets, have_the_counted_parameters_and_cost) {
  const Graph padded = net("all-cnn", GetParam().trial, kColour, {{"model.padded_top", "true"}});
  EXPECT_EQ(padded.trained_parameters(), GetParam().parameters);
  EXPECT_EQ(rounded(static_cast<double>(padded.forward_macs()), 1e6), GetParam().million_macs);
  EXPECT_EQ(std::round(static_cast<double>(padded.training_flops()) / 1e6), GetParam().mega_operations);
  const Graph unpadded = net("all-cnn", GetParam().trial, kColour);
  EXPECT_EQ(unpadded.trained_parameters(), GetParam().parameters);
  EXPECT_LT(unpadded.forward_macs(), padded.forward_macs());
}

INSTANTIATE_TEST_SUITE_P(AllCnn, TwelveNets,
                         ::testing::Values(Count{"model-a", 839242, 149.1, 880}, Count{"strided-a", 839242, 55.1, 327},
                                           Count{"convpool-a", 1254250, 318.9, 1899}, Count{"allcnn-a", 1254250, 191.5, 1134},
                                           Count{"model-b", 885610, 167.9, 993}, Count{"strided-b", 885610, 153.8, 908},
                                           Count{"convpool-b", 1300618, 337.8, 2012}, Count{"allcnn-b", 1300618, 210.4, 1248},
                                           Count{"model-c", 954730, 238.7, 1427}, Count{"strided-c", 954730, 111.3, 663},
                                           Count{"convpool-c", 1369738, 408.6, 2446}, Count{"allcnn-c", 1369738, 281.2, 1682}));

TEST(AllCnn, has_an_unpadded_top_and_a_head_for_a_hundred_classes) {
  const Graph graph = net("all-cnn", "allcnn-c", kColour);
  EXPECT_EQ(rounded(static_cast<double>(graph.forward_macs()), 1e6), 270.8);
  EXPECT_EQ(graph.node(graph.find("average")).inputs.size(), 1u);
  EXPECT_EQ(graph.node(graph.find("conv9")).shape, (SampleShape{6, 6, 10}));
  const auto cifar100 = catalog::build_model(catalog::resolve("all-cnn", "allcnn-c-cifar100", "paper"), kColour, 100);
  EXPECT_EQ(cifar100.trained_parameters(), 1387108);
}

TEST(AllCnn, narrow_nets_have_the_counted_parameters) {
  const auto parameters = [](const char* trial) {
    return catalog::build_model(catalog::resolve("all-cnn", trial, "desk"), kColour, 10).trained_parameters();
  };
  EXPECT_EQ(parameters("model-c"), 60706);
  EXPECT_EQ(parameters("strided-c"), 60706);
  EXPECT_EQ(parameters("convpool-c"), 86698);
  EXPECT_EQ(parameters("allcnn-c"), 86698);
}

TEST(LogAvgExp, nets_have_the_counted_parameters_and_cost) {
  const auto check = [](const char* trial, std::int64_t parameters, double million_macs, double mega_operations) {
    const Graph graph = net("logavgexp", trial, kColour);
    EXPECT_EQ(graph.trained_parameters(), parameters) << trial;
    EXPECT_EQ(rounded(static_cast<double>(graph.forward_macs()), 1e6), million_macs) << trial;
    // Three products of a layer in training, two operations each; the first layer needs no input gradient.
    EXPECT_EQ(std::round(static_cast<double>(6 * graph.forward_macs()) / 1e6), mega_operations) << trial;
    EXPECT_EQ(graph.training_flops(), 6 * graph.forward_macs() - 2 * graph.node(1).cost.forward_macs) << trial;
  };
  check("resnet8-feature-gap", 78186, 12.5, 75);
  check("resnet14-feature-gap", 175626, 26.7, 160);
  check("all-cnn-c-gap", 345150, 71.0, 426);
}

TEST(LogAvgExp, placement_does_not_change_the_number_of_parameters_but_a_temperature_does) {
  const auto parameters = [](const char* trial) { return net("logavgexp", trial, kColour).trained_parameters(); };
  EXPECT_EQ(parameters("resnet8-logit-gap"), 78186);
  EXPECT_EQ(parameters("resnet8-logit-lae-learned"), 78187);
  EXPECT_EQ(parameters("resnet8-feature-lae-learned-channel"), 78186 + 64);
}

struct WideNet {
  int depth, width;
  std::int64_t parameters;
  double billion_macs;
};

class WideNets : public ::testing::TestWithParam<WideNet> {};

/// Counts made from the layer list; 8,949,210 is also what the official training log prints.
TEST_P(WideNets, have_the_counted_parameters_and_cost) {
  const WideNet& expected = GetParam();
  const std::vector<catalog::Override> shape{{"model.depth", std::to_string(expected.depth)},
                                             {"model.width", std::to_string(expected.width)}};
  const Graph graph = net("wrn", "wrn-40-4", kColour, shape);
  EXPECT_EQ(graph.trained_parameters(), expected.parameters);
  EXPECT_NEAR(static_cast<double>(graph.forward_macs()) / 1e9, expected.billion_macs, 0.5e-4);
  // 90 more classes: 90 rows of 64 k weights and a bias.
  const Graph hundred = catalog::build_model(catalog::resolve("wrn", "wrn-40-4-cifar100", "paper", shape), kColour, 100);
  EXPECT_EQ(hundred.trained_parameters(), expected.parameters + 90 * (64 * expected.width + 1));
}

/// Counted from the layer list, and what the author's code prints.
TEST(Speedrun, has_the_published_parameters_and_operations) {
  const Graph graph = net("speedrun", "airbench94", kColour);
  EXPECT_EQ(graph.trained_parameters(), 1'971'640);
  const auto recipe = catalog::resolve("speedrun", "airbench94", "paper");
  EXPECT_NEAR(static_cast<double>(graph.training_flops() * recipe.batch * recipe.steps), 3.45e14,
              0.01e14);  // published 3.6e14 with the evaluation
}

/// Parameters counted from the layer list; operations published with the evaluation.
TEST(Speedrun, later_nets_have_the_counted_parameters_and_about_the_published_operations) {
  const auto check = [](const char* trial, std::int64_t parameters, double published) {
    const Graph graph = net("speedrun", trial, kColour);
    EXPECT_EQ(graph.trained_parameters(), parameters) << trial;
    const auto recipe = catalog::resolve("speedrun", trial, "paper");
    const double flops = static_cast<double>(graph.training_flops() * recipe.batch * recipe.steps);
    EXPECT_NEAR(flops / published, 1, 0.06) << trial;
  };
  check("airbench94-muon", 1'971'640, 2.9e14);
  check("airbench95", 4'604'728, 1.39e15);
  check("airbench96", 9'915'704, 4.91e15);
}

INSTANTIATE_TEST_SUITE_P(Wrn, WideNets,
                         ::testing::Values(WideNet{10, 1, 77850, 0.0125}, WideNet{10, 2, 303706, 0.0445}, WideNet{16, 1, 175066, 0.0267},
                                           WideNet{16, 2, 691674, 0.1011}, WideNet{16, 4, 2748890, 0.3926}, WideNet{28, 1, 369498, 0.0550},
                                           WideNet{28, 2, 1467610, 0.2144}, WideNet{40, 1, 563930, 0.0833}, WideNet{40, 2, 2243546, 0.3276},
                                           WideNet{52, 1, 758362, 0.1116}, WideNet{40, 4, 8949210, 1.2986},
                                           WideNet{16, 8, 10961370, 1.5481}, WideNet{22, 8, 17158106, 2.4541},
                                           WideNet{16, 10, 17116634, 2.4122}, WideNet{22, 10, 26797914, 3.8278},
                                           WideNet{40, 8, 35748314, 5.1720}, WideNet{28, 10, 36479194, 5.2433},
                                           WideNet{28, 12, 52517850, 7.5439}, WideNet{40, 10, 55841754, 8.0745}));

/// Table 2 gives parameters to a tenth of a million. They tell how depth counts for blocks of one or three convolutions: N = (depth - 4) /
/// 6 whatever the block, which is the number of 3x3 convolutions that a B(3,3) net of the same N would have.
TEST(Wrn, block_kinds_have_the_published_number_of_parameters) {
  const auto check = [](const char* trial, double millions) {
    EXPECT_NEAR(static_cast<double>(net("wrn", trial, kColour).trained_parameters()) / 1e6, millions, 0.05) << trial;
  };
  check("b-1-3-1", 1.4);
  check("b-3-1", 1.2);
  check("b-1-3", 1.3);
  check("b-3-1-1", 1.3);
  check("b-3-3", 1.5);
  check("b-3-1-3", 1.1);
}

TEST(Wrn, deepening_factors_keep_convolutions_and_parameters) {
  const auto convolutions = [](const Graph& graph) {
    int count = 0;
    for (const graph::Node& node : graph.nodes()) count += node.name.find(".conv") != std::string::npos ? 1 : 0;
    return count;
  };
  for (const char* trial : {"l-1", "wrn-40-2-zca", "l-3", "l-4"}) {
    const Graph graph = net("wrn", trial, kColour);
    EXPECT_EQ(convolutions(graph), 36) << trial;
    EXPECT_EQ(rounded(static_cast<double>(graph.trained_parameters()), 1e6), 2.2) << trial;
  }
}

TEST(Wrn, a_block_that_changes_shape_projects_its_first_activation_and_any_other_passes_its_input_on) {
  const Graph thin = net("wrn", "wrn-40-1-zca", kColour);
  const graph::Node& identity = thin.node(thin.find("conv2.block1.add"));
  EXPECT_EQ(thin.node(identity.inputs[1]).name, "conv1");
  const Graph wide = net("wrn", "wrn-40-2-zca", kColour);
  const graph::Node& projection = wide.node(wide.find("conv2.block1.shortcut"));
  EXPECT_EQ(wide.node(projection.inputs[0]).name, "conv2.block1.1.relu");
  EXPECT_EQ(wide.node(wide.find("conv4.block6.add")).shape, (SampleShape{8, 8, 128}));
}

TEST(Wrn, weight_decay_is_on_every_trained_parameter_and_dropout_stands_in_front_of_the_last_convolution) {
  const Graph graph = net("wrn", "wrn-28-10-dropout", kColour);
  for (const graph::Node& node : graph.nodes())
    for (const auto& parameter : node.parameters) EXPECT_EQ(parameter.decays, parameter.trains) << node.name << "/" << parameter.name;
  const graph::Node& last = graph.node(graph.find("conv3.block2.conv2"));
  EXPECT_EQ(graph.node(last.inputs[0]).name, "conv3.block2.dropout");
  EXPECT_EQ(graph.node(last.inputs[0]).layer->summary(), "dropout inverted, keep 0.7");
  EXPECT_THROW(net("wrn", "wrn-40-4", kColour, {{"model.depth", "20"}}), InputError);
}

struct SoftHebbCount {
  const char* trial;
  SampleShape input;
  int classes;
  std::int64_t parameters;
  double billion_macs;  ///< made by hand, four decimals
  std::int64_t features;
};

TEST(SoftHebb, nets_have_the_counted_parameters_cost_and_features) {
  const SampleShape photograph{96, 96, 3}, large{160, 160, 3};
  const SoftHebbCount counts[] = {{"cifar10-1layer", kColour, 10, 252970, 0.0076, 24576},
                                  {"cifar10-2layer", kColour, 10, 584746, 0.0926, 24576},
                                  {"cifar10-3layer", kColour, 10, 5893162, 0.4323, 24576},
                                  {"cifar10-3layer-half", kColour, 10, 1536538, 0.1100, 12288},
                                  {"cifar10-3layer-quarter", kColour, 10, 415762, 0.0284, 6144},
                                  {"cifar10-3layer-double", kColour, 10, 23066698, 1.7139, 49152},
                                  {"width1x-3layer", kColour, 10, 188458, 0.0339, 1536},
                                  {"width2x-3layer", kColour, 10, 898090, 0.0924, 6144},
                                  {"mnist-conv", kDigit, 10, 387682, 0.0208, 3456},
                                  {"stl10-4layer", photograph, 10, 92793898, 16.1212, 221184},
                                  {"imagenet-5layer", large, 1000, 669586936, 45.5209, 307200}};
  for (const SoftHebbCount& count : counts) {
    const Graph graph = catalog::build_model(catalog::resolve("softhebb", count.trial, "paper"), count.input, count.classes);
    EXPECT_EQ(graph.trained_parameters(), count.parameters) << count.trial;
    EXPECT_NEAR(static_cast<double>(graph.forward_macs()) * 1e-9, count.billion_macs, 0.5e-4) << count.trial;
    EXPECT_EQ(graph.node(graph.find("features")).shape.size(), count.features) << count.trial;
  }
}

TEST(SoftHebb, a_hebbian_step_is_two_products_a_layer) {
  const Graph graph = net("softhebb", "cifar10-3layer", kColour);
  const double hebbian = 4.0 * static_cast<double>(graph.forward_macs() - 245760);
  EXPECT_NEAR(static_cast<double>(graph.training_flops()), hebbian + 6.0 * 245760, 1.0);
  const Graph random = net("softhebb", "cifar10-3layer-random", kColour);
  EXPECT_NEAR(static_cast<double>(random.training_flops()), hebbian / 2 + 6.0 * 245760, 1.0);
}

TEST(SoftHebb, the_shallow_presets_are_no_prefixes_of_the_deep_one) {
  const Graph one = net("softhebb", "cifar10-1layer", kColour), two = net("softhebb", "cifar10-2layer", kColour),
              three = net("softhebb", "cifar10-3layer", kColour);
  EXPECT_EQ(one.node(one.find("pool1")).layer->summary(), "average_pool2d 4x4, stride 2, pad 1, padding counted");
  EXPECT_EQ(two.node(two.find("conv2")).layer->summary(), "soft_hebb_conv2d 3x3, 384, pad 1 reflect, t 0.65, rate 0.005, triangle first");
  EXPECT_EQ(three.node(three.find("pool1")).layer->summary(), "max_pool2d 4x4, stride 2, pad 1");
}

}  // namespace
}  // namespace reprise::experiments
