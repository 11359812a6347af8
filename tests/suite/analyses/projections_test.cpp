#include <gtest/gtest.h>

#include <array>

#include "suite/errors.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/relu.hpp"
#include "tests/suite/analyses/analysed.hpp"

namespace reprise::tests {
namespace {

constexpr int kGrey = 128;

/// Two dark images of 4x4 pixels with bright ones: {row, column, value}.
SmallImages two_images(const std::vector<std::array<int, 3>>& first, const std::vector<std::array<int, 3>>& second) {
  SmallImages images;
  images.height = images.width = 4;
  for (const auto& dots : {first, second}) {
    std::array<std::uint8_t, 16> image{};
    for (const auto& [row, column, value] : dots) image[static_cast<std::size_t>(row * 4 + column)] = static_cast<std::uint8_t>(value);
    images.pixels.insert(images.pixels.end(), image.begin(), image.end());
    images.labels.push_back(0);
  }
  return images;
}

/// One filter of 3x3 on 1x1 and ReLU: its centre counts, its first corner speaks against it.
SmallTraining two_convolutions(const SmallImages& images) {
  SmallTraining setup;
  setup.graph = graph::Graph({4, 4, 1});
  setup.graph.add("conv1", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 1, .filter_size = 1}));
  setup.graph.add("relu1", std::make_shared<layers::Relu>());
  setup.graph.add("conv2", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 2, .filter_size = 3}));
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.train = setup.test = images;
  setup.recipe.batch = setup.recipe.shard = 2;
  setup.recipe.analysis_options.set("filters", std::int64_t{2});
  setup.recipe.analysis_options.set("strongest", std::int64_t{2});
  return setup;
}

/// The second filter looks at its last corner.
const std::vector<float> kFilters{-1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

Analysed projections_of(const SmallTraining& setup) {
  SmallRun run(setup);
  run.set_weights("conv1/weight", {1});
  run.set_weights("conv2/weight", kFilters);
  return analysed(run, "projections");
}

/// Pixel of a tile: tiles are 3 pixels wide, each 8 wide in the picture, and a grey line follows.
int at(const records::Images& picture, std::int64_t row, std::int64_t column, std::int64_t y, std::int64_t x) {
  return picture.pixels.at(static_cast<std::size_t>((row * 25 + y * 8 + 4) * picture.width + column * 25 + x * 8 + 4));
}

TEST(Projections, show_what_of_the_image_speaks_for_a_filter_beside_the_image) {
  const Analysed record = projections_of(two_convolutions(two_images({{2, 2, 200}, {1, 1, 50}}, {{1, 1, 100}})));
  const records::Images& picture = record.images.at("projections_conv2");
  ASSERT_EQ(picture.height, 2 * 25);
  ASSERT_EQ(picture.width, 4 * 25) << "two projections, two patches";
  for (std::int64_t y = 0; y < 3; ++y)
    for (std::int64_t x = 0; x < 3; ++x) {
      const bool centre = y == 1 && x == 1, first = y == 0 && x == 0, last = y == 2 && x == 2;
      // The strongest: the dot of 200 in the centre, in spite of the one of 50, whose negative signal ends at ReLU.
      EXPECT_EQ(at(picture, 0, 0, y, x), centre ? 255 : kGrey) << y << x;
      EXPECT_EQ(at(picture, 0, 1, y, x), centre ? 255 : kGrey);
      EXPECT_EQ(at(picture, 0, 2, y, x), centre ? 255 : first ? 64 : 0);
      EXPECT_EQ(at(picture, 0, 3, y, x), centre ? 255 : 0) << "the second image, whose dot fills its range";
      EXPECT_EQ(at(picture, 1, 0, y, x), last ? 255 : kGrey) << "a row a filter";
    }
}

TEST(Projections, start_from_the_value_of_their_own_filter) {
  // The first filter's 400 at the dot of 100 is larger than the second's 250 at the other dot.
  const Analysed record = projections_of(two_convolutions(two_images({{1, 1, 100}, {3, 3, 250}}, {{0, 0, 1}})));
  const records::Images& picture = record.images.at("projections_conv2");
  EXPECT_EQ(at(picture, 0, 0, 1, 1), 255);
  EXPECT_EQ(at(picture, 1, 0, 2, 2), 255);
  EXPECT_EQ(at(picture, 1, 0, 0, 0), kGrey);
}

TEST(Projections, show_the_whole_image_where_a_field_is_larger) {
  SmallTraining setup = two_convolutions(two_images({{1, 1, 200}}, {{1, 1, 100}}));
  setup.graph = graph::Graph({4, 4, 1});
  setup.graph.add("conv1", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 1, .filter_size = 7, .padding = 3}));
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  SmallRun run(setup);
  const Analysed record = analysed(run, "projections");
  EXPECT_EQ(record.images.at("projections_conv1").width, 4 * (4 * 6 + 1));
}

TEST(Projections, of_a_net_without_convolutions_are_refused) {
  SmallTraining setup = two_convolutions(two_images({{1, 1, 9}}, {{1, 1, 9}}));
  setup.graph = graph::Graph({4, 4, 1});
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  SmallRun run(setup);
  EXPECT_THROW(analysed(run, "projections"), InputError);
}

}  // namespace
}  // namespace reprise::tests
