// The nets of Zeiler & Fergus 2014: counts made by hand from figure 3 and Table 3, and what each option does.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/graph/parameters.hpp"
#include "suite/optimizers/parameter_rules.hpp"
#include "tests/experiments/model_outline.hpp"

namespace reprise::experiments {
namespace {

using Start = layers::Initialisation::Kind;
using Integers = std::vector<std::int64_t>;

Graph paper_net(const std::string& trial) {
  return catalog::build_model(catalog::resolve("zfnet", trial, "paper"));
}

std::vector<std::int64_t> sides_of(const Graph& graph) {
  std::vector<std::int64_t> sides;
  for (const char* node : {"conv1", "pool1", "conv2", "pool2", "conv5", "pool5"})
    sides.push_back(graph.node(graph.find(node)).shape.height);
  return sides;
}

TEST(ZfNet, layers_have_the_counted_parameters) {
  const Graph graph = paper_net("imagenet");
  const std::vector<std::pair<const char*, std::int64_t>> counts{{"conv1", 14'208},      {"conv2", 614'656},   {"conv3", 885'120},
                                                                 {"conv4", 1'327'488},   {"conv5", 884'992},   {"dense6", 37'752'832},
                                                                 {"dense7", 16'781'312}, {"logits", 4'097'000}};
  for (const auto& [node, count] : counts)
    EXPECT_EQ(parameter_of(graph, node, 0).count() + parameter_of(graph, node, 1).count(), count) << node;
  EXPECT_EQ(graph.trained_parameters(), 62'357'608);
  EXPECT_NEAR(static_cast<double>(graph.forward_macs()) * 1e-6, 1168, 0.5);
  EXPECT_NEAR(static_cast<double>(graph.training_flops()) * 1e-9, 6.67, 0.005);
}

TEST(ZfNet, nets_of_table_3_have_the_counted_parameters) {
  const std::vector<std::pair<const char*, double>> millions{
      {"imagenet-2048", 28.85},      {"imagenet-8192", 154.54},   {"imagenet-wide", 107.63},   {"imagenet-wide-8192", 237.56},
      {"replication", 62.378344},    {"replication-no34", 59.87}, {"replication-no7", 45.60},  {"replication-no67", 12.96},
      {"replication-no3467", 10.46}, {"replication-2048", 28.87}, {"replication-8192", 154.56}};
  for (const auto& [trial, count] : millions)
    EXPECT_NEAR(static_cast<double>(paper_net(trial).trained_parameters()) * 1e-6, count, 0.005) << trial;
  EXPECT_EQ(paper_net("replication").trained_parameters(), 62'378'344);
  EXPECT_NEAR(static_cast<double>(paper_net("replication").forward_macs()) * 1e-6, 1135, 0.5);
  EXPECT_NEAR(static_cast<double>(paper_net("imagenet-wide").forward_macs()) * 1e-6, 2477, 0.5);
}

TEST(ZfNet, sizes_are_those_of_figure_3) {
  EXPECT_EQ(sides_of(paper_net("imagenet")), (Integers{110, 55, 26, 13, 13, 6}));
  EXPECT_EQ(sides_of(paper_net("replication")), (Integers{55, 27, 27, 13, 13, 6}));
  const Graph small = net("zfnet", "small");
  EXPECT_EQ(sides_of(small), (Integers{32, 16, 16, 8, 8, 4}));
  EXPECT_EQ(small.trained_parameters(), 348'730);
  EXPECT_NEAR(static_cast<double>(small.forward_macs()) * 1e-6, 12.8, 0.05);
}

TEST(ZfNet, order_of_the_nodes) {
  const Graph graph = net("zfnet", "zf", {}, {224, 224, 3});
  EXPECT_EQ(products_of(graph), (Strings{"7x7 c96 /2 +1", "pool", "5x5 c256 /2", "pool", "3x3 c384 +1", "3x3 c384 +1", "3x3 c256 +1",
                                         "pool", "4096", "4096", "10"}));
  EXPECT_EQ(input_of(graph, "pool1"), "conv1.relu");
  EXPECT_EQ(input_of(graph, "conv1.norm"), "pool1");
  EXPECT_EQ(input_of(graph, "conv2"), "conv1.norm");
  EXPECT_EQ(input_of(graph, "dense7"), "dense6.dropout");
  EXPECT_EQ(input_of(graph, "logits"), "dense7.dropout");
}

TEST(ZfNet, layers_can_be_left_out) {
  const Graph graph = net("zfnet", "small", {{"without", Numbers{3, 4, 6, 7}}});
  EXPECT_EQ(input_of(graph, "conv5"), "conv2.norm");
  EXPECT_EQ(parameter_of(graph, "conv5").count(), 48 * 32 * 9);
  EXPECT_EQ(input_of(graph, "logits"), "pool5");
  EXPECT_FALSE(has(graph, "dense6"));
  EXPECT_EQ(input_of(net("zfnet", "small", {{"without", Numbers{7}}}), "logits"), "dense6.dropout");
  EXPECT_THROW(net("zfnet", "small", {{"without", Numbers{5}}}), InputError);
}

TEST(ZfNet, starts_as_published_unless_told_otherwise) {
  EXPECT_EQ(parameter_of(net("zfnet", "small"), "conv2").initialisation.kind, Start::normal);
  EXPECT_EQ(parameter_of(net("zfnet", "small"), "dense6").initialisation.value, 0.01);
  EXPECT_EQ(parameter_of(net("zfnet", "small", {{"start", std::string("he")}}), "dense6").initialisation.kind, Start::he_normal);
}

TEST(ZfNet, filters_of_convolutions_alone_are_clipped) {
  const recipes::Recipe recipe = catalog::resolve("zfnet", "imagenet", "paper");
  const Graph graph = net("zfnet", "small");
  const graph::Parameters parameters(graph);
  const std::vector<optimizers::ParameterSetting> settings = optimizers::parameter_settings(recipe.optimizer, parameters);
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const std::string& name = parameters.list()[i].name;
    EXPECT_EQ(settings[i].max_rms, name.starts_with("conv") && name.ends_with("/weight") ? 0.1 : 0) << name;
  }
}

}  // namespace
}  // namespace reprise::experiments
