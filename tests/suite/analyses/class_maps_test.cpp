#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "tests/suite/analyses/analysed.hpp"

namespace reprise::tests {
namespace {

/// Two maps of ten pixels: the image itself, and nothing but a bias.
SmallTraining two_maps(const std::vector<std::uint8_t>& images, const std::vector<std::int32_t>& labels) {
  SmallTraining setup;
  setup.graph = graph::Graph({1, 10, 1});
  setup.graph.add("maps", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 2, .filter_size = 1}));
  setup.graph.add("average", std::make_shared<layers::GlobalAveragePool>());
  setup.train.width = 10;
  setup.train.pixels = images;
  setup.train.labels = labels;
  setup.test = setup.train;
  setup.recipe.batch = setup.recipe.shard = 2;
  setup.recipe.analysis_options.set("shown", std::int64_t{1});
  return setup;
}

Analysed class_maps_of(const SmallTraining& setup, const std::vector<float>& bias = {0, 5}) {
  SmallRun run(setup);
  run.set_weights("maps/weight", {1, 0});
  run.set_weights("maps/bias", bias);
  return analysed(run, "class_maps");
}

TEST(ClassMaps, the_strongest_tenth_is_of_all_maps_of_an_image) {
  // Of 20 activations two are strongest: 9 and 7 in the map of class 0; in the second image 9 there and ten times 5 in that of class 1.
  const std::vector<std::uint8_t> images{9, 7, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const Analysed found = class_maps_of(two_maps(images, {0, 1}));
  EXPECT_NEAR(found.results.at("strongest_in_true_map"), (1 + 10.0 / 11) / 2, 1e-12);
  EXPECT_NEAR(found.results.at("strongest_in_other_map"), (0 + 1.0 / 11) / 2, 1e-12);
  EXPECT_DOUBLE_EQ(found.results.at("peak_in_true_map"), 0.5);  // the second image's peak is 9, of the other class
}

TEST(ClassMaps, what_is_not_positive_is_not_strong) {
  const std::vector<std::uint8_t> images{3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const Analysed found = class_maps_of(two_maps(images, {0, 0}), {0, -1});
  EXPECT_DOUBLE_EQ(found.results.at("strongest_in_true_map"), 0.5);  // all that there is of one image, nothing of the other
  EXPECT_DOUBLE_EQ(found.results.at("strongest_in_other_map"), 0);
  EXPECT_DOUBLE_EQ(found.results.at("peak_in_true_map"), 0.5);
}

TEST(ClassMaps, a_picture_has_the_image_and_the_maps_on_one_scale) {
  const std::vector<std::uint8_t> images{10, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const records::Images pictures = class_maps_of(two_maps(images, {0, 1})).images.at("class_maps");
  EXPECT_EQ(pictures.count, 3);
  ASSERT_EQ(pictures.pixels.size(), 30u);
  EXPECT_EQ(pictures.captions.size(), 3u);
  EXPECT_EQ(pictures.pixels[0], 10);
  EXPECT_EQ(pictures.pixels[10], 255);
  EXPECT_EQ(pictures.pixels[11], 51);   // 2 of 10
  EXPECT_EQ(pictures.pixels[20], 128);  // 5 of 10
}

TEST(ClassMaps, refuses_a_net_that_averages_no_maps) {
  SmallTraining setup = two_maps(std::vector<std::uint8_t>(20, 1), {0, 1});
  setup.graph = graph::Graph({1, 10, 1});
  setup.graph.add("dense", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  SmallRun run(setup);
  EXPECT_THROW(analysed(run, "class_maps"), InputError);
}

}  // namespace
}  // namespace reprise::tests
