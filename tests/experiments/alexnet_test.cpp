// The net of Krizhevsky et al. 2012 and its nets for CIFAR-10: counts made by hand from the paper's figure 2 and the released
// configurations, and what each option does.

#include <gtest/gtest.h>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/graph/parameters.hpp"
#include "suite/layers/local_response_norm.hpp"
#include "suite/layers/locally_connected2d.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/optimizers/parameter_rules.hpp"
#include "tests/experiments/model_outline.hpp"

namespace reprise::experiments {
namespace {

using Start = layers::Initialisation::Kind;
using layers::LocalResponseNorm;

Graph paper_net(const char* trial) {
  return catalog::build_model(catalog::resolve("alexnet", trial, "paper"));
}

Graph columns(const std::vector<Setting>& settings = {}) {
  return net("alexnet", "columns", settings, {224, 224, 3});
}

std::int64_t parameters_of(const Graph& graph, const std::string& node) {
  return parameter_of(graph, node, 0).count() + parameter_of(graph, node, 1).count();
}

std::int64_t macs_of(const Graph& graph, const std::string& node) {
  return graph.node(graph.find(node)).cost.forward_macs;
}

TEST(AlexNet, layers_have_the_counted_parameters) {
  const Graph graph = paper_net("imagenet");
  const std::vector<std::pair<const char*, std::int64_t>> counts{{"conv1", 34'944},      {"conv2", 307'456},   {"conv3", 885'120},
                                                                 {"conv4", 663'936},     {"conv5", 442'624},   {"dense6", 37'752'832},
                                                                 {"dense7", 16'781'312}, {"logits", 4'097'000}};
  for (const auto& [node, count] : counts) EXPECT_EQ(parameters_of(graph, node), count) << node;
  EXPECT_EQ(graph.trained_parameters(), 60'965'224);
  EXPECT_NEAR(static_cast<double>(graph.forward_macs()) * 1e-6, 724.4, 0.05);
  EXPECT_NEAR(static_cast<double>(graph.training_flops()) * 1e-9, 4.14, 0.005);
  EXPECT_NEAR(static_cast<double>(macs_of(graph, "conv2")) * 1e-6, 223.9, 0.05);
  EXPECT_EQ(paper_net("imagenet-half").trained_parameters(), 59'798'312);
  EXPECT_NEAR(static_cast<double>(paper_net("imagenet-half").forward_macs()) * 1e-6, 391.5, 0.05);
}

TEST(AlexNet, sizes_are_those_of_the_paper) {
  for (const char* trial : {"imagenet", "imagenet-pool2", "imagenet-half"}) {
    const Graph graph = paper_net(trial);
    std::vector<std::int64_t> sides;
    for (const char* node : {"conv1", "pool1", "conv2", "pool2", "conv5", "pool5"})
      sides.push_back(graph.node(graph.find(node)).shape.height);
    EXPECT_EQ(sides, (std::vector<std::int64_t>{55, 27, 27, 13, 13, 6})) << trial;
  }
  // 290,400 of conv1; the caption of figure 2 prints 253,440, which no consistent size gives.
  const Graph graph = paper_net("imagenet");
  std::int64_t neurons = 0;
  for (const char* node : {"conv1", "conv2", "conv3", "conv4", "conv5", "dense6", "dense7", "logits"})
    neurons += graph.node(graph.find(node)).shape.size();
  EXPECT_EQ(neurons, 659'272);
}

TEST(AlexNet, columns_meet_in_the_third_convolution) {
  const Graph graph = columns();
  const auto groups = [](const Graph& g, const char* node) { return options_of<layers::Conv2d>(g, node).groups; };
  EXPECT_EQ(groups(graph, "conv1"), 1);
  EXPECT_EQ(groups(graph, "conv2"), 2);
  EXPECT_EQ(groups(graph, "conv3"), 1);
  EXPECT_EQ(groups(graph, "conv4"), 2);
  EXPECT_EQ(groups(graph, "conv5"), 2);
  EXPECT_EQ(groups(columns({{"linked", false}}), "conv3"), 2);
  EXPECT_EQ(groups(columns({{"columns", std::int64_t{1}}}), "conv4"), 1);
  for (const char* norm : {"conv1.norm", "conv2.norm"}) {
    const LocalResponseNorm::Options o = options_of<LocalResponseNorm>(graph, norm);
    EXPECT_EQ(std::tuple(o.window, o.k, o.alpha, o.beta, o.divided, o.groups), std::tuple(5, 2.0, 1e-4, 0.75, false, 2));
  }
}

TEST(AlexNet, order_of_the_nodes) {
  const Graph graph = columns();
  EXPECT_EQ(products_of(graph), (Strings{"11x11 c96 /4", "pool", "5x5 c256 +2", "pool", "3x3 c384 +1", "3x3 c384 +1", "3x3 c256 +1", "pool",
                                         "4096", "4096", "10"}));
  EXPECT_EQ(input_of(graph, "conv1.norm"), "conv1.relu");
  EXPECT_EQ(input_of(graph, "pool1"), "conv1.norm");
  EXPECT_EQ(input_of(graph, "pool5"), "conv5.relu");
  EXPECT_EQ(input_of(graph, "dense7"), "dense6.dropout");
  EXPECT_EQ(input_of(columns({{"norm", false}}), "pool1"), "conv1.relu");
  const Graph shallow = columns({{"without", std::int64_t{3}}});
  EXPECT_FALSE(has(shallow, "conv3"));
  EXPECT_EQ(input_of(shallow, "conv4"), "pool2");
  EXPECT_THROW(columns({{"without", std::int64_t{2}}}), InputError);
  EXPECT_EQ(options_of<layers::MaxPool2d>(columns({{"pool_window", std::int64_t{2}}}), "pool1").window, 2);
  EXPECT_THROW(columns({{"pool_window", std::int64_t{4}}}), InputError);
}

TEST(AlexNet, starts_as_published_unless_told_otherwise) {
  const Graph graph = columns();
  for (const char* node : {"conv1", "conv2", "conv3", "conv4", "conv5", "dense6", "dense7", "logits"}) {
    EXPECT_EQ(parameter_of(graph, node).initialisation.kind, Start::normal) << node;
    EXPECT_EQ(parameter_of(graph, node).initialisation.value, 0.01) << node;
  }
  const std::vector<std::pair<const char*, double>> biases{{"conv1", 0}, {"conv2", 1},  {"conv3", 0},  {"conv4", 1},
                                                           {"conv5", 1}, {"dense6", 1}, {"dense7", 1}, {"logits", 0}};
  for (const auto& [node, value] : biases) EXPECT_EQ(parameter_of(graph, node, 1).initialisation.value, value) << node;
  const Graph he = columns({{"start", std::string("he")}});
  EXPECT_EQ(parameter_of(he, "conv2").initialisation.kind, Start::he_normal);
  EXPECT_EQ(parameter_of(he, "conv2", 1).initialisation.value, 0);
}

TEST(AlexNet, biases_of_one_are_one) {
  const Graph graph = net("alexnet", "columns", {{"features", std::int64_t{8}}, {"widths", Numbers{4, 4, 4, 4, 4}}}, {99, 99, 3});
  graph::Parameters parameters(graph);
  parameters.initialise(1);
  for (const graph::Parameter& parameter : parameters.list()) {
    if (parameter.name == "conv2/bias" || parameter.name == "dense6/bias") {
      EXPECT_EQ(parameters.of(parameter)[0], 1) << parameter.name;
    } else if (parameter.name.ends_with("/bias")) {
      const bool is_one = parameter.name == "conv4/bias" || parameter.name == "conv5/bias" || parameter.name == "dense7/bias";
      EXPECT_EQ(parameters.of(parameter)[0], is_one ? 1 : 0) << parameter.name;
    }
  }
}

TEST(AlexNet, small_nets_have_the_counted_parameters_and_cost) {
  const auto check = [](const Graph& graph, std::int64_t parameters, double million_macs, double giga_operations) {
    EXPECT_EQ(graph.trained_parameters(), parameters);
    EXPECT_NEAR(static_cast<double>(graph.forward_macs()) * 1e-6, million_macs, 0.05);
    EXPECT_NEAR(static_cast<double>(graph.training_flops()) * 1e-9, giga_operations, 0.0005);
  };
  check(paper_net("cifar-norm"), 2'112'970, 19.5, 0.112);
  check(paper_net("cifar-no-norm"), 2'112'970, 19.5, 0.112);
  check(paper_net("cifar-13"), 1'116'490, 18.5, 0.106);
}

TEST(AlexNet, small_nets_normalise_behind_the_first_and_before_the_second_pool) {
  const Graph graph = net("alexnet", "four_layers", {}, {24, 24, 3});
  EXPECT_EQ(input_of(graph, "pool1"), "conv1.relu");
  EXPECT_EQ(input_of(graph, "conv1.norm"), "pool1");
  EXPECT_EQ(input_of(graph, "conv2.norm"), "conv2.relu");
  EXPECT_EQ(input_of(graph, "pool2"), "conv2.norm");
  std::vector<std::int64_t> sides;
  for (const char* node : {"conv1", "pool1", "pool2", "local4"}) sides.push_back(graph.node(graph.find(node)).shape.height);
  EXPECT_EQ(sides, (std::vector<std::int64_t>{24, 12, 6, 6}));
  const LocalResponseNorm::Options o = options_of<LocalResponseNorm>(graph, "conv1.norm");
  EXPECT_EQ(std::tuple(o.window, o.k, o.alpha, o.divided), std::tuple(9, 1.0, 0.001, true));
  EXPECT_EQ(parameter_of(graph, "conv1").initialisation.value, 1e-4);
  EXPECT_EQ(parameter_of(graph, "local3").initialisation.value, 0.04);
  EXPECT_TRUE(has(net("alexnet", "four_layers", {{"activation", std::string("tanh")}}), "local4.tanh"));
}

TEST(AlexNet, released_rates_and_decays_of_the_small_nets) {
  const recipes::Recipe recipe = catalog::resolve("alexnet", "cifar-norm", "paper");
  const Graph graph = catalog::build_model(recipe);
  const graph::Parameters parameters(graph);
  const std::vector<optimizers::ParameterSetting> settings = optimizers::parameter_settings(recipe.optimizer, parameters);
  const auto of = [&](const std::string& name) {
    for (std::size_t i = 0; i < parameters.list().size(); ++i)
      if (parameters.list()[i].name == name) return settings[i];
    throw std::invalid_argument(name);
  };
  EXPECT_EQ(of("conv1/weight").decay, 0);
  EXPECT_EQ(of("local3/weight").decay, 1);
  EXPECT_EQ(of("logits/weight").decay, 2.5);
  EXPECT_EQ(of("conv1/bias").rate, 2);
}

/// Claim 4's oracle: two columns that are not linked are two nets side by side.
TEST(AlexNet, maps_of_a_column_see_their_own_column_alone) {
  const Graph graph = columns({{"linked", false}});
  const Graph half = columns({{"columns", std::int64_t{1}}, {"widths", Numbers{48, 128, 192, 192, 128}}});
  for (const char* node : {"conv2", "conv3", "conv4", "conv5"}) {
    EXPECT_EQ(parameter_of(graph, node).count(), 2 * parameter_of(half, node).count()) << node;
    EXPECT_EQ(macs_of(graph, node), 2 * macs_of(half, node)) << node;
  }
}

}  // namespace
}  // namespace reprise::experiments
