// What each option of the capsule nets does to them.

#include <gtest/gtest.h>

#include "tests/experiments/model_outline.hpp"

namespace reprise::experiments {
namespace {

using Settings = std::vector<Setting>;

Settings joined(Settings first, const Settings& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Graph capsnet(const Settings& settings) {
  return net("mocapsnet", "capsnet", joined(settings, {{"channels", std::int64_t{16}}, {"capsules", std::int64_t{4}}}), {28, 28, 1});
}

TEST(MocapsnetOptions, stack_says_what_stands_between_the_first_capsules_and_the_classes) {
  const auto stack = [](const char* kind) {
    return kinds_of(capsnet({{"stack", std::string(kind)}, {"reconstruction", 0.0}}), {"conv2d", "relu", "squash"});
  };
  EXPECT_EQ(stack("none"), (Strings{"capsule_routing", "capsule_lengths"}));
  EXPECT_EQ(stack("plain"), (Strings{"capsule_routing", "capsule_routing", "capsule_routing", "capsule_routing", "capsule_routing",
                                     "capsule_routing", "capsule_lengths"}));
  EXPECT_EQ(stack("residual"), (Strings{"capsule_routing", "capsule_routing", "add", "capsule_routing", "add", "capsule_routing", "add",
                                        "capsule_routing", "add", "capsule_routing", "capsule_lengths"}));
  EXPECT_EQ(stack("momentum"), (Strings{"capsule_routing", "momentum_capsules", "capsule_routing", "capsule_lengths"}));
  const Graph residual = capsnet({{"stack", std::string("residual")}});
  EXPECT_EQ(input_of(residual, "block1.second.add", 0), "block1.first.add");
  EXPECT_EQ(residual.node(residual.find("caps1")).shape, (SampleShape{1, 4, 8}));
}

TEST(MocapsnetOptions, momentum_stack_takes_its_own) {
  const auto summary = [](const Settings& settings) {
    return layer_of(capsnet(joined(settings, {{"stack", std::string("momentum")}})), "stack").summary();
  };
  EXPECT_EQ(summary({}), "momentum_capsules 2 blocks, 3 iterations, momentum 0.9, inverted");
  EXPECT_EQ(summary({{"blocks", std::int64_t{5}},
                     {"iterations", std::int64_t{1}},
                     {"momentum", 0.5},
                     {"memory", std::string("exact")},
                     {"restart", false},
                     {"routing", std::string("scaled_distance")}}),
            "momentum_capsules 5 blocks, 1 iteration, momentum 0.5, exact, scaled distance agreement, one chain");
  EXPECT_EQ(summary({{"memory", std::string("store")}, {"doubled", true}}),
            "momentum_capsules 2 blocks, 3 iterations, momentum 0.9, stored, doubled skip");
  const Graph wide = capsnet({{"stack", std::string("momentum")}, {"deviation", 0.25}});
  EXPECT_EQ(parameter_of(wide, "stack").initialisation.value, 0.25);
  EXPECT_EQ(parameter_of(wide, "classes").initialisation.value, 0.25);
}

TEST(MocapsnetOptions, routing_reaches_every_layer_of_capsules) {
  const Graph last = capsnet({{"stack", std::string("plain")}}),
              all = capsnet({{"stack", std::string("plain")}, {"routing_gradient", std::string("all")}, {"iterations", std::int64_t{2}}});
  for (const char* name : {"caps1", "block2.second", "classes"}) EXPECT_NE(layer_of(last, name).summary(), layer_of(all, name).summary());
  const Graph distance = capsnet({{"routing", std::string("scaled_distance")}});
  EXPECT_EQ(distance.node(distance.find("classes")).parameters.size(), 2u);  // with a bias
  EXPECT_EQ(last.node(last.find("classes")).parameters.size(), 1u);
}

TEST(MocapsnetOptions, decoder_is_there_if_its_error_has_a_weight) {
  const Graph with = capsnet({{"reconstruction", 0.25}, {"mask", std::string("longest")}});
  EXPECT_EQ(layer_of(with, "scores").summary(), "reconstruction_penalty, weight 0.25");
  EXPECT_EQ(layer_of(with, "mask").summary(), "capsule_mask, by length");
  EXPECT_EQ(input_of(with, "mask"), "classes");
  EXPECT_EQ(with.node(with.find("image")).shape.size(), 28 * 28);
  const Graph without = capsnet({{"reconstruction", 0.0}});
  EXPECT_EQ(without.node(without.output()).name, "lengths");
  EXPECT_EQ(without.main_head().loss->name(), "margin");
}

TEST(MocapsnetOptions, baseline_has_its_widths_and_dropout) {
  const Graph graph = net("mocapsnet", "baseline", {{"widths", Numbers{2, 3, 4, 5, 6}}, {"keep", 0.25}}, {28, 28, 1});
  EXPECT_EQ(products_of(graph), (Strings{"5x5 c2 +2", "5x5 c3 +2", "5x5 c4 +2", "5", "6", "10"}));
  EXPECT_EQ(layer_of(graph, "dropout").summary(), "dropout inverted, keep 0.25");
}

}  // namespace
}  // namespace reprise::experiments
