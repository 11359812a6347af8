// Compact transformers against the counts of the paper's tables, and what their tokens may and may not do.

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/graph/parameters.hpp"

namespace reprise::experiments {
namespace {

using graph::Graph;

const SampleShape kColour{32, 32, 3};

struct CctCount {
  const char* trial;
  SampleShape input;
  int classes;
  std::int64_t parameters;
  double billion_macs;          ///< with the products of attention, four decimals
  double billion_without_them;  ///< as the first versions count
};

/// Multiply-adds of attention.
std::int64_t attention_macs(const Graph& graph) {
  std::int64_t macs = 0;
  for (std::size_t n = 1; n < graph.nodes().size(); ++n)
    if (graph.nodes()[n].layer->kind() == "attention") macs += graph.nodes()[n].cost.forward_macs;
  return macs;
}

TEST(Cct, nets_have_the_published_parameters_and_cost) {
  const SampleShape photograph{224, 224, 3}, large{384, 384, 3};
  const CctCount counts[] = {{"vit-lite-7-4", kColour, 10, 3716874, 0.2545, 0.2393},
                             {"vit-lite-6-4", kColour, 10, 3190538, 0.2182, 0.2053},
                             {"vit-lite-7-8-300ep", kColour, 10, 3741450, 0.0642, 0.0632},
                             {"vit-lite-7-16-300ep", kColour, 10, 3885834, 0.0192, 0.0191},
                             {"cvt-7-4", kColour, 10, 3716619, 0.2504, 0.2357},
                             {"cvt-6-4", kColour, 10, 3190283, 0.2147, 0.2021},
                             {"cvt-7-8-300ep", kColour, 10, 3741195, 0.0604, 0.0595},
                             {"cct-2-3x2", kColour, 10, 283723, 0.0353, 0.0332},
                             {"cct-4-3x2", kColour, 10, 482123, 0.0500, 0.0458},
                             {"cct-6-3x2", kColour, 10, 3326923, 0.2535, 0.2409},
                             {"cct-7-3x2", kColour, 10, 3853259, 0.2891, 0.2744},
                             {"cct-6-3x1", kColour, 10, 3233803, 1.0138, 0.8125},
                             {"cct-7-3x1", kColour, 10, 3760139, 1.1816, 0.9467},
                             {"vit-12-16-300ep", kColour, 10, 85631242, 0.4275, 0.4270},
                             {"cct-14-7x2-imagenet", photograph, 1000, 22367273, 5.522, 5.109},
                             {"cct-14-7x2-imagenet-384", large, 1000, 22513193, 18.58, 15.01}};
  for (const CctCount& count : counts) {
    const Graph graph = catalog::build_model(catalog::resolve("cct", count.trial, "paper"), count.input, count.classes);
    EXPECT_EQ(graph.trained_parameters(), count.parameters) << count.trial;
    const double unit = count.billion_macs > 2 ? 0.5e-2 : 0.5e-4;  // as the tables round
    EXPECT_NEAR(static_cast<double>(graph.forward_macs()) * 1e-9, count.billion_macs, unit) << count.trial;
    EXPECT_NEAR(static_cast<double>(graph.forward_macs() - attention_macs(graph)) * 1e-9, count.billion_without_them, unit) << count.trial;
  }
}

TEST(Cct, small_nets_have_the_counted_parameters) {
  const std::pair<const char*, std::int64_t> counts[] = {{"vit-lite-2-4", 214666}, {"cvt-2-4", 214539}, {"cct-2-3x2-fashion", 280651}};
  for (const auto& [trial, parameters] : counts) {
    const recipes::Recipe recipe = catalog::resolve("cct", trial, "desk");
    EXPECT_EQ(catalog::build_model(recipe).trained_parameters(), parameters) << trial;
  }
  const Graph flowers = catalog::build_model(catalog::resolve("cct", "cct-7-7x2-flowers", "paper"));
  // 4,573,735 would count the positions, which this net does not learn: 196 tokens of 256.
  EXPECT_EQ(flowers.trained_parameters(), 4573735 - 196 * 256);
}

/// 3.168 million, as published for CCT-6/3x1, are those of the net without learned positions.
TEST(Cct, the_published_count_of_six_layers_leaves_out_the_positions) {
  const recipes::Recipe recipe = catalog::resolve("cct", "cct-6-3x1", "paper", {{"model.positions", "none"}});
  EXPECT_EQ(catalog::build_model(recipe, kColour, 10).trained_parameters(), 3168267);
}

TEST(Cct, the_second_sum_of_a_layer_starts_from_the_normalised_one) {
  const Graph graph = catalog::build_model(catalog::resolve("cct", "cct-2-3x2", "paper"), kColour, 10);
  const graph::Node& first = graph.node(graph.find("layer2.attention.add"));
  const graph::Node& second = graph.node(graph.find("layer2.mlp.add"));
  EXPECT_EQ(graph.node(first.inputs[0]).name, "layer1.mlp.add");
  EXPECT_EQ(graph.node(second.inputs[0]).name, "layer2.norm2");
}

TEST(Cct, branches_are_dropped_more_often_the_deeper_they_are) {
  const Graph graph = catalog::build_model(catalog::resolve("cct", "cct-7-3x1", "paper"), kColour, 10);
  EXPECT_THROW(graph.find("layer1.attention.drop_path"), InputError);
  EXPECT_EQ(graph.node(graph.find("layer4.mlp.drop_path")).layer->summary(), "drop_path keep 0.95");
  EXPECT_EQ(graph.node(graph.find("layer7.attention.drop_path")).layer->summary(), "drop_path keep 0.9");
  EXPECT_EQ(graph.node(graph.find("layer7.attention")).layer->summary(), "attention 4 heads, keep 0.9");
}

TEST(Cct, the_first_recipe_decays_everything_and_the_last_spares_biases_and_norms) {
  const auto decaying = [](const char* trial) {
    std::set<std::string> names;
    const Graph graph = catalog::build_model(catalog::resolve("cct", trial, "paper"), kColour, 10);
    for (const graph::Node& node : graph.nodes())
      for (const auto& parameter : node.parameters)
        if (parameter.decays) names.insert(parameter.name);
    return names;
  };
  EXPECT_EQ(decaying("vit-lite-7-4"), (std::set<std::string>{"weight", "bias", "gamma", "beta", "table", "token"}));
  EXPECT_EQ(decaying("vit-lite-7-4-300ep"), (std::set<std::string>{"weight", "table", "token"}));
}

TEST(Cct, weights_start_as_in_the_authors_code) {
  const Graph graph = catalog::build_model(catalog::resolve("cct", "vit-lite-7-4", "paper"), kColour, 10);
  graph::Parameters parameters(graph);
  parameters.initialise(1);
  const auto deviation = [&](const std::string& name) {
    for (const graph::Parameter& parameter : parameters.list())
      if (parameter.name == name) {
        double square = 0;
        for (std::int64_t i = 0; i < parameter.count; ++i) square += std::pow(static_cast<double>(parameters.of(parameter)[i]), 2);
        return std::sqrt(square / static_cast<double>(parameter.count));
      }
    ADD_FAILURE() << name;
    return 0.0;
  };
  // A deviation is known to 1 / sqrt(2 n); four of these.
  EXPECT_NEAR(deviation("layer1.qkv/weight"), 0.02, 4 * 0.02 / std::sqrt(2.0 * 256 * 768));
  EXPECT_NEAR(deviation("logits/weight"), 0.02, 4 * 0.02 / std::sqrt(2.0 * 2560));
  EXPECT_NEAR(deviation("positions/table"), 0.2, 4 * 0.2 / std::sqrt(2.0 * 65 * 256));
  EXPECT_NEAR(deviation("patches/weight"), std::sqrt(2.0 / 48), 4 * std::sqrt(2.0 / 48) / std::sqrt(2.0 * 256 * 48));
  EXPECT_EQ(deviation("class_token/token"), 0);
  EXPECT_EQ(deviation("norm/gamma"), 1);
}

TEST(Cct, refuses_options_that_mean_nothing) {
  const auto build = [](const std::string& trial, const std::string& key, const std::string& value) {
    return catalog::build_model(catalog::resolve("cct", trial, "paper", {{key, value}}), kColour, 10);
  };
  EXPECT_THROW(build("cct-7-3x1", "model.size", "5"), InputError);
  EXPECT_THROW(build("cct-7-3x1", "model.positions", "wavy"), InputError);
  EXPECT_THROW(build("cct-7-3x1", "model.patch", "4"), InputError);
  EXPECT_THROW(build("vit-lite-7-4", "model.drop_path", "1"), InputError);
}

}  // namespace
}  // namespace reprise::experiments
