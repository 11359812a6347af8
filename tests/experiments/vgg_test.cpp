// The nets of Simonyan & Zisserman 2015: counts made by hand from Table 1, and what each option does.

#include <gtest/gtest.h>

#include <algorithm>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/layers/local_response_norm.hpp"
#include "tests/experiments/model_outline.hpp"

namespace reprise::experiments {
namespace {

using Start = layers::Initialisation::Kind;

Graph vgg(const std::string& configuration, std::vector<Setting> settings = {}, const SampleShape& input = kColour) {
  settings.push_back({"configuration", configuration});
  return net("vgg", "vgg", settings, input);
}

std::int64_t parameters_of_convolutions(const Graph& graph) {
  std::int64_t count = 0;
  for (const graph::Node& node : graph.nodes())
    if (node.layer && node.layer->kind() == "conv2d")
      for (const layers::ParameterSpec& parameter : node.parameters) count += parameter.count();
  return count;
}

struct Count {
  std::string trial;
  std::int64_t parameters, of_convolutions;
  double giga_macs;
};

class VggNets : public testing::TestWithParam<Count> {};

TEST_P(VggNets, have_the_counted_parameters_and_cost) {
  const Count& expected = GetParam();
  const Graph graph = catalog::build_model(catalog::resolve("vgg", expected.trial, "paper"));
  EXPECT_EQ(graph.node(0).shape, (SampleShape{224, 224, 3}));
  EXPECT_EQ(graph.trained_parameters(), expected.parameters);
  EXPECT_EQ(parameters_of_convolutions(graph), expected.of_convolutions);
  EXPECT_NEAR(static_cast<double>(graph.forward_macs()) * 1e-9, expected.giga_macs, 0.0005);
}

INSTANTIATE_TEST_SUITE_P(Paper, VggNets,
                         testing::Values(Count{"a", 132'863'336, 9'220'480, 7.609}, Count{"a-lrn", 132'863'336, 9'220'480, 7.609},
                                         Count{"b", 133'047'848, 9'404'992, 11.308}, Count{"c", 133'638'952, 9'996'096, 11.771},
                                         Count{"d", 138'357'544, 14'714'688, 15.470}, Count{"e", 143'667'240, 20'024'384, 19.632},
                                         Count{"b-5x5", 134'503'528, 10'860'672, 9.356},
                                         Count{"e-jitter", 143'667'240, 20'024'384, 19.632}),
                         [](const auto& parameter) {
                           std::string name = parameter.param.trial;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

/// On 32 pixels, with 512 features: full width, and a quarter of it with 128.
TEST(Vgg, small_forms_have_the_counted_parameters_and_cost) {
  const Numbers quarter{16, 32, 64, 128, 128};
  const auto check = [&](const char* configuration, std::int64_t full, double full_macs, std::int64_t narrow, double narrow_macs) {
    const Graph wide = vgg(configuration, {{"features", std::int64_t{512}}});
    EXPECT_EQ(wide.trained_parameters(), full) << configuration;
    EXPECT_NEAR(static_cast<double>(wide.forward_macs()) * 1e-6, full_macs, 0.05) << configuration;
    const Graph small = vgg(configuration, {{"features", std::int64_t{128}}, {"widths", quarter}});
    EXPECT_EQ(small.trained_parameters(), narrow) << configuration;
    EXPECT_NEAR(static_cast<double>(small.forward_macs()) * 1e-6, narrow_macs, 0.005) << configuration;
  };
  check("A", 9'750'922, 153.3, 611'434, 9.91);
  check("B", 9'935'434, 228.8, 623'002, 14.63);
  check("B-5x5", 11'391'114, 188.9, 714'282, 12.73);
  check("C", 10'526'538, 238.2, 660'186, 15.22);
  check("D", 15'245'130, 313.7, 955'098, 19.94);
  check("E", 20'554'826, 398.7, 1'287'194, 25.25);
}

TEST(Vgg, order_of_the_nodes) {
  EXPECT_EQ(products_of(vgg("A")),
            (Strings{"3x3 c64 +1", "pool", "3x3 c128 +1", "pool", "3x3 c256 +1", "3x3 c256 +1", "pool", "3x3 c512 +1", "3x3 c512 +1",
                     "pool", "3x3 c512 +1", "3x3 c512 +1", "pool", "4096", "4096", "10"}));
  EXPECT_EQ(products_of(vgg("C", {{"widths", Numbers{8, 8, 16}}})),
            (Strings{"3x3 c8 +1", "3x3 c8 +1", "pool", "3x3 c8 +1", "3x3 c8 +1", "pool", "3x3 c16 +1", "3x3 c16 +1", "1x1 c16", "pool",
                     "4096", "4096", "10"}));
  EXPECT_EQ(products_of(vgg("B-5x5", {{"widths", Numbers{8, 8}}})),
            (Strings{"5x5 c8 +2", "pool", "5x5 c8 +2", "pool", "4096", "4096", "10"}));
  const Graph graph = vgg("D");
  EXPECT_EQ(input_of(graph, "pool3"), "conv3.3.relu");
  EXPECT_EQ(input_of(graph, "dense6"), "pool5");
  EXPECT_EQ(input_of(graph, "dense7"), "dense6.dropout");
  EXPECT_EQ(input_of(graph, "logits"), "dense7.dropout");
  EXPECT_THROW(vgg("F"), InputError);
  EXPECT_THROW(vgg("A", {{"widths", Numbers{1, 1, 1, 1, 1, 1}}}), InputError);
}

TEST(Vgg, number_of_layers_with_weights) {
  const auto layers = [](const char* configuration) {
    const Strings kinds = kinds_of(vgg(configuration));
    return std::count(kinds.begin(), kinds.end(), "conv2d") + std::count(kinds.begin(), kinds.end(), "dense");
  };
  EXPECT_EQ(layers("A"), 11);
  EXPECT_EQ(layers("A-LRN"), 11);
  EXPECT_EQ(layers("B"), 13);
  EXPECT_EQ(layers("C"), 16);
  EXPECT_EQ(layers("D"), 16);
  EXPECT_EQ(layers("E"), 19);
  EXPECT_EQ(layers("B-5x5"), 8);
}

TEST(Vgg, only_a_lrn_normalises_behind_its_first_relu) {
  const Graph graph = vgg("A-LRN");
  EXPECT_EQ(input_of(graph, "conv1.1.norm"), "conv1.1.relu");
  EXPECT_EQ(input_of(graph, "pool1"), "conv1.1.norm");
  const auto o = options_of<layers::LocalResponseNorm>(graph, "conv1.1.norm");
  EXPECT_EQ(std::tuple(o.window, o.k, o.alpha, o.beta, o.divided), std::tuple(5, 2.0, 1e-4, 0.75, false));
  const Strings kinds = kinds_of(graph);
  EXPECT_EQ(std::count(kinds.begin(), kinds.end(), "local_response_norm"), 1);
  EXPECT_FALSE(has(vgg("A"), "conv1.1.norm"));
}

/// Section 2.3: three layers of 3x3 see as much as one of 7x7 and have 27 C^2 weights instead of 49 C^2; two as one of 5x5, 18 C^2
/// instead of 25 C^2.
TEST(Vgg, small_filters_need_fewer_weights) {
  const auto weights = [](const Graph& graph, const char* node) { return parameter_of(graph, node).count(); };
  const Graph three = vgg("D"), two = vgg("B"), one = vgg("B-5x5");
  const std::int64_t c = 512;
  EXPECT_EQ(weights(three, "conv5.1") + weights(three, "conv5.2") + weights(three, "conv5.3"), 27 * c * c);
  EXPECT_EQ(weights(two, "conv5.1") + weights(two, "conv5.2"), 18 * c * c);
  EXPECT_EQ(weights(one, "conv5.1"), 25 * c * c);
}

TEST(Vgg, starts_as_told) {
  EXPECT_EQ(parameter_of(vgg("A"), "conv3.2").initialisation.kind, Start::xavier_uniform);
  EXPECT_EQ(parameter_of(vgg("A"), "logits").initialisation.kind, Start::xavier_uniform);
  const Graph he = vgg("A", {{"start", std::string("he")}});
  for (const char* node : {"conv1.1", "conv5.2", "dense6", "logits"})
    EXPECT_EQ(parameter_of(he, node).initialisation.kind, Start::he_normal);
  EXPECT_FALSE(has(vgg("A", {{"keep", 1.0}}), "dense6.dropout"));
}

}  // namespace
}  // namespace reprise::experiments
