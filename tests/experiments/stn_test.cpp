// The nets of Jaderberg et al. 2015 against counts made by hand, and what their transformers must be before training.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "datasets/manifest.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"

namespace reprise::experiments {
namespace {

using graph::Graph;

Graph net(const std::string& trial, const std::string& scale = "paper") {
  return catalog::build_model(catalog::resolve("stn", trial, scale));
}

TEST(Stn, nets_have_the_counted_parameters_and_cost) {
  struct Count {
    const char* trial;
    std::int64_t width, parameters;
    double million_macs;  ///< 0: not counted by hand
  };
  const Count counts[] = {{"cnn-r", 32, 54122, 1.84},    {"cnn-r", 64, 208586, 5.29}, {"cnn-rts", 32, 60842, 9.08},
                          {"cnn-rts", 64, 222026, 30.3}, {"cnn-tc", 32, 84842, 27.1}, {"cnn-tc", 64, 270026, 94.4},
                          {"fcn-r", 256, 269322, 0},     {"fcn-rts", 256, 520202, 0}, {"fcn-tc", 256, 990218, 0}};
  for (const Count& count : counts) {
    const auto recipe = catalog::resolve("stn", count.trial, "paper", {{"model.width", std::to_string(count.width)}});
    const Graph graph = catalog::build_model(recipe);
    EXPECT_EQ(graph.trained_parameters(), count.parameters) << count.trial;
    if (count.million_macs > 0) {
      EXPECT_NEAR(static_cast<double>(graph.forward_macs()) * 1e-6, count.million_macs, 0.006 * count.million_macs) << count.trial;
    }
  }
}

/// Parameters of the nodes whose names begin with "localisation".
std::int64_t localisation_parameters(const Graph& graph) {
  std::int64_t sum = 0;
  for (const graph::Node& node : graph.nodes())
    if (node.name.starts_with("localisation"))
      for (const auto& parameter : node.parameters) sum += parameter.count();
  return sum;
}

TEST(Stn, localisation_nets_have_the_counted_parameters) {
  const std::pair<const char*, std::int64_t> counts[] = {
      {"st-fcn-aff-r", 27430},   {"st-fcn-tps-r", 28288},   {"st-cnn-aff-r", 11086},   {"st-cnn-tps-r", 11632}, {"st-fcn-aff-rts", 58790},
      {"st-fcn-tps-rts", 59648}, {"st-cnn-aff-rts", 17086}, {"st-cnn-tps-rts", 17632}, {"st-fcn-tc", 117542},   {"st-cnn-tc", 43086}};
  for (const auto& [trial, parameters] : counts) EXPECT_EQ(localisation_parameters(net(trial)), parameters) << trial;
}

/// What is compared has equal parameters, whatever the scale.
TEST(Stn, nets_on_one_set_have_equal_parameters) {
  const catalog::Paper paper = catalog::load_paper("stn");
  for (const char* scale : {"desk", "paper"})
    for (const char* data : {"r", "rts", "p", "e", "tc", "addition"}) {
      const std::string suffix = std::string("-") + data;
      double least = 1e18, most = 0;
      int nets = 0;
      for (const catalog::Trial& trial : paper.trials) {
        if (!trial.name.ends_with(suffix)) continue;
        const auto parameters = static_cast<double>(net(trial.name, scale).trained_parameters());
        least = std::min(least, parameters), most = std::max(most, parameters), ++nets;
      }
      EXPECT_GE(nets, 4) << data;
      EXPECT_LE(most, 1.02 * least) << data << " at " << scale;
    }
}

TEST(Stn, the_classifier_reads_the_transformed_image_and_the_transform_the_untouched_one) {
  for (const char* trial : {"st-fcn-aff-e", "st-cnn-tps-e"}) {
    const Graph graph = net(trial);
    const graph::Node& transform = graph.node(graph.find("transform"));
    EXPECT_EQ(transform.inputs, (std::vector<graph::NodeId>{0, graph.find("localisation.numbers")}));
    const graph::Node& first = graph.node(graph.find(std::string(trial).starts_with("st-fcn") ? "fc1" : "conv1"));
    EXPECT_EQ(first.inputs, std::vector<graph::NodeId>{graph.find("transform")});
  }
}

TEST(Stn, transforms_start_as_the_identity) {
  const Graph graph = net("st-cnn-proj-p");
  for (const auto& parameter : graph.node(graph.find("localisation.numbers")).parameters) {
    const auto& start = parameter.initialisation;
    const bool is_zero = start.kind == layers::Initialisation::Kind::constant || start.kind == layers::Initialisation::Kind::normal;
    EXPECT_TRUE(is_zero && start.value == 0) << parameter.name;
  }
}

TEST(Stn, two_transformers_see_both_digits_each_and_stack_them) {
  const Graph graph = net("2xst-fcn-aff-addition");
  EXPECT_EQ(graph.node(0).shape, (SampleShape{42, 42, 2}));
  EXPECT_EQ(graph.node(graph.find("seen")).shape, (SampleShape{42, 42, 4}));
  EXPECT_EQ(graph.node(graph.output()).shape.channels, 19);
  for (const char* name : {"transform1", "transform2"}) EXPECT_EQ(graph.node(graph.find(name)).inputs[0], 0);
}

TEST(Stn, larger_images_are_halved_behind_the_transform) {
  EXPECT_EQ(net("st-fcn-aff-rts").node(net("st-fcn-aff-rts").find("half")).shape, (SampleShape{21, 21, 1}));
  EXPECT_EQ(net("st-cnn-tc").node(net("st-cnn-tc").find("half")).shape, (SampleShape{30, 30, 1}));
  EXPECT_THROW(net("st-cnn-aff-r").find("half"), InputError);
}

}  // namespace
}  // namespace reprise::experiments
