// GoogLeNet against counts made by hand from table 1, and what its parts read.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "datasets/test_views.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "tests/experiments/model_outline.hpp"

namespace reprise::experiments {
namespace {

const SampleShape kPhotograph{224, 224, 3};

Graph google_net(const std::vector<Setting>& settings = {}, const SampleShape& input = kPhotograph) {
  return net("googlenet", "googlenet", settings, input);
}

struct Counts {
  std::int64_t weights = 0, biases = 0, macs = 0;
};

/// Of the nodes that are called so or whose names begin so and go on behind a dot.
Counts counts_of(const Graph& graph, const std::string& name) {
  Counts counts;
  for (const graph::Node& node : graph.nodes()) {
    if (node.name != name && !node.name.starts_with(name + ".")) continue;
    counts.macs += node.cost.forward_macs;
    for (const auto& parameter : node.parameters) (parameter.name == "weight" ? counts.weights : counts.biases) += parameter.count();
  }
  return counts;
}

TEST(GoogLeNet, rows_of_table_1_have_the_counted_weights_cost_and_shape) {
  const Graph graph = google_net();
  struct Row {
    const char* name;
    std::int64_t weights;
    double million_macs;
    SampleShape shape;
  };
  const Row rows[] = {{"conv1", 9'408, 118.0, {112, 112, 64}}, {"3a", 163'328, 128.0, {28, 28, 256}}, {"3b", 388'096, 304.3, {28, 28, 480}},
                      {"4a", 375'552, 73.6, {14, 14, 512}},    {"4b", 448'512, 87.9, {14, 14, 512}},  {"4c", 509'440, 99.9, {14, 14, 512}},
                      {"4d", 604'672, 118.5, {14, 14, 528}},   {"4e", 867'328, 170.0, {14, 14, 832}}, {"5a", 1'042'432, 51.1, {7, 7, 832}},
                      {"5b", 1'442'816, 70.7, {7, 7, 1024}}};
  for (const Row& row : rows) {
    const Counts counts = counts_of(graph, row.name);
    EXPECT_EQ(counts.weights, row.weights) << row.name;
    EXPECT_NEAR(static_cast<double>(counts.macs) * 1e-6, row.million_macs, 0.05) << row.name;
    EXPECT_EQ(graph.node(graph.find(row.name)).shape, row.shape) << row.name;
  }
  EXPECT_EQ(counts_of(graph, "conv2").weights, 114'688);
  EXPECT_NEAR(static_cast<double>(counts_of(graph, "conv2").macs) * 1e-6, 359.7, 0.05);
  EXPECT_EQ(graph.node(graph.find("pool2")).shape, (SampleShape{28, 28, 192}));
}

TEST(GoogLeNet, the_net_has_7_million_parameters_and_its_heads_as_many_again) {
  const auto parameters = [](const Graph& graph) { return graph.trained_parameters(); };
  const recipes::Recipe recipe = catalog::resolve("googlenet", "googlenet", "paper");
  const Graph graph = catalog::build_model(recipe, kPhotograph, 1000);
  EXPECT_EQ(parameters(graph.main_branch()), 6'998'552);
  EXPECT_EQ(counts_of(graph, "head1").weights + counts_of(graph, "head1").biases, 3'188'840);
  EXPECT_EQ(counts_of(graph, "head2").weights + counts_of(graph, "head2").biases, 3'190'888);
  EXPECT_EQ(parameters(graph), 13'378'280);
  EXPECT_NEAR(static_cast<double>(graph.forward_macs()) * 1e-6, 1582.7, 0.05) << "heads are not part of it";
}

TEST(GoogLeNet, a_module_reads_its_input_four_times_and_joins_in_the_order_of_the_table) {
  const Graph graph = google_net();
  for (const char* reader : {"4b.1x1", "4b.3x3.reduction", "4b.5x5.reduction", "4b.pool"})
    EXPECT_EQ(input_of(graph, reader), "4a") << reader;
  EXPECT_EQ(input_of(graph, "4b", 0), "4b.1x1.relu");
  EXPECT_EQ(input_of(graph, "4b", 1), "4b.3x3.relu");
  EXPECT_EQ(input_of(graph, "4b", 2), "4b.5x5.relu");
  EXPECT_EQ(input_of(graph, "4b", 3), "4b.pool.projection.relu");
  EXPECT_EQ(options_of<layers::Conv2d>(graph, "4b.5x5").filter_size, 5);
  EXPECT_EQ(layer_of(graph, "4b.pool").summary(), "max_pool2d 3x3, stride 1, pad 1");
}

TEST(GoogLeNet, heads_stand_on_4a_and_4d_with_weight_0_3_and_the_classifier_is_the_main_one) {
  const Graph graph = google_net();
  ASSERT_EQ(graph.heads().size(), 3u);
  EXPECT_EQ(graph.node(graph.main_head().node).name, "logits");
  for (std::size_t h = 1; h < 3; ++h) EXPECT_EQ(graph.heads()[h].weight.at(5, 10), 0.3);
  EXPECT_EQ(input_of(graph, "head1.pool"), "4a");
  EXPECT_EQ(input_of(graph, "head2.pool"), "4d");
  EXPECT_EQ(graph.node(graph.find("head1.pool")).shape, (SampleShape{4, 4, 512}));
  EXPECT_EQ(layer_of(graph, "head1.dropout").summary(), "dropout inverted, keep 0.3");
  EXPECT_EQ(layer_of(graph, "dropout").summary(), "dropout inverted, keep 0.6");
  EXPECT_EQ(google_net({{"heads", false}}).heads().size(), 1u);
  EXPECT_EQ(google_net({{"head_weight", 0.1}}).heads()[2].weight.at(0, 10), 0.1);
}

TEST(GoogLeNet, a_naive_module_passes_its_pool_on_and_costs_more_than_twice_as_much) {
  const Graph graph = google_net({{"module", std::string("naive")}});
  EXPECT_EQ(counts_of(graph, "3a").weights, 387'072);
  EXPECT_NEAR(static_cast<double>(counts_of(graph, "3a").macs) * 1e-6, 303.5, 0.05);
  EXPECT_EQ(graph.node(graph.find("3a")).shape.channels, 416);
  EXPECT_EQ(input_of(graph, "3a", 3), "3a.pool");
}

TEST(GoogLeNet, nets_that_are_compared_at_desk_scale_cost_the_same) {
  const auto macs = [](const char* trial) {
    return static_cast<double>(catalog::build_model(catalog::resolve("googlenet", trial, "desk"), {98, 98, 3}, 10).forward_macs());
  };
  EXPECT_NEAR(macs("naive") / macs("googlenet"), 1, 0.01);
  EXPECT_EQ(macs("no-heads"), macs("googlenet"));
  EXPECT_NEAR(macs("dense-end") / macs("googlenet"), 1, 0.04);
}

TEST(GoogLeNet, forms_for_32_pixels_that_are_compared_cost_the_same) {
  const auto macs = [](const char* trial) {
    return static_cast<double>(catalog::build_model(catalog::resolve("googlenet", trial, "desk")).forward_macs());
  };
  EXPECT_NEAR(macs("cifar-naive") / macs("cifar"), 1, 0.02) << "whole filters";
  EXPECT_EQ(macs("cifar-no-heads"), macs("cifar"));
  EXPECT_NEAR(macs("cifar-dense-end") / macs("cifar"), 1, 0.1);
}

// Table 3's 144 crops are four sizes, three squares of each, and of a square four corners, the centre, all of it, and mirrors. Photographs
// here are seen in one square, so 48 of them differ.
TEST(GoogLeNet, crops_are_those_of_section_7) {
  const recipes::Recipe recipe = catalog::resolve("googlenet", "googlenet", "paper");
  const auto evaluation = [&](const std::string& name) -> const recipes::EvaluationRecipe& {
    return *std::find_if(recipe.final_evaluations.begin(), recipe.final_evaluations.end(), [&](const auto& e) { return e.name == name; });
  };
  const auto views = [&](const std::string& name) {
    const recipes::EvaluationRecipe& e = evaluation(name);
    return static_cast<int>(e.sides.size()) * datasets::PartsOfImage{e.places, static_cast<int>(e.grid), e.mirrored}.count();
  };
  EXPECT_EQ(views("crop-1"), 1);
  EXPECT_EQ(views("crops-10"), 10);
  EXPECT_EQ(views("crops-18"), 18);
  EXPECT_EQ(views("sizes"), 4 * 10);
  EXPECT_EQ(views("square"), 2);
  EXPECT_EQ(evaluation("square").sides, std::vector<std::int64_t>{224}) << "no part of it is cut away";
  const recipes::EvaluationRecipe& all = evaluation("crops-144");
  EXPECT_EQ(all.of, (std::vector<std::string>{"sizes", "square"}));
  EXPECT_EQ(all.weights, (std::vector<double>{40, 4 * 2}));
}

TEST(GoogLeNet, the_rate_falls_by_4_percent_every_8_epochs) {
  const recipes::Recipe recipe = catalog::resolve("googlenet", "googlenet", "paper");
  const std::int64_t steps_per_epoch = (1'281'167 + recipe.batch - 1) / recipe.batch, total = 250 * steps_per_epoch;
  EXPECT_EQ(recipe.optimizer.learning_rate.at(8 * steps_per_epoch - 1, total), 0.01);
  EXPECT_DOUBLE_EQ(recipe.optimizer.learning_rate.at(8 * steps_per_epoch, total), 0.0096);
  EXPECT_DOUBLE_EQ(recipe.optimizer.learning_rate.at(16 * steps_per_epoch, total), 0.01 * 0.96 * 0.96);
}

TEST(GoogLeNet, the_form_for_32_pixels_has_the_counted_parameters_and_cost) {
  const Graph graph = google_net({{"stem", std::string("small")}, {"first_pool", false}, {"heads", false}}, kColour);
  EXPECT_EQ(graph.trained_parameters(), 5'857'610 + 7'152) << "the latter are the biases of convolutions";
  EXPECT_NEAR(static_cast<double>(graph.forward_macs()) * 1e-6, 1447.2, 0.05);
}

TEST(GoogLeNet, refuses_options_that_mean_nothing) {
  EXPECT_THROW(google_net({{"module", std::string("wide")}}), InputError);
  EXPECT_THROW(google_net({{"end", std::string("maximum")}}), InputError);
  EXPECT_THROW(google_net({{"keep", 0.0}}), InputError);
}

}  // namespace
}  // namespace reprise::experiments
