// The nets of Dosovitskiy et al. 2016: counts made by hand, feature lengths, the loss as discrimination plus invariance.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "datasets/surrogate_images.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/catalog/trial_lists.hpp"
#include "suite/execution/executor.hpp"
#include "suite/graph/larger_input.hpp"
#include "suite/optimizers/parameter_rules.hpp"
#include "suite/random/random.hpp"
#include "suite/training/batch_source.hpp"
#include "tests/experiments/model_outline.hpp"

namespace reprise::experiments {
namespace {

using Start = layers::Initialisation::Kind;

recipes::Recipe recipe_of(const std::string& trial, const std::string& scale = "paper", const std::vector<catalog::Override>& set = {}) {
  return catalog::resolve("exemplar-cnn", trial, scale, set);
}

Graph with_classes(const std::string& trial, int classes, const std::string& scale = "paper") {
  return catalog::build_model(recipe_of(trial, scale), kColour, classes);
}

TEST(ExemplarCnn, nets_have_the_counted_parameters_and_cost) {
  struct Count {
    const char *trial, *scale;
    std::int64_t features, body;
    double mega_macs;
  };
  for (const Count& count : {Count{"small", "paper", 128, 631'744, 31.65}, Count{"middle", "paper", 512, 9'418'368, 118.2},
                             Count{"large", "paper", 1024, 37'428'816, 401.1}, Count{"small", "desk", 64, 159'200, 9.14}})
    for (const int classes : {1000, 8000, 16000}) {
      const Graph graph = with_classes(count.trial, classes, count.scale);
      EXPECT_EQ(graph.trained_parameters(), count.body + (count.features + 1) * classes) << count.trial;
      const double body = static_cast<double>(graph.forward_macs() - count.features * classes) * 1e-6;
      EXPECT_NEAR(body, count.mega_macs, 0.0006 * count.mega_macs) << count.trial;
    }
  EXPECT_EQ(with_classes("small", 8000).trained_parameters(), 1'663'744);
  EXPECT_EQ(with_classes("middle", 16000).trained_parameters(), 17'626'368);
  EXPECT_EQ(with_classes("large", 16000).trained_parameters(), 53'828'816);
}

TEST(ExemplarCnn, order_of_the_nodes) {
  EXPECT_EQ(products_of(with_classes("middle", 8000)),
            (Strings{"5x5 c64 +2", "pool", "5x5 c128 +2", "pool", "5x5 c256 +2", "512", "8000"}));
  EXPECT_EQ(products_of(with_classes("small", 50)), (Strings{"5x5 c64 +2", "pool", "5x5 c64 +2", "pool", "128", "50"}));
  const Graph graph = with_classes("middle", 8000);
  EXPECT_EQ(graph.node(graph.find("pool1")).shape, (SampleShape{16, 16, 64}));
  EXPECT_EQ(graph.node(graph.find("conv3.relu")).shape, (SampleShape{8, 8, 256}));
}

TEST(ExemplarCnn, starts_as_published) {
  const Graph middle = with_classes("middle", 100), small = with_classes("small", 100);
  const auto starts = [](const Graph& graph, const char* node, double deviation, double bias) {
    const layers::Initialisation weight = parameter_of(graph, node).initialisation, start = parameter_of(graph, node, 1).initialisation;
    EXPECT_EQ(weight.kind, Start::normal) << node;
    EXPECT_EQ(weight.value, deviation) << node;
    EXPECT_EQ(start.value, bias) << node;
  };
  starts(middle, "conv1", 0.05, 0.1), starts(middle, "conv2", 0.02, 0.1), starts(middle, "conv3", 0.01, 0.1);
  starts(middle, "fc", 0.01, 0.1), starts(middle, "logits", 0.005, 0);
  starts(small, "conv1", 1e-4, 0.1), starts(small, "conv2", 0.01, 0.1), starts(small, "fc", 0.005, 0.1), starts(small, "logits", 0.01, 0);
}

TEST(ExemplarCnn, layers_have_rates_and_decays_of_their_own) {
  const recipes::Recipe recipe = recipe_of("middle");
  const Graph graph = catalog::build_model(recipe, kColour, 20);
  const graph::Parameters parameters(graph);
  const auto settings = optimizers::parameter_settings(recipe.optimizer, parameters);
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const std::string& name = parameters.list()[i].name;
    const bool bias = name.ends_with("/bias");
    EXPECT_EQ(settings[i].rate, bias ? 2 : name == "logits/weight" ? 0.25 : 1) << name;
    const double decay = name == "conv3/weight" ? 0.25 : name == "fc/weight" ? 1 : name == "logits/weight" ? 4 : 0;
    EXPECT_EQ(settings[i].decay, decay) << name;
  }
  EXPECT_EQ(recipe.optimizer.weight_decay, 0.004);
  const schedules::Schedule& rate = recipe.optimizer.learning_rate;
  for (const auto& [step, expected] :
       {std::pair{0, 0.01}, {1'199'000, 0.01}, {1'201'000, 0.004}, {1'321'000, 0.001}, {1'441'000, 0.0004}, {1'501'000, 0.0001}})
    EXPECT_NEAR(rate.at(step, recipe.steps), expected, 1e-12) << step;
}

/// Quadrants of every layer: (64 + 128 + 256 + 512) * 4 and (64 + 64 + 128) * 4; the dense layer's map has nine rows of CIFAR-10.
TEST(ExemplarCnn, features_have_the_published_lengths) {
  for (const auto& [trial, length] : {std::pair{"middle", 3840}, {"small", 1024}}) {
    const recipes::Recipe recipe = recipe_of(trial);
    const Graph graph = catalog::build_model(recipe);
    for (const recipes::ProbeRecipe& probe : recipe.probes) {
      std::vector<graph::NodeId> nodes;
      for (const std::string& node : probe.nodes) nodes.push_back(graph.find(node));
      const std::int64_t side = probe.side > 0 ? probe.side : 96;
      const Graph features = graph::features_over_larger_input(graph, {side, side, 3}, nodes, probe.parts);
      EXPECT_EQ(features.node(features.output()).shape.size(), length);
      if (side != 64) continue;
      EXPECT_EQ(features.node(features.find("conv1.relu")).shape.height, 64);
      EXPECT_EQ(features.node(features.find("conv2.relu")).shape.height, 32);
      EXPECT_EQ(features.node(features.find("fc.relu")).shape.height, 9);
    }
  }
}

double log_sum_exp(const std::vector<double>& values) {
  const double largest = *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (const double value : values) sum += std::exp(value - largest);
  return largest + std::log(sum);
}

/// Section 3.3: the mean loss over copies is how badly the mean features tell the classes apart, plus how much log-sum-exp of the logits
/// varies over copies, which is never negative.
TEST(ExemplarCnn, the_loss_is_discrimination_plus_invariance) {
  constexpr std::int64_t kClasses = 6, kCopies = 5, kImages = kClasses * kCopies;
  datasets::ImageSet images;
  images.name = "made", images.count = kClasses, images.channels = 3, images.height = images.width = 32;
  random::Generator draws({2, random::Purpose::synthetic, 0, 0, 0});
  for (std::int64_t i = 0; i < kClasses * images.image_bytes(); ++i)
    images.pixels.push_back(
        static_cast<std::uint8_t>((i / 1024 * 37 + i % 32 * 5 + static_cast<std::int64_t>(draws.next_below(60))) % 256));
  images.labels.assign(kClasses, 0);
  datasets::SurrogateRecipe recipe;
  recipe.classes = kClasses, recipe.copies = kCopies, recipe.windows = {24};
  const auto set = std::make_shared<const datasets::ImageSet>(datasets::surrogate_classes(images, recipe).train);
  const datasets::SampleSource source(set, datasets::Preprocessing::fit({"centre"}, *set), {});
  const Graph graph = with_classes("small", kClasses, "smoke");
  graph::Parameters parameters(graph);
  parameters.initialise(1);
  parallel::Workers workers(2);
  execution::Executor executor(graph, {.net = {.precision = Precision::f32, .batch = kImages, .shard = 8}}, parameters, workers);
  const training::SourceReader reader(source, {});
  std::vector<float> logits(static_cast<std::size_t>(kImages * kClasses));
  const double loss = executor.evaluate({.reader = &reader, .count = kImages}, layers::Mode::infer, {.outputs = logits.data()}).loss;
  double discrimination = 0, invariance = 0;
  for (std::int64_t label = 0; label < kClasses; ++label) {
    std::vector<double> mean(kClasses, 0);
    double mean_log = 0;
    for (std::int64_t copy = 0; copy < kCopies; ++copy) {
      const float* row = logits.data() + (label * kCopies + copy) * kClasses;
      const std::vector<double> values(row, row + kClasses);
      for (std::size_t k = 0; k < kClasses; ++k) mean[k] += values[k] / kCopies;
      mean_log += log_sum_exp(values) / kCopies;
    }
    const double varies = mean_log - log_sum_exp(mean);
    EXPECT_GT(varies, 0) << label;
    invariance += kCopies * varies;
    discrimination += kCopies * (log_sum_exp(mean) - mean[static_cast<std::size_t>(label)]);
  }
  EXPECT_NEAR(loss, discrimination + invariance, 1e-5 * loss);
  EXPECT_GT(invariance, 1e-4 * loss);
}

TEST(ExemplarCnn, an_untrained_net_keeps_its_start) {
  const recipes::Recipe recipe = recipe_of("untrained", "desk");
  const Graph graph = catalog::build_model(recipe);
  const graph::Parameters parameters(graph);
  for (const auto& setting : optimizers::parameter_settings(recipe.optimizer, parameters)) EXPECT_TRUE(setting.is_frozen(0, recipe.steps));
}

}  // namespace
}  // namespace reprise::experiments
