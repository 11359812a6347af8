// What each option of a paper's models does to the net.

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "tests/experiments/model_outline.hpp"

namespace reprise::experiments {
namespace {

using Start = layers::Initialisation::Kind;

// ------------------------------------------------------------------------------------------------------------------ all-cnn

Strings all_cnn(const char* family, const char* variant) {
  return products_of(
      net("all-cnn", "all_cnn", {{"family", std::string(family)}, {"variant", std::string(variant)}, {"widths", Numbers{4, 6}}}));
}

TEST(AllCnnOptions, family_and_variant_make_the_twelve_nets_of_the_tables) {
  const Strings top{"3x3 c6", "1x1 c6", "1x1 c10", "pool"};
  const auto with_top = [&](Strings stages) {
    stages.insert(stages.end(), top.begin(), top.end());
    return stages;
  };
  EXPECT_EQ(all_cnn("A", "base"), with_top({"5x5 c4 +2", "pool", "5x5 c6 +2", "pool"}));
  EXPECT_EQ(all_cnn("A", "strided"), with_top({"5x5 c4 /2 +2", "5x5 c6 /2 +2"}));
  EXPECT_EQ(all_cnn("A", "convpool"), with_top({"5x5 c4 +2", "3x3 c4 +1", "pool", "5x5 c6 +2", "3x3 c6 +1", "pool"}));
  EXPECT_EQ(all_cnn("A", "all"), with_top({"5x5 c4 +2", "3x3 c4 /2 +1", "5x5 c6 +2", "3x3 c6 /2 +1"}));
  EXPECT_EQ(all_cnn("B", "base"), with_top({"5x5 c4 +2", "1x1 c4", "pool", "5x5 c6 +2", "1x1 c6", "pool"}));
  EXPECT_EQ(all_cnn("B", "strided"), with_top({"5x5 c4 +2", "1x1 c4 /2", "5x5 c6 +2", "1x1 c6 /2"}));
  EXPECT_EQ(all_cnn("C", "base"), with_top({"3x3 c4 +1", "3x3 c4 +1", "pool", "3x3 c6 +1", "3x3 c6 +1", "pool"}));
  EXPECT_EQ(all_cnn("C", "all"), with_top({"3x3 c4 +1", "3x3 c4 +1", "3x3 c4 /2 +1", "3x3 c6 +1", "3x3 c6 +1", "3x3 c6 /2 +1"}));
  EXPECT_THROW(all_cnn("D", "all"), InputError);
}

TEST(AllCnnOptions, dropout_stands_before_the_net_and_behind_each_stage) {
  const Graph graph = net("all-cnn", "all_cnn", {{"input_keep", 0.75}, {"hidden_keep", 0.25}, {"dropout_form", std::string("gaussian")}});
  EXPECT_EQ(input_of(graph, "input_dropout"), graph.node(0).name);
  EXPECT_EQ(input_of(graph, "dropout1"), "relu3");
  EXPECT_EQ(input_of(graph, "dropout2"), "relu6");
  EXPECT_EQ(layer_of(graph, "input_dropout").summary(), "dropout gaussian, keep 0.75");
  EXPECT_EQ(layer_of(graph, "dropout2").summary(), "dropout gaussian, keep 0.25");
  const Graph without = net("all-cnn", "all_cnn", {{"input_keep", 1.0}, {"hidden_keep", 1.0}});
  for (const char* name : {"input_dropout", "dropout1", "dropout2"}) EXPECT_FALSE(has(without, name));
}

TEST(AllCnnOptions, the_top_is_padded_and_the_classes_rectified_if_asked) {
  EXPECT_EQ(options_of<layers::Conv2d>(net("all-cnn", "all_cnn"), "conv7").padding, 0);
  EXPECT_EQ(options_of<layers::Conv2d>(net("all-cnn", "all_cnn", {{"padded_top", true}}), "conv7").padding, 1);
  EXPECT_EQ(input_of(net("all-cnn", "all_cnn"), "average"), "relu9");
  EXPECT_EQ(input_of(net("all-cnn", "all_cnn", {{"class_relu", false}}), "average"), "conv9");
  const Graph graph = net("all-cnn", "all_cnn", {{"initialisation", std::string("xavier_uniform")}});
  for (const char* name : {"conv1", "conv9"}) EXPECT_EQ(parameter_of(graph, name).initialisation.kind, Start::xavier_uniform);
}

// ------------------------------------------------------------------------------------------------------------------ dropout

TEST(DropoutOptions, perceptron_has_its_layers_activation_penalty_and_dropout_in_this_order) {
  const Graph plain = net("dropout", "mlp", {{"hidden", Numbers{5, 7}}});
  EXPECT_EQ(kinds_of(plain), (Strings{"dense", "relu", "dense", "relu", "dense"}));
  EXPECT_EQ(products_of(plain), (Strings{"5", "7", "10"}));
  const Graph full = net("dropout", "mlp",
                         {{"hidden", Numbers{5}},
                          {"activation", std::string("tanh")},
                          {"input_keep", 0.8},
                          {"hidden_keep", 0.5},
                          {"kl_weight", 2.0},
                          {"kl_target", 0.125}});
  EXPECT_EQ(kinds_of(full), (Strings{"dropout", "dense", "tanh", "kl_sparsity", "dropout", "dense"}));
  EXPECT_EQ(layer_of(full, "input_dropout").summary(), "dropout non_inverted, keep 0.8");
  EXPECT_EQ(layer_of(full, "dropout1").summary(), "dropout non_inverted, keep 0.5");
  EXPECT_NE(layer_of(full, "sparsity1").summary().find("0.125"), std::string::npos);
  EXPECT_EQ(kinds_of(net("dropout", "mlp", {{"hidden", Numbers{5}}, {"activation", std::string("logistic")}})),
            (Strings{"dense", "logistic", "dense"}));
  EXPECT_THROW(net("dropout", "mlp", {{"activation", std::string("sigmoid")}}), InputError);
  EXPECT_THROW(net("dropout", "mlp", {{"input_keep", 0.0}}), InputError);
}

TEST(DropoutOptions, start_and_gain_are_those_of_every_dense_layer) {
  const Graph graph = net("dropout", "mlp", {{"hidden", Numbers{5}}, {"initialisation", std::string("normal")}, {"gain", 0.03}});
  for (const char* name : {"dense1", "logits"}) {
    EXPECT_EQ(parameter_of(graph, name).initialisation.kind, Start::normal) << name;
    EXPECT_EQ(options_of<layers::Dense>(graph, name).gain, 0.03) << name;
  }
  EXPECT_EQ(parameter_of(net("dropout", "mlp"), "dense2").initialisation.kind, Start::fan_in_normal);
}

TEST(DropoutOptions, autoencoder_gives_as_many_values_as_it_reads) {
  const Graph graph = net("dropout", "autoencoder", {{"hidden", std::int64_t{9}}, {"hidden_keep", 0.5}}, {4, 4, 2});
  EXPECT_EQ(products_of(graph), (Strings{"9", "32"}));
  EXPECT_EQ(kinds_of(graph), (Strings{"dense", "relu", "dropout", "dense"}));
  EXPECT_EQ(graph.main_head().loss->name(), "logistic_cross_entropy");
  EXPECT_EQ(graph.main_head().target, losses::Target::input);
}

TEST(DropoutOptions, convnet_has_a_keep_for_each_place) {
  const Graph graph =
      net("dropout", "convnet", {{"maps", Numbers{2, 3, 4}}, {"features", Numbers{5, 6}}, {"keep", Numbers{0.9, 0.8, 0.7, 0.6, 1, 0.5}}});
  EXPECT_EQ(products_of(graph), (Strings{"5x5 c2 +2", "pool", "5x5 c3 +2", "pool", "5x5 c4 +2", "pool", "5", "6", "10"}));
  const std::pair<const char*, const char*> places[] = {
      {"input_dropout", "0.9"}, {"dropout1", "0.8"}, {"dropout2", "0.7"}, {"dropout3", "0.6"}, {"dropout5", "0.5"}};
  for (const auto& [name, keep] : places)
    EXPECT_EQ(layer_of(graph, name).summary(), std::string("dropout non_inverted, keep ") + keep) << name;
  EXPECT_FALSE(has(graph, "dropout4"));
  EXPECT_EQ(input_of(graph, "dropout5"), "relu5");
  EXPECT_EQ(input_of(graph, "dropout1"), "pool1");
  EXPECT_EQ(graph.node(graph.find("pool3")).shape, (SampleShape{4, 4, 4}));
  const Graph down = net("dropout", "convnet", {{"ceil", false}});
  EXPECT_EQ(down.node(down.find("pool3")).shape.height, 3);  // 32, 15, 7, 3
  EXPECT_THROW(net("dropout", "convnet", {{"keep", Numbers{1, 1}}}), InputError);
}

// ---------------------------------------------------------------------------------------------------------------- logavgexp

TEST(LogAvgExpOptions, pooling_stands_before_the_logits_or_behind_the_class_maps) {
  const std::pair<const char*, const char*> kinds[] = {
      {"gap", "global_average_pool"}, {"gmp", "global_max_pool"}, {"lse", "log_avg_exp_pool"}, {"lae", "log_avg_exp_pool"}};
  for (const auto& [pooling, kind] : kinds)
    for (const char* model : {"resnet", "all_cnn_norm", "canvas_net"}) {
      const Graph feature = net("logavgexp", model, {{"pooling", std::string(pooling)}});
      EXPECT_EQ(layer_of(feature, "pool").kind(), kind);
      EXPECT_EQ(input_of(feature, "logits"), "pool");
      const Graph logit = net("logavgexp", model, {{"pooling", std::string(pooling)}, {"placement", std::string("logit")}});
      EXPECT_EQ(logit.node(logit.output()).name, "pool");
      EXPECT_EQ(logit.node(logit.output()).shape.size(), 10);
      const bool norm = model == std::string("all_cnn_norm");
      EXPECT_EQ(input_of(logit, "pool"), norm ? "class_maps.norm" : "class_maps");
    }
  EXPECT_EQ(layer_of(net("logavgexp", "resnet", {{"pooling", std::string("lse")}}), "pool").summary(),
            "log_avg_exp_pool global, fixed t = 1, count not subtracted");
  EXPECT_EQ(layer_of(net("logavgexp", "resnet"), "pool").summary(), "log_avg_exp_pool global, fixed t = 1");
}

TEST(LogAvgExpOptions, temperature_is_a_parameter_if_it_is_learned) {
  EXPECT_TRUE(net("logavgexp", "resnet").node(net("logavgexp", "resnet").find("pool")).parameters.empty());
  const Graph one = net("logavgexp", "resnet", {{"learned", true}, {"temperature", 4.0}});
  EXPECT_EQ(parameter_of(one, "pool").shape, (std::vector<std::int64_t>{1}));
  EXPECT_EQ(parameter_of(one, "pool").initialisation.value, std::log(4.0));
  EXPECT_EQ(parameter_of(net("logavgexp", "resnet", {{"learned", true}, {"per_channel", true}}), "pool").shape,
            (std::vector<std::int64_t>{64}));
}

TEST(LogAvgExpOptions, blocks_and_widths_make_the_residual_net) {
  const Graph graph = net("logavgexp", "resnet", {{"blocks", std::int64_t{2}}, {"widths", Numbers{4, 6, 8}}});
  EXPECT_EQ(products_of(graph),
            (Strings{"3x3 c4 +1", "3x3 c4 +1", "3x3 c4 +1", "3x3 c4 +1", "3x3 c4 +1", "3x3 c6 /2 +1", "3x3 c6 +1", "1x1 c6 /2", "3x3 c6 +1",
                     "3x3 c6 +1", "3x3 c8 /2 +1", "3x3 c8 +1", "1x1 c8 /2", "3x3 c8 +1", "3x3 c8 +1", "pool", "10"}));
  EXPECT_EQ(input_of(graph, "group2.block1.shortcut"), "group2.block1.1.relu");
  EXPECT_EQ(input_of(graph, "group2.block2.add", 1), "group2.block1.add");
  EXPECT_EQ(products_of(net("logavgexp", "canvas_net", {{"widths", Numbers{2, 3}}})),
            (Strings{"3x3 c2 +1", "pool", "3x3 c3 +1", "pool", "pool", "10"}));
  EXPECT_EQ(
      products_of(net("logavgexp", "all_cnn_norm", {{"widths", Numbers{2, 3}}})),
      (Strings{"3x3 c2 +1", "3x3 c2 +1", "3x3 c2 /2 +1", "3x3 c3 +1", "3x3 c3 +1", "3x3 c3 /2 +1", "3x3 c3 +1", "1x1 c3", "pool", "10"}));
}

// ---------------------------------------------------------------------------------------------------------------------- wrn

TEST(WrnOptions, kernels_make_the_block_and_dropout_stands_before_its_last_convolution) {
  const Graph graph =
      net("wrn", "wrn", {{"blocks", std::int64_t{1}}, {"width", std::int64_t{2}}, {"kernels", Numbers{1, 3, 1}}, {"dropout", 0.25}});
  EXPECT_EQ(products_of(graph), (Strings{"3x3 c16 +1", "1x1 c32", "3x3 c32 +1", "1x1 c32", "1x1 c32", "1x1 c64 /2", "3x3 c64 +1", "1x1 c64",
                                         "1x1 c64 /2", "1x1 c128 /2", "3x3 c128 +1", "1x1 c128", "1x1 c128 /2", "pool", "10"}));
  for (const char* block : {"conv2.block1", "conv3.block1", "conv4.block1"}) {
    const std::string name = block;
    EXPECT_EQ(input_of(graph, name + ".conv3"), name + ".dropout");
    EXPECT_EQ(layer_of(graph, name + ".dropout").summary(), "dropout inverted, keep 0.75");
    EXPECT_EQ(input_of(graph, name + ".conv2"), name + ".2.relu");
  }
  EXPECT_EQ(input_of(net("wrn", "wrn"), "conv2.block1.conv2"), "conv2.block1.2.relu");
}

TEST(WrnOptions, depth_gives_the_blocks_of_a_group) {
  const Graph graph = net("wrn", "wrn", {{"depth", std::int64_t{22}}});
  EXPECT_TRUE(has(graph, "conv4.block3.add"));
  EXPECT_FALSE(has(graph, "conv4.block4.add"));
  EXPECT_THROW(net("wrn", "wrn", {{"depth", std::int64_t{23}}}), InputError);
}

// ----------------------------------------------------------------------------------------------------------------- speedrun

TEST(SpeedrunOptions, each_part_of_the_ladder_can_be_left_out) {
  const Graph graph = net("speedrun", "airbench", {{"widths", Numbers{4, 6, 8}}});
  EXPECT_EQ(products_of(graph), (Strings{"2x2 c24", "3x3 c4 +1", "pool", "3x3 c4 +1", "3x3 c6 +1", "pool", "3x3 c6 +1", "3x3 c8 +1", "pool",
                                         "3x3 c8 +1", "pool", "10"}));
  EXPECT_EQ(layer_of(graph, "logits").summary(), "scale by 0.1111111");
  EXPECT_EQ(parameter_of(graph, "whiten").rate_multiplier, 0);
  EXPECT_EQ(parameter_of(net("speedrun", "airbench", {{"whitening", false}}), "whiten").rate_multiplier, 1);
  EXPECT_TRUE(options_of<layers::Conv2d>(graph, "group2.conv1").identity_filters);
  EXPECT_FALSE(options_of<layers::Conv2d>(net("speedrun", "airbench", {{"identity", false}}), "group2.conv1").identity_filters);
  EXPECT_EQ(layer_of(graph, "group1.1.norm").summary(), "batch_norm without gamma, epsilon 1e-12, momentum 0.4");
  EXPECT_EQ(parameter_of(graph, "group1.1.norm").name, "beta");
  EXPECT_EQ(parameter_of(graph, "group1.1.norm").rate_multiplier, 64);
  const Graph slow = net("speedrun", "airbench", {{"norm_bias_rate", 2.0}});
  EXPECT_EQ(parameter_of(slow, "group3.2.norm").rate_multiplier, 2);
  EXPECT_EQ(parameter_of(slow, "group3.2.norm").decay_multiplier, 0.5);
}

TEST(SpeedrunOptions, the_later_nets_have_a_third_convolution_with_a_residual_and_a_head_of_unit_weights) {
  const Graph graph = net("speedrun", "airbench", {{"widths", Numbers{4, 6, 8}}, {"third_convolution", true}, {"norm_momentum", 0.2}});
  EXPECT_EQ(products_of(graph), (Strings{"2x2 c24", "3x3 c4 +1", "pool", "3x3 c4 +1", "3x3 c4 +1", "3x3 c6 +1", "pool", "3x3 c6 +1",
                                         "3x3 c6 +1", "3x3 c8 +1", "pool", "3x3 c8 +1", "3x3 c8 +1", "pool", "10"}));
  EXPECT_EQ(input_of(graph, "group2.3.gelu"), "group2.add");
  EXPECT_EQ(graph.node(graph.find("group2.add")).inputs,
            (std::vector<graph::NodeId>{graph.find("group2.3.norm"), graph.find("group2.1.gelu")}));
  EXPECT_EQ(layer_of(graph, "group1.3.norm").summary(), "batch_norm without gamma, epsilon 1e-12, momentum 0.2");
  const Graph unit = net("speedrun", "airbench", {{"widths", Numbers{4, 6, 8}}, {"unit_head", true}});
  EXPECT_EQ(layer_of(unit, "logits").summary(), "scale by 0.125");
  EXPECT_DOUBLE_EQ(parameter_of(unit, "head").initialisation.gain, std::sqrt(24.0));  // bounds of +-sqrt(3) with 8 inputs
}

}  // namespace
}  // namespace reprise::experiments
