#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "suite/layers/dense.hpp"
#include "suite/layers/relu.hpp"
#include "tests/suite/analyses/analysed.hpp"

namespace reprise::tests {
namespace {

/// Images of 4x4 pixels with the given values at their first ones.
SmallImages four_by_four(const std::vector<std::vector<std::uint8_t>>& starts) {
  SmallImages images;
  images.height = images.width = 4;
  for (std::vector<std::uint8_t> image : starts) {
    image.resize(16);
    images.pixels.insert(images.pixels.end(), image.begin(), image.end());
    images.labels.push_back(0);
  }
  return images;
}

/// Hoyer sparsity of 16 values of which n are equal in size and the others 0.
double hoyer_of(double n) {
  return (4 - std::sqrt(n)) / 3;
}

TEST(Saliency, maps_of_a_linear_net_are_the_weights_of_the_predicted_class) {
  SmallTraining setup;
  setup.graph = graph::Graph({4, 4, 1});
  setup.graph.add("dense", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.train = setup.test = four_by_four({{9, 0}, {0, 1}});  // class 0, class 1
  SmallRun run(setup);
  std::vector<float> weight(32, 0.5f);  // of class 1: flat
  std::fill_n(weight.begin(), 16, 0.0f);
  weight[0] = 3;  // of class 0: one pixel
  run.set_weights("dense/weight", weight);
  const auto results = analysed(run, "saliency").results;
  for (const char* rule : {"gradient", "deconvnet", "guided"}) {
    EXPECT_NEAR(results.at(std::string("sparsity_") + rule), (1 + 0) / 2.0, 1e-6) << rule;
    EXPECT_NEAR(results.at(std::string("best_quarter_") + rule), (1 + 0.25) / 2, 1e-6) << rule;
  }
}

TEST(Saliency, rules_differ_where_a_unit_is_off_and_where_a_gradient_is_negative) {
  SmallTraining setup;
  setup.graph = graph::Graph({4, 4, 1});
  setup.graph.add("hidden", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 4}));
  setup.graph.add("relu", std::make_shared<layers::Relu>());
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.train = setup.test = four_by_four({{4, 0, 1, 0}});
  SmallRun run(setup);
  // Unit i reads pixel i; units 1 and 3 are off. Class 0 is excited by units 0, 1, 3, inhibited by unit 2.
  std::vector<float> hidden(64, 0.0f);
  for (std::size_t i = 0; i < 4; ++i) hidden[i * 16 + i] = 1;
  run.set_weights("hidden/weight", hidden);
  run.set_weights("hidden/bias", {0, -10, 0, -10});
  run.set_weights("logits/weight", {1, 1, -1, 1, 0, 0, 0, 0});
  run.set_weights("logits/bias", {0, -100});
  const Analysed record = analysed(run, "saliency");
  // The gradient is +1 at pixel 0 and -1 at 2; deconvnet passes positive signals whatever is off: 0, 1, 3; guided asks for both: 0.
  EXPECT_NEAR(record.results.at("sparsity_gradient"), hoyer_of(2), 1e-6);
  EXPECT_NEAR(record.results.at("sparsity_deconvnet"), hoyer_of(3), 1e-6);
  EXPECT_NEAR(record.results.at("sparsity_guided"), 1, 1e-6);
  EXPECT_NEAR(record.results.at("sparsity_gain_guided_over_gradient"), 1 - hoyer_of(2), 1e-6);
  EXPECT_NEAR(record.results.at("sparsity_gain_guided_over_deconvnet"), 1 - hoyer_of(3), 1e-6);
  const records::Images& maps = record.images.at("maps");
  ASSERT_EQ(maps.pixels.size(), 4u * 16);
  const std::vector<std::uint8_t> image{4, 0, 1, 0}, gradient{255, 128, 0, 128}, deconvnet{255, 255, 128, 255}, guided{255, 128, 128, 128};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(maps.pixels[i], image[i]);
    EXPECT_EQ(maps.pixels[16 + i], gradient[i]);
    EXPECT_EQ(maps.pixels[32 + i], deconvnet[i]);
    EXPECT_EQ(maps.pixels[48 + i], guided[i]);
  }
  EXPECT_EQ(maps.captions, (std::vector<std::string>{"class 0", "gradient", "deconvnet", "guided"}));
}

TEST(Saliency, fresh_weights_are_another_net) {
  SmallTraining setup;
  setup.graph = graph::Graph({4, 4, 1});
  setup.graph.add("dense", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.train = setup.test = four_by_four({{9, 0}, {0, 1}});
  SmallRun run(setup);  // its weights are those of its seed
  const double likeness = analysed(run, "saliency").results.at("correlation_with_fresh_weights_gradient");
  EXPECT_LT(std::abs(likeness), 0.9);
  EXPECT_NE(likeness, 0);
}

}  // namespace
}  // namespace reprise::tests
