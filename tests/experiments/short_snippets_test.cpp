// The nets of Ng et al. 2015: counts made by hand, where each pools, and what grows out of what.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/layers/per_frame.hpp"
#include "tests/experiments/model_outline.hpp"

namespace reprise::experiments {
namespace {

constexpr SampleShape kTenDigits{280, 28, 1};

Graph pooled(const std::string& pooling, std::vector<Setting> settings = {}, const SampleShape& input = kTenDigits) {
  settings.push_back({"pooling", pooling});
  return net("short-snippets", "pooled", settings, input);
}

Graph desk(const std::string& trial) {
  return catalog::build_model(catalog::resolve("short-snippets", trial, "desk"));
}

std::int64_t parameters_of(const Graph& graph, const std::string& node) {
  std::int64_t count = 0;
  for (const auto& parameter : graph.node(graph.find(node)).parameters) count += parameter.count();
  return count;
}

/// conv1 416, conv2 12,832, fc1 1568*128 + 128, fc2 128*128 + 128, logits 1,290.
TEST(ShortSnippets, the_desk_net_has_the_counted_parameters_and_cost) {
  constexpr std::int64_t kTower = 416 + 12'832, kUnits = 200'832 + 16'512, kTowerMacs = 313'600 + 2'508'800, kUnitMacs = 200'704 + 16'384;
  EXPECT_EQ(desk("conv-1").trained_parameters(), kTower + kUnits + 1290);
  for (const auto& [trial, frames] : {std::pair{"conv-1", 1}, {"conv-3", 3}, {"conv", 10}, {"mean", 10}, {"conv-30", 30}}) {
    const Graph graph = desk(trial);
    EXPECT_EQ(graph.trained_parameters(), 231'882) << trial;
    EXPECT_EQ(graph.forward_macs(), frames * kTowerMacs + kUnitMacs + 1280) << trial;
  }
  // Late pooling has the dense layers in each frame; slow and local ones in each of four windows.
  EXPECT_EQ(desk("late").trained_parameters(), 231'882);
  EXPECT_EQ(desk("late").forward_macs(), 10 * (kTowerMacs + kUnitMacs) + 1280);
  EXPECT_EQ(desk("slow").trained_parameters(), 231'882);
  EXPECT_EQ(desk("slow").forward_macs(), 10 * kTowerMacs + 4 * 200'704 + 16'384 + 1280);
  EXPECT_EQ(desk("local").trained_parameters(), kTower + kUnits + 4 * 128 * 10 + 10);
  EXPECT_EQ(desk("local").forward_macs(), 10 * kTowerMacs + 4 * kUnitMacs + 5120);
  // 32 filters of 3x3 over four frames of 32 channels: 1.8 M multiply-adds in each of four windows.
  EXPECT_EQ(parameters_of(desk("time-domain"), "time"), 3 * 3 * 4 * 32 * 32 + 32);
  EXPECT_EQ(desk("time-domain").forward_macs(), 10 * kTowerMacs + 4 * 49 * 36'864 + kUnitMacs + 1280);
  EXPECT_EQ(parameters_of(desk("dense"), "pool"), 10 * 32 * 32 + 32);
}

TEST(ShortSnippets, each_net_pools_in_its_place) {
  const auto shape = [](const Graph& graph, const std::string& node) { return graph.node(graph.find(node)).shape; };
  const std::vector<Setting> windows{{"window", std::int64_t{4}}, {"stride", std::int64_t{2}}};
  const Graph conv = pooled("conv"), late = pooled("late"), slow = pooled("slow", windows), local = pooled("local", windows),
              time = pooled("time_domain", windows);
  EXPECT_EQ(shape(conv, "pool2"), (SampleShape{70, 7, 32}));
  EXPECT_EQ(shape(conv, "pool"), (SampleShape{7, 7, 32}));
  EXPECT_EQ(input_of(conv, "fc1"), "pool");
  EXPECT_EQ(shape(late, "fc2"), (SampleShape{10, 1, 128}));
  EXPECT_EQ(input_of(late, "pool"), "fc2.relu");
  EXPECT_EQ(shape(slow, "windows"), (SampleShape{28, 7, 32}));
  EXPECT_EQ(shape(slow, "fc1"), (SampleShape{4, 1, 128}));
  EXPECT_EQ(shape(slow, "fc2"), (SampleShape{1, 1, 128}));
  EXPECT_EQ(input_of(slow, "pool"), "fc1.relu");
  EXPECT_EQ(shape(local, "fc2"), (SampleShape{4, 1, 128}));
  EXPECT_EQ(input_of(local, "logits"), "fc2.relu");
  EXPECT_EQ(shape(time, "time"), (SampleShape{28, 7, 256}));
  EXPECT_EQ(input_of(time, "pool"), "time.relu");
}

TEST(ShortSnippets, windows_of_ten_frames_every_five_are_the_papers) {
  const Graph slow = pooled("slow", {}, {120 * 28, 28, 1});
  EXPECT_EQ(slow.node(slow.find("fc1")).shape.height, 23);
}

TEST(ShortSnippets, one_frame_and_many_have_the_same_parameters) {
  std::map<std::string, std::vector<std::int64_t>> shapes[2];
  const Graph graphs[2]{pooled("conv", {}, {28, 28, 1}), pooled("conv", {}, {30 * 28, 28, 1})};
  for (int i = 0; i < 2; ++i)
    for (const graph::Node& node : graphs[i].nodes())
      for (const auto& parameter : node.parameters) shapes[i][node.name + "/" + parameter.name] = parameter.shape;
  EXPECT_EQ(shapes[0], shapes[1]);
  EXPECT_EQ(layer_of(graphs[0], "conv1").kind(), "conv2d");
  EXPECT_EQ(dynamic_cast<const layers::PerFrame&>(layer_of(graphs[1], "conv1")).layer().kind(), "conv2d");
  const auto grown = catalog::resolve("short-snippets", "grown-30", "desk");
  EXPECT_EQ(grown.start.trial, "conv-1");
  EXPECT_EQ(grown.epochs, catalog::resolve("short-snippets", "scratch-30", "desk").epochs);
}

/// 34,944 + 1,990,912 + 1,638,656, then dense layers of 4096 on 6 x 6 x 256.
TEST(ShortSnippets, the_alexnet_tower_has_the_counted_parameters) {
  const std::vector<Setting> settings{{"tower", "alexnet"}, {"units", Numbers{4096, 4096}}, {"keep", 0.4}};
  const Graph graph = pooled("conv", settings, {3 * 220, 220, 3});
  EXPECT_EQ(graph.node(graph.find("norm3")).shape, (SampleShape{18, 6, 256}));
  EXPECT_EQ(graph.trained_parameters(), 3'664'512 + 37'752'832 + 16'781'312 + 40'970);
  // 55*55*96*363 + 27*27*256*7776 + 13*13*256*6400 multiply-adds a frame.
  EXPECT_EQ(graph.forward_macs(), 3 * (105'415'200LL + 1'451'188'224LL + 276'889'600LL) + 9216 * 4096 + 4096 * 4096 + 40'960);
}

/// 6,998,552 parameters of GoogLeNet without auxiliary heads, less a classifier of 1000 classes.
TEST(ShortSnippets, the_googlenet_tower_is_that_of_its_paper) {
  const std::vector<Setting> settings{{"tower", "googlenet"}, {"units", Numbers{}}, {"keep", 0.6}};
  const Graph graph = pooled("conv", settings, {2 * 220, 220, 3});
  EXPECT_EQ(graph.node(graph.find("5b")).shape, (SampleShape{12, 6, 1024}));
  EXPECT_EQ(graph.node(graph.find("average")).shape, (SampleShape{1, 1, 1024}));
  EXPECT_EQ(graph.trained_parameters() - 10 * 1025, 5'973'552);
  const Graph alone = net("googlenet", "googlenet", {{"heads", false}}, {220, 220, 3});
  EXPECT_EQ(graph.forward_macs(), 2 * (alone.forward_macs() - 10 * 1024) + 10 * 1024);
}

TEST(ShortSnippets, the_deep_lstm_has_17_84_million_parameters) {
  for (const bool peepholes : {false, true}) {
    const std::vector<Setting> settings{{"tower", "alexnet"}, {"units", Numbers{4096, 4096}}, {"peepholes", peepholes}};
    const Graph graph = net("short-snippets", "lstm", settings, {30 * 220, 220, 3});
    std::int64_t parameters = 0;
    for (int l = 1; l <= 5; ++l) parameters += parameters_of(graph, "lstm" + std::to_string(l));
    EXPECT_EQ(parameters, peepholes ? 17'843'712 : 17'836'032);
    EXPECT_EQ(graph.node(graph.find("logits")).shape, (SampleShape{30, 1, 10}));
  }
}

TEST(ShortSnippets, the_lstm_learns_from_each_frame_and_is_judged_by_their_average) {
  const Graph graph = desk("lstm");
  const std::vector<graph::Head> heads = graph.heads();
  ASSERT_EQ(heads.size(), 2u);
  EXPECT_EQ(graph.node(heads[0].node).name, "scores.weighted");
  EXPECT_EQ(heads[0].weight.at(0, 1), 0);
  EXPECT_EQ(heads[1].loss->name(), "frame_cross_entropy");
  EXPECT_EQ(graph.node(heads[1].node).name, "logits");
  EXPECT_EQ(heads[1].weight.at(0, 1), 1);
  EXPECT_EQ(layer_of(graph, "scores.weighted").summary(), "frame_scores weighted");
}

TEST(ShortSnippets, frames_are_square) {
  EXPECT_THROW(pooled("conv", {}, {30, 28, 1}), InputError);
  EXPECT_THROW(pooled("first"), InputError);
}

}  // namespace
}  // namespace reprise::experiments
