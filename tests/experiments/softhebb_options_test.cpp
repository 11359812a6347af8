// What each option of SoftHebb's models does to the net.

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/layers/soft_hebb_conv2d.hpp"
#include "tests/experiments/model_outline.hpp"

namespace reprise::experiments {
namespace {

TEST(SoftHebbOptions, layers_take_their_entry_of_each_list) {
  const Graph graph = net("softhebb", "soft_hebb",
                          {{"widths", Numbers{4, 6}},
                           {"kernels", Numbers{5, 3}},
                           {"paddings", Numbers{2, 0}},
                           {"pools", Strings{"max_4_2_1", "avg_2_2_0"}},
                           {"temperatures", Numbers{0.5, 0.25}},
                           {"rates", Numbers{0.01, 0.02}},
                           {"powers", Numbers{1, 1.5}},
                           {"triangle_first", Numbers{2}},
                           {"exponent", 0.75},
                           {"radius", 3.0},
                           {"keep", 0.75}});
  EXPECT_EQ(kinds_of(graph), (Strings{"batch_norm", "soft_hebb_conv2d", "triangle", "max_pool2d", "batch_norm", "soft_hebb_conv2d",
                                      "triangle", "average_pool2d", "flatten", "dropout", "dense"}));
  const auto first = options_of<layers::SoftHebbConv2d>(graph, "conv1"), second = options_of<layers::SoftHebbConv2d>(graph, "conv2");
  EXPECT_EQ(std::vector({first.filters, first.filter_size, first.padding}), (std::vector<std::int64_t>{4, 5, 2}));
  EXPECT_EQ(std::vector({second.filters, second.filter_size, second.padding}), (std::vector<std::int64_t>{6, 3, 0}));
  EXPECT_EQ(first.competition.inverse_temperature, 0.5f);
  EXPECT_EQ(second.competition.inverse_temperature, 0.25f);
  EXPECT_EQ(first.plasticity.rate, 0.01);
  EXPECT_EQ(second.plasticity.rate, 0.02);
  EXPECT_FALSE(first.triangle_first);
  EXPECT_TRUE(second.triangle_first);
  for (const auto& o : {first, second}) {
    EXPECT_EQ(o.plasticity.rate_exponent, 0.75);
    EXPECT_EQ(o.radius, 3);
    EXPECT_TRUE(o.competition.soft && o.competition.losers_unlearn && !o.plasticity.falls && !o.positive_start);
  }
  EXPECT_EQ(layer_of(graph, "triangle2").summary(), "triangle, power 1.5");
  EXPECT_EQ(layer_of(graph, "pool2").summary(), "average_pool2d 2x2, stride 2, padding counted");
  EXPECT_EQ(layer_of(graph, "dropout").summary(), "dropout inverted, keep 0.75");
  EXPECT_TRUE(graph.node(graph.find("norm1")).parameters.size() == 2);  // running statistics alone
  EXPECT_THROW(net("softhebb", "soft_hebb", {{"pools", Strings{"median_2_2_0"}}}), InputError);
  EXPECT_THROW(net("softhebb", "soft_hebb", {{"rates", Numbers{1, 2}}}), InputError);  // three layers
}

TEST(SoftHebbOptions, rules_say_how_filters_learn) {
  const auto options = [](const std::vector<Setting>& settings) {
    return options_of<layers::SoftHebbConv2d>(net("softhebb", "soft_hebb", settings), "conv1");
  };
  EXPECT_FALSE(options({{"rule", std::string("hard")}}).competition.soft);
  EXPECT_EQ(options({{"rule", std::string("random")}}).plasticity.rate, 0);
  EXPECT_FALSE(options({{"losers_unlearn", false}}).competition.losers_unlearn);
  EXPECT_TRUE(options({{"falling_rates", true}}).plasticity.falls);
}

TEST(SoftHebbOptions, perceptron_is_one_plastic_layer_with_a_softmax) {
  const Graph graph = net("softhebb", "soft_hebb_mlp", {{"neurons", std::int64_t{7}}, {"gain", 3.0}}, {4, 4, 1});
  EXPECT_EQ(kinds_of(graph), (Strings{"flatten", "soft_hebb_conv2d", "softmax", "flatten", "dense"}));
  const auto hidden = options_of<layers::SoftHebbConv2d>(graph, "hidden");
  EXPECT_EQ(hidden.filters, 7);
  EXPECT_EQ(hidden.filter_size, 1);
  EXPECT_TRUE(hidden.positive_start);
  EXPECT_EQ(layer_of(graph, "softmax").summary(), "softmax, gain 3");
}

TEST(SoftHebbOptions, the_twin_for_back_propagation_has_groups) {
  const Graph graph = net("softhebb", "backprop", {{"widths", Numbers{6, 12}}, {"groups", Numbers{1, 3}}});
  EXPECT_EQ(kinds_of(graph, {"batch_norm", "flatten"}),
            (Strings{"conv2d", "relu", "max_pool2d", "conv2d", "relu", "max_pool2d", "dropout", "dense"}));
  EXPECT_EQ(options_of<layers::Conv2d>(graph, "conv1").groups, 1);
  EXPECT_EQ(options_of<layers::Conv2d>(graph, "conv2").groups, 3);
  EXPECT_EQ(options_of<layers::Conv2d>(graph, "conv2").padding_mode, layers::PaddingMode::reflect);
}

}  // namespace
}  // namespace reprise::experiments
