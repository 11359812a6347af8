#include <gtest/gtest.h>

#include <array>

#include "suite/errors.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "tests/suite/analyses/analysed.hpp"

namespace reprise::tests {
namespace {

constexpr int kGrey = 128;

/// A dark square image with one bright pixel each: {row, column, value}.
SmallImages dots(int side, const std::vector<std::array<int, 3>>& places) {
  SmallImages images;
  images.height = images.width = side;
  for (const auto& [row, column, value] : places) {
    std::vector<std::uint8_t> image(static_cast<std::size_t>(side * side));
    image[static_cast<std::size_t>(row * side + column)] = static_cast<std::uint8_t>(value);
    images.pixels.insert(images.pixels.end(), image.begin(), image.end());
    images.labels.push_back(0);
  }
  return images;
}

SmallTraining convolution_of(std::int64_t padding, const SmallImages& images) {
  SmallTraining setup;
  setup.graph = graph::Graph({images.height, images.width, 1});
  setup.graph.add("conv", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 2, .filter_size = 3, .padding = padding}));
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.train = setup.test = images;
  setup.recipe.batch = setup.recipe.shard = 2;
  setup.recipe.analysis_options.set("filters", std::int64_t{2});
  setup.recipe.analysis_options.set("patches", std::int64_t{2});
  return setup;
}

/// Filter 0 looks at its centre; filter 1 at its last corner, and against its first.
const std::vector<float> kFilters{0, 0, 0, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 1};

int pixel(const records::Images& picture, std::int64_t y, std::int64_t x) {
  return picture.pixels.at(static_cast<std::size_t>((y * picture.width + x) * picture.channels));
}

TEST(ReceptiveFields, show_the_patches_that_excite_a_filter_most_strongest_first) {
  SmallRun run(convolution_of(0, dots(4, {{1, 1, 100}, {2, 2, 200}, {0, 0, 0}})));
  run.set_weights("conv/weight", kFilters);
  const Analysed record = analysed(run, "receptive_fields");
  // Patches of 3x3 pixels, each 8 wide, and a grey line after each: 25.
  const records::Images& patches = record.images.at("patches_conv");
  ASSERT_EQ(patches.height, 50);
  ASSERT_EQ(patches.width, 50);
  const auto at = [&](std::int64_t row, std::int64_t column, std::int64_t y, std::int64_t x) {
    return pixel(patches, row * 25 + y * 8 + 4, column * 25 + x * 8 + 4);
  };
  for (std::int64_t y = 0; y < 3; ++y)
    for (std::int64_t x = 0; x < 3; ++x) {
      const bool centre = y == 1 && x == 1, corner = y == 2 && x == 2;
      EXPECT_EQ(at(0, 0, y, x), centre ? 200 : 0);
      EXPECT_EQ(at(0, 1, y, x), centre ? 100 : 0);
      EXPECT_EQ(at(1, 0, y, x), corner ? 200 : 0);
    }
  EXPECT_EQ(pixel(patches, 24, 3), kGrey);
}

TEST(ReceptiveFields, show_filters_with_grey_for_zero) {
  SmallRun run(convolution_of(0, dots(4, {{1, 1, 100}})));
  run.set_weights("conv/weight", kFilters);
  const Analysed record = analysed(run, "receptive_fields");
  // Pixels are 5 wide, filters 16 apart.
  const records::Images& kernels = record.images.at("kernels");
  const auto at = [&](std::int64_t filter, std::int64_t y, std::int64_t x) { return pixel(kernels, y * 5 + 2, filter * 16 + x * 5 + 2); };
  for (std::int64_t y = 0; y < 3; ++y)
    for (std::int64_t x = 0; x < 3; ++x) {
      EXPECT_EQ(at(0, y, x), y == 1 && x == 1 ? 255 : kGrey);
      EXPECT_EQ(at(1, y, x), y == 2 && x == 2 ? 255 : y == 0 && x == 0 ? 0 : kGrey);
    }
}

TEST(ReceptiveFields, are_grey_outside_the_image) {
  SmallRun run(convolution_of(1, dots(4, {{0, 0, 200}, {3, 3, 100}})));
  run.set_weights("conv/weight", kFilters);
  const Analysed record = analysed(run, "receptive_fields");
  const records::Images& patches = record.images.at("patches_conv");
  for (std::int64_t y = 0; y < 3; ++y)
    for (std::int64_t x = 0; x < 3; ++x)
      EXPECT_EQ(pixel(patches, y * 8 + 4, x * 8 + 4), y == 0 || x == 0 ? kGrey : y == 1 && x == 1 ? 200 : 0);
}

TEST(ReceptiveFields, grow_with_strides_on_the_way) {
  SmallTraining setup = convolution_of(0, dots(8, {{0, 7, 90}}));
  setup.graph = graph::Graph({8, 8, 1});
  setup.graph.add("conv1", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 1, .filter_size = 3}));
  setup.graph.add("pool", std::make_shared<layers::MaxPool2d>(layers::MaxPool2d::Options{.window = 2, .stride = 2}));
  setup.graph.add("conv2", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 2, .filter_size = 3}));
  setup.recipe.analysis_options.set("patches", std::int64_t{1});
  SmallRun run(setup);
  const Analysed record = analysed(run, "receptive_fields");
  // 3 pixels, one more for the pool, twice two more behind its stride: 8, each 3 wide.
  const records::Images& patches = record.images.at("patches_conv2");
  EXPECT_EQ(patches.width, 8 * 3 + 1);
  EXPECT_EQ(pixel(patches, 1, 7 * 3 + 1), 90);
  EXPECT_EQ(pixel(patches, 1, 6 * 3 + 1), 0);
}

TEST(ReceptiveFields, of_a_net_without_convolutions_are_refused) {
  SmallTraining setup = convolution_of(0, dots(4, {{1, 1, 100}}));
  setup.graph = graph::Graph({4, 4, 1});
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  SmallRun run(setup);
  EXPECT_THROW(analysed(run, "receptive_fields"), InputError);
}

}  // namespace
}  // namespace reprise::tests
