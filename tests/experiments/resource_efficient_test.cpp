// Nets of few bits: counts, which layers stay real, which activations are quantised, structures, and the law that real options change
// nothing.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/layers/clustered_weights.hpp"
#include "suite/layers/quantised_activation.hpp"
#include "suite/layers/quantised_weights.hpp"
#include "tests/experiments/model_outline.hpp"

namespace reprise::experiments {
namespace {

using Int = std::int64_t;
using layers::QuantisedActivation;
using layers::QuantisedWeights;

Graph few(const std::string& model, const std::vector<Setting>& settings = {}, const SampleShape& input = kColour) {
  return net("resource-efficient", model, settings, input);
}

/// Weights of convolutions and dense layers.
Int weights_of(const Graph& graph) {
  Int count = 0;
  for (const graph::Node& node : graph.nodes())
    for (const auto& parameter : node.parameters)
      if (parameter.name == "weight") count += parameter.count();
  return count;
}

Strings nodes_of_kind(const Graph& graph, const std::string& kind) {
  Strings names;
  for (const graph::Node& node : graph.nodes())
    if (node.layer && node.layer->kind() == kind) names.push_back(node.name);
  return names;
}

TEST(ResourceEfficient, nets_have_the_counted_parameters_and_multiply_adds) {
  const SampleShape grey{28, 28, 1};
  EXPECT_EQ(weights_of(few("lenet", {}, grey)), 553'000);
  EXPECT_EQ(few("lenet", {}, grey).forward_macs(), 24 * 24 * 500 + 8 * 8 * 25'000 + 400'000 + 125'000 + 2'500);
  EXPECT_EQ(weights_of(few("binary_vgg")), 12'973'440);
  EXPECT_NEAR(static_cast<double>(few("binary_vgg").forward_macs()) * 1e-6, 615.9, 0.05);
  EXPECT_EQ(weights_of(few("binary_vgg", {{"width", 0.25}})), 813'408);
  EXPECT_NEAR(static_cast<double>(few("binary_vgg", {{"width", 0.25}}).forward_macs()) * 1e-6, 39.2, 0.05);
  struct Count {
    Int depth, width, parameters;
    double million_macs;
  };
  for (const Count& count : {Count{28, 10, 36'479'194, 5243}, Count{16, 4, 2'748'890, 392.6}, Count{16, 2, 691'674, 101.1},
                             Count{16, 1, 175'066, 26.7}, Count{10, 1, 77'850, 12.5}}) {
    const Graph graph = few("wrn", {{"depth", count.depth}, {"width", count.width}});
    EXPECT_EQ(graph.trained_parameters(), count.parameters);
    EXPECT_NEAR(static_cast<double>(graph.forward_macs()) * 1e-6, count.million_macs, count.million_macs * 2e-3);
  }
  const std::vector<Setting> bc{{"depth", Int{100}}, {"growth", Int{12}}, {"bottleneck", true}, {"compression", 0.5}};
  EXPECT_EQ(few("dense", bc).trained_parameters(), 769'162);
  const recipes::Recipe hundred_classes = catalog::resolve("resource-efficient", "densenet", "paper");
  EXPECT_EQ(catalog::build_model(hundred_classes).trained_parameters(), 800'032);
  EXPECT_NEAR(static_cast<double>(catalog::build_model(hundred_classes).forward_macs()) * 1e-6, 288.0, 0.05);
}

TEST(ResourceEfficient, real_nets_are_those_of_the_other_papers_node_by_node) {
  const auto same = [](const Graph& found, const Graph& expected) {
    ASSERT_EQ(found.nodes().size(), expected.nodes().size());
    for (std::size_t n = 1; n < found.nodes().size(); ++n) {
      EXPECT_EQ(found.nodes()[n].name, expected.nodes()[n].name);
      EXPECT_EQ(found.nodes()[n].inputs, expected.nodes()[n].inputs);
      EXPECT_EQ(found.nodes()[n].layer->summary(), expected.nodes()[n].layer->summary());
    }
  };
  const std::vector<Setting> depth{{"depth", Int{16}}, {"width", Int{2}}};
  same(few("wrn", depth), net("wrn", "wrn", depth));
  same(few("dense", {{"depth", Int{16}}}), net("densenet", "dense", {{"depth", Int{16}}}));
  same(few("resnet", {{"blocks", Numbers{1, 1, 1}}}), net("regularization", "resnet", {{"blocks", Numbers{1, 1, 1}}}));
}

TEST(ResourceEfficient, the_first_and_the_last_layer_stay_real_and_so_does_what_they_read) {
  const Graph lenet =
      few("lenet", {{"weights", "dorefa"}, {"weight_bits", Int{2}}, {"activations", "dorefa"}, {"activation_bits", Int{4}}});
  EXPECT_EQ(nodes_of_kind(lenet, "quantised_weights"), (Strings{"conv2", "dense1", "dense2"}));
  EXPECT_EQ(nodes_of_kind(lenet, "quantised_activation"), (Strings{"conv1.relu", "conv2.relu", "dense1.relu"})) << "through the pools";
  EXPECT_EQ(options_of<QuantisedWeights>(lenet, "conv2").quantiser.bits, 2);
  EXPECT_EQ(options_of<QuantisedActivation>(lenet, "conv1.relu").bits, 4);
  EXPECT_EQ(lenet.trained_parameters(), few("lenet").trained_parameters());

  const Graph wide =
      few("wrn", {{"depth", Int{10}}, {"weights", "sign"}, {"activations", "pact"}, {"activation_bits", Int{2}}, {"alpha", 4.0}});
  EXPECT_EQ(nodes_of_kind(wide, "conv2d"), (Strings{"conv1"}));
  EXPECT_EQ(nodes_of_kind(wide, "dense"), (Strings{"logits"}));
  EXPECT_EQ(nodes_of_kind(wide, "relu"), (Strings{"final.relu"}));
  EXPECT_EQ(nodes_of_kind(wide, "quantised_activation").size(), 6u);
  EXPECT_EQ(wide.trained_parameters(), 77'850 + 6) << "an alpha for each activation";
}

TEST(ResourceEfficient, one_of_the_two_may_stay_real_and_the_edges_may_have_bits_of_their_own) {
  const Graph weights = few("lenet", {{"weights", "ternary"}, {"clips", true}});
  EXPECT_TRUE(nodes_of_kind(weights, "quantised_activation").empty());
  EXPECT_TRUE(options_of<QuantisedWeights>(weights, "dense1").clips);
  const Graph activations = few("lenet", {{"activations", "sign"}});
  EXPECT_TRUE(nodes_of_kind(activations, "quantised_weights").empty());
  EXPECT_EQ(nodes_of_kind(activations, "relu"), (Strings{"dense2.relu"}));
  const Graph edges = few("lenet", {{"weights", "dorefa"}, {"weight_bits", Int{4}}, {"edge_bits", Int{8}}, {"clips", true}});
  for (const char* edge : {"conv1", "logits"}) {
    EXPECT_EQ(options_of<QuantisedWeights>(edges, edge).quantiser.rule, layers::WeightRule::symmetric);
    EXPECT_EQ(options_of<QuantisedWeights>(edges, edge).quantiser.bits, 8);
    EXPECT_FALSE(options_of<QuantisedWeights>(edges, edge).clips);
  }
}

TEST(ResourceEfficient, weights_but_the_first_and_the_last_may_share_values) {
  const SampleShape grey{28, 28, 1};
  const Graph lenet = few("lenet", {{"weight_values", Int{16}}}, grey);
  EXPECT_EQ(nodes_of_kind(lenet, "clustered_weights"), (Strings{"conv2", "dense1", "dense2"}));
  EXPECT_EQ(options_of<layers::ClusteredWeights>(lenet, "dense1").values, 16);
  EXPECT_EQ(lenet.trained_parameters(), few("lenet", {}, grey).trained_parameters() - 25'000 - 400'000 - 125'000 + 3 * 16);
  EXPECT_EQ(lenet.forward_macs(), few("lenet", {}, grey).forward_macs());
}

TEST(ResourceEfficient, structures_stand_for_the_3x3_convolutions_but_the_first) {
  const Graph depthwise = few("wrn", {{"depth", Int{10}}, {"structure", "depthwise"}});
  EXPECT_EQ(options_of<layers::Conv2d>(depthwise, "conv3.block1.conv1.depthwise").groups, 16);
  EXPECT_EQ(options_of<layers::Conv2d>(depthwise, "conv3.block1.conv1.depthwise").stride, 2);
  EXPECT_EQ(options_of<layers::Conv2d>(depthwise, "conv3.block1.conv1").filter_size, 1);
  EXPECT_EQ(options_of<layers::Conv2d>(depthwise, "conv3.block1.conv1").stride, 1);
  EXPECT_EQ(options_of<layers::Conv2d>(depthwise, "conv1").filter_size, 3);
  EXPECT_EQ(nodes_of_kind(depthwise, "conv2d").size(), 1u + 2 * 6 + 2);
  const Graph grouped = few("wrn", {{"depth", Int{10}}, {"width", Int{2}}, {"structure", "grouped"}, {"groups", Int{8}}});
  EXPECT_EQ(options_of<layers::Conv2d>(grouped, "conv4.block1.conv2").groups, 8);
  EXPECT_EQ(input_of(grouped, "conv4.block1.add", 0), "conv4.block1.conv2.shuffle");
  const Graph bottleneck = few("wrn", {{"depth", Int{10}}, {"width", Int{4}}, {"kernels", Numbers{1, 3, 1}}, {"inner", 0.25}});
  EXPECT_EQ(options_of<layers::Conv2d>(bottleneck, "conv2.block1.conv1").filters, 16);
  EXPECT_EQ(options_of<layers::Conv2d>(bottleneck, "conv2.block1.conv2").filters, 16);
  EXPECT_EQ(options_of<layers::Conv2d>(bottleneck, "conv2.block1.conv3").filters, 64);
  for (const char* trial : {"structure-depthwise", "structure-grouped", "structure-bottleneck"}) {
    const Graph graph = catalog::build_model(catalog::resolve("resource-efficient", trial, "desk"));
    EXPECT_NEAR(static_cast<double>(graph.trained_parameters()) / 77'850, 1, 0.1) << trial;
    EXPECT_LT(graph.forward_macs(), 2 * 12'500'000) << trial;
  }
}

TEST(ResourceEfficient, anchors_are_of_others_and_reproduced_at_paper_scale_alone) {
  const catalog::Paper paper = catalog::load_paper("resource-efficient");
  EXPECT_EQ(paper.published.size(), 37u);
  for (const catalog::PublishedNumber& number : paper.published) EXPECT_TRUE(number.role == "baseline" || number.role == "reproduction");
  for (const catalog::Trial& trial : paper.trials)
    for (const recipes::Recipe& recipe : trial.recipes)
      if (recipe.scale == "paper" && !recipe.reproduces.empty()) {
        const std::string& published = paper.find_published(recipe.reproduces[0])->dataset;
        EXPECT_EQ(published, recipe.dataset == "cifar-10"    ? "cifar10"
                             : recipe.dataset == "cifar-100" ? "cifar100"
                                                             : recipe.dataset)
            << trial.name;
      }
}

TEST(ResourceEfficient, refuses_options_that_mean_nothing) {
  EXPECT_THROW(few("lenet", {{"weights", "binary"}}), InputError);
  EXPECT_THROW(few("lenet", {{"weight_bits", Int{2}}}), InputError) << "bits without a rule";
  EXPECT_THROW(few("lenet", {{"weights", "sign"}, {"weight_bits", Int{2}}}), InputError) << "signs have one bit";
  EXPECT_THROW(few("lenet", {{"activations", "dorefa"}, {"alpha", 2.0}}), InputError);
  EXPECT_THROW(few("lenet", {{"weights", "sign"}, {"weight_values", Int{16}}}), InputError) << "shared values have no rule";
  EXPECT_THROW(few("lenet", {{"weight_values", Int{1}}}), InputError);
  EXPECT_THROW(few("wrn", {{"structure", "dense"}}), InputError);
  EXPECT_THROW(few("wrn", {{"groups", Int{4}}}), InputError) << "groups of a plain net";
  EXPECT_THROW(few("wrn", {{"inner", 0.0}}), InputError);
  EXPECT_THROW(few("binary_vgg", {{"width", 0.0}}), InputError);
}

}  // namespace
}  // namespace reprise::experiments
