// The nets of the survey's papers against counts made by hand and published ones, and where regularisers stand in them.

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "model_outline.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"

namespace reprise::experiments {
namespace {

Graph net_of(const std::string& trial, const SampleShape& input = kColour, int classes = 10,
             const std::vector<catalog::Override>& overrides = {}) {
  return catalog::build_model(catalog::resolve("regularization", trial, "paper", overrides), input, classes);
}

double millions(std::int64_t number) {
  return static_cast<double>(number) * 1e-6;
}

TEST(Regularization, thin_residual_nets_have_the_counted_parameters_and_cost) {
  struct Count {
    const char* trial;
    const char* shortcut;
    SampleShape input;
    std::int64_t parameters;
    double million_macs;
  };
  const Count counts[] = {{"erasing-resnet-20-none", "subsample", kColour, 269722, 40.55},
                          {"erasing-resnet-20-none", "projection", kColour, 272474, 40.81},
                          {"erasing-resnet-20-none-fashion", "projection", {28, 28, 1}, 272186, 31.0}};
  for (const Count& count : counts) {
    const Graph graph = net_of(count.trial, count.input, 10, {{"model.shortcut", count.shortcut}});
    EXPECT_EQ(graph.trained_parameters(), count.parameters) << count.shortcut;
    EXPECT_NEAR(millions(graph.forward_macs()), count.million_macs, 0.15) << count.shortcut;
  }
}

/// Counts of the frameworks' own nets, to the last parameter.
TEST(Regularization, known_nets_have_their_known_parameters) {
  EXPECT_EQ(net_of("cutout-resnet18-none").trained_parameters(), 11173962);
  EXPECT_EQ(net_of("mixup-preact18-none").trained_parameters(), 11171146);
  EXPECT_EQ(net_of("resnet-50-none-imagenet", {224, 224, 3}, 1000).trained_parameters(), 25557032);
  EXPECT_EQ(net_of("resnet-101-cutmix-imagenet", {224, 224, 3}, 1000).trained_parameters(), 44549160);
}

/// The net of AugMix is a wide residual net, built here for the head that compares three views.
TEST(Regularization, augmix_trains_wrn_40_2) {
  const Graph wide = net("wrn", "wrn", {{"depth", std::int64_t{40}}, {"width", std::int64_t{2}}});
  for (const char* method : {"none", "augmix"}) {
    const Graph graph = net_of(std::string("augmix-wrn-40-2-") + method);
    EXPECT_EQ(graph.trained_parameters(), wide.trained_parameters()) << method;
    EXPECT_EQ(graph.forward_macs(), wide.forward_macs()) << method;
    EXPECT_EQ(graph.heads().front().loss->views(), std::string(method) == "augmix" ? 3 : 1);
  }
}

/// Published in millions, to one decimal.
TEST(Regularization, wide_nets_have_the_published_millions_of_parameters) {
  EXPECT_NEAR(millions(net_of("pyramidnet-200-none-cifar100", kColour, 100).trained_parameters()), 26.8, 0.05);
  EXPECT_NEAR(millions(net_of("pyramidnet-110-shakedrop-cifar100", kColour, 100).trained_parameters()), 28.5, 0.05);
  EXPECT_NEAR(millions(net_of("augment-pyramidnet-shakedrop-none").trained_parameters()), 26.2, 0.05);
  EXPECT_NEAR(millions(net_of("shaken-even-even-batch-2x32d").trained_parameters()), 2.9, 0.05);
  EXPECT_NEAR(millions(net_of("shaken-even-even-batch-2x64d").trained_parameters()), 11.7, 0.05);
  EXPECT_NEAR(millions(net_of("shaken-even-even-batch-2x96d").trained_parameters()), 26.2, 0.05);
}

TEST(Regularization, the_deep_nets_of_random_erasing_are_bottlenecks_without_saying_so) {
  const Graph deep = net_of("erasing-resnet-44-none");
  EXPECT_EQ(deep.node(deep.find("stage3.block7.add")).shape, (SampleShape{8, 8, 256}));
  EXPECT_FALSE(has(deep, "stage3.block8.add"));
  const Graph shallow = net_of("erasing-resnet-32-none");
  EXPECT_EQ(shallow.node(shallow.find("stage3.block5.add")).shape, (SampleShape{8, 8, 64}));
}

TEST(Regularization, pyramid_blocks_widen_one_by_one) {
  const Graph graph = net("regularization", "pyramid", {{"depth", std::int64_t{20}}, {"alpha", 20.0}});
  // Nine blocks, 20 / 9 wider each.
  const std::int64_t widths[] = {18, 20, 23, 25, 27, 29, 32, 34, 36};
  for (std::size_t i = 0; i < 9; ++i) {
    const std::string block = "stage" + std::to_string(i / 3 + 1) + ".block" + std::to_string(i % 3 + 1);
    EXPECT_EQ(graph.node(graph.find(block + ".add")).shape.channels, widths[i]) << block;
    EXPECT_EQ(layer_of(graph, block + ".zeros").kind(), "subsample");
    EXPECT_EQ(has(graph, block + ".mean"), i == 3 || i == 6);
  }
  EXPECT_THROW(net("regularization", "pyramid", {{"depth", std::int64_t{21}}}), InputError);
}

double keep_of(const Graph& graph, const std::string& node) {
  for (const layers::Fact& fact : layer_of(graph, node).facts())
    if (fact.name == "keep") return std::get<double>(fact.value);
  return -1;
}

TEST(Regularization, later_blocks_are_dropped_more_often) {
  const Graph depth = net("regularization", "preact", {{"stochastic_depth", 0.6}, {"blocks", std::vector<double>{1, 1, 1}}});
  const Graph shaken = net("regularization", "preact", {{"shake_drop", 0.6}, {"blocks", std::vector<double>{1, 1, 1}}});
  for (int i = 1; i <= 3; ++i) {
    const std::string block = "stage" + std::to_string(i) + ".block1";
    EXPECT_NEAR(keep_of(depth, block + ".drop_path"), 1 - 0.2 * i, 1e-12);
    EXPECT_NEAR(keep_of(shaken, block + ".shake_drop"), 1 - 0.2 * i, 1e-12);
    EXPECT_EQ(input_of(depth, block + ".add"), block + ".drop_path");  // the branch, not the shortcut
  }
}

TEST(Regularization, regularisers_stand_where_they_should) {
  const Graph blocks = net("regularization", "resnet", {{"drop_block", 0.1}});
  EXPECT_FALSE(has(blocks, "stage1.block3.drop_block"));
  EXPECT_EQ(input_of(blocks, "stage2.block1.drop_block"), "stage2.block1.relu");
  EXPECT_TRUE(has(blocks, "stage3.block3.drop_block"));
  const Graph thinned = net("regularization", "preact", {{"max_dropout", 0.3}, {"dropout", 0.25}, {"last_norm", true}});
  EXPECT_EQ(input_of(thinned, "stage1.block1.conv2"), "stage1.block1.dropout");
  EXPECT_EQ(input_of(thinned, "stage1.block1.dropout"), "stage1.block1.max_dropout");
  EXPECT_EQ(input_of(thinned, "stage1.block1.max_dropout"), "stage1.block1.2.relu");
  const Graph mixed = net("regularization", "preact", {{"mix_places", std::int64_t{3}}});
  EXPECT_EQ(mixed.node(mixed.find("mix0")).inputs[0], 0);
  EXPECT_EQ(input_of(mixed, "mix1"), "stage1.block3.add");
  EXPECT_EQ(input_of(mixed, "mix2"), "stage2.block3.add");
  EXPECT_FALSE(has(mixed, "mix3"));
}

TEST(Regularization, a_shaken_block_has_two_branches_and_a_shortcut_in_two_halves) {
  const Graph graph = net_of("shaken-shake-shake-image-2x32d");
  EXPECT_EQ(layer_of(graph, "stage2.block1.shake").summary(), "shake_shake shake-shake, for each image");
  EXPECT_EQ(layer_of(net_of("shaken-shake-keep-batch-2x32d"), "stage1.block1.shake").summary(), "shake_shake shake-keep, for each batch");
  EXPECT_EQ(input_of(graph, "stage2.block1.shake", 0), "stage2.block1.a.2.norm");
  EXPECT_EQ(input_of(graph, "stage2.block1.shake", 1), "stage2.block1.b.2.norm");
  EXPECT_EQ(input_of(graph, "stage2.block1.shortcut1.positions"), "stage2.block1.relu");
  EXPECT_EQ(layer_of(graph, "stage2.block1.shortcut2.positions").summary(), "subsample stride 2, offset -1");
  EXPECT_EQ(graph.node(graph.find("stage2.block1.shortcut1")).shape, (SampleShape{16, 16, 32}));
  EXPECT_EQ(input_of(graph, "stage2.block2.add", 1), "stage2.block1.add");
}

TEST(Regularization, arms_are_the_plain_net_but_for_their_regulariser) {
  const std::int64_t parameters = catalog::build_model(catalog::resolve("regularization", "plain", "desk")).trained_parameters();
  const catalog::Paper paper = catalog::load_paper("regularization");
  int arms = 0;
  for (const catalog::Claim& claim : paper.claims) {
    if (!claim.id.starts_with("gap-")) continue;
    ++arms;
    const recipes::Recipe recipe = catalog::resolve("regularization", claim.left, "desk");
    EXPECT_EQ(catalog::build_model(recipe).trained_parameters(), parameters) << claim.left;
    EXPECT_EQ(recipe.train_images, 5000) << claim.left;
  }
  EXPECT_GE(arms, 12);
}

TEST(Regularization, first_convolutions_start_with_the_deviation_of_their_fan_out) {
  const auto& start = parameter_of(net_of("erasing-resnet-20-none"), "stage2.block1.conv1").initialisation;
  EXPECT_EQ(start.kind, layers::Initialisation::Kind::normal);
  EXPECT_NEAR(start.value, std::sqrt(2.0 / (9 * 32)), 1e-12);
}

}  // namespace
}  // namespace reprise::experiments
