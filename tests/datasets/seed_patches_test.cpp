#include "datasets/seed_patches.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "suite/errors.hpp"

namespace reprise::datasets {
namespace {

ImageSet images_of(std::int64_t count, int channels, int height, int width) {
  ImageSet set;
  set.name = "made";
  set.count = count, set.channels = channels, set.height = height, set.width = width, set.classes = 1;
  set.pixels.assign(static_cast<std::size_t>(count * set.image_bytes()), 0);
  set.labels.assign(static_cast<std::size_t>(count), 0);
  return set;
}

TEST(GradientEnergies, by_hand) {
  // A step of 10 between the second and the third column: central differences of 10 in both.
  const std::vector<std::uint8_t> step{0, 0, 10, 10, 0, 0, 10, 10, 0, 0, 10, 10};
  EXPECT_EQ(gradient_energies(step.data(), 1, 3, 4, 3), (std::vector<std::int64_t>{600, 600}));
  EXPECT_EQ(gradient_energies(step.data(), 1, 3, 4, 1), (std::vector<std::int64_t>{0, 100, 100, 0, 0, 100, 100, 0, 0, 100, 100, 0}));
  // The same in three channels, added up first: 3^2 times as much.
  std::vector<std::uint8_t> colours;
  for (int c = 0; c < 3; ++c) colours.insert(colours.end(), step.begin(), step.end());
  EXPECT_EQ(gradient_energies(colours.data(), 3, 3, 4, 3), (std::vector<std::int64_t>{5400, 5400}));
}

TEST(GradientEnergies, equal_sums_over_each_square) {
  random::Generator draws({0, random::Purpose::synthetic, 0, 0, 5});
  std::vector<std::uint8_t> image(2 * 7 * 9);
  for (std::uint8_t& pixel : image) pixel = static_cast<std::uint8_t>(draws.next_word());
  const auto sum = [&](int y, int x) {
    y = std::clamp(y, 0, 6), x = std::clamp(x, 0, 8);
    return image[static_cast<std::size_t>(y * 9 + x)] + image[static_cast<std::size_t>(63 + y * 9 + x)];
  };
  const std::vector<std::int64_t> found = gradient_energies(image.data(), 2, 7, 9, 4);
  ASSERT_EQ(found.size(), 4u * 6u);
  for (int top = 0; top < 4; ++top)
    for (int left = 0; left < 6; ++left) {
      std::int64_t energy = 0;
      for (int y = top; y < top + 4; ++y)
        for (int x = left; x < left + 4; ++x) {
          const std::int64_t down = sum(y + 1, x) - sum(y - 1, x), right = sum(y, x + 1) - sum(y, x - 1);
          energy += down * down + right * right;
        }
      EXPECT_EQ(found[static_cast<std::size_t>(top * 6 + left)], energy);
    }
}

TEST(DrawSeeds, takes_each_image_once_and_one_of_the_windows) {
  const ImageSet set = images_of(30, 3, 20, 24);
  SurrogateRecipe recipe;
  recipe.classes = 30, recipe.windows = {8, 12.5};
  const std::vector<SeedPatch> seeds = draw_seeds(set, recipe);
  std::set<std::int64_t> images;
  std::set<double> windows;
  for (const SeedPatch& seed : seeds) {
    images.insert(seed.image), windows.insert(seed.window.side);
    const double half = (std::ceil(seed.window.side) - 1) / 2;  // pixels from the middle of a square to the middle of its border pixels
    EXPECT_TRUE(seed.window.row - half >= 0 && seed.window.row + half <= 19);
    EXPECT_TRUE(seed.window.column - half >= 0 && seed.window.column + half <= 23);
  }
  EXPECT_EQ(images.size(), 30u);
  EXPECT_EQ(windows, (std::set<double>{8, 12.5}));
  SurrogateRecipe fewer = recipe;
  fewer.classes = 11;
  EXPECT_EQ(draw_seeds(set, fewer), std::vector<SeedPatch>(seeds.begin(), seeds.begin() + 11));
}

/// Each image has one bright pixel at (15, 4): every square that sees it or its neighbours has energy, no other has.
TEST(DrawSeeds, go_where_something_is_to_be_seen) {
  ImageSet set = images_of(200, 1, 20, 20);
  for (std::int64_t i = 0; i < set.count; ++i) set.pixels[static_cast<std::size_t>(i * 400 + 15 * 20 + 4)] = 200;
  SurrogateRecipe recipe;
  recipe.classes = 200, recipe.windows = {5};
  std::set<std::pair<double, double>> places;
  for (const SeedPatch& seed : draw_seeds(set, recipe)) {
    EXPECT_LE(std::abs(seed.window.row - 15), 3);
    EXPECT_LE(std::abs(seed.window.column - 4), 3);
    places.insert({seed.window.row, seed.window.column});
  }
  EXPECT_GT(places.size(), 20u);
}

/// Of two places, one has three times the energy of the other: a column that differs by 10 from its neighbour, or by about 17.
TEST(DrawSeeds, as_often_as_the_energy_says) {
  ImageSet set = images_of(4000, 1, 4, 8);
  for (std::int64_t i = 0; i < set.count; ++i)
    for (int y = 0; y < 4; ++y) {
      set.pixels[static_cast<std::size_t>(i * 32 + y * 8)] = 10;      // differences of 10 at columns 0 and 1
      set.pixels[static_cast<std::size_t>(i * 32 + y * 8 + 7)] = 20;  // of 20 at columns 6 and 7
    }
  SurrogateRecipe recipe;
  recipe.classes = 4000, recipe.windows = {4};
  double left = 0, right = 0;
  for (const SeedPatch& seed : draw_seeds(set, recipe)) (seed.window.column < 3.5 ? left : right) += 1;
  // Squares from columns 0, 1 see 2 and 1 columns of 100 a pixel; those from 3 and 4 one and two of 400; that from 2 none.
  EXPECT_NEAR(left / 4000, 0.2, 4 * std::sqrt(0.2 * 0.8 / 4000));
  EXPECT_EQ(left + right, 4000);
}

TEST(DrawSeeds, refuses_what_the_images_do_not_allow) {
  SurrogateRecipe recipe;
  recipe.classes = 3, recipe.windows = {8};
  EXPECT_THROW(draw_seeds(images_of(2, 1, 10, 10), recipe), InputError);
  EXPECT_THROW(draw_seeds(images_of(3, 1, 10, 7), recipe), InputError);
  EXPECT_THROW(draw_seeds(images_of(3, 2, 10, 10), recipe), InputError);
  EXPECT_NO_THROW(draw_seeds(images_of(3, 1, 10, 8), recipe));
}

}  // namespace
}  // namespace reprise::datasets
