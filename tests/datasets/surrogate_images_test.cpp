// Surrogate classes: what their samples are made of, and that they depend on nothing else.

#include "datasets/surrogate_images.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "datasets/byte_statistics.hpp"
#include "datasets/seed_patches.hpp"
#include "suite/errors.hpp"

namespace reprise::datasets {
namespace {

using Pixels = std::vector<std::uint8_t>;

ImageSet photographs(std::int64_t count, int side, int channels = 3) {
  ImageSet set;
  set.name = "made";
  set.count = count, set.channels = channels, set.height = set.width = side, set.classes = 1;
  random::Generator draws({0, random::Purpose::synthetic, 0, 0, 9});
  for (std::int64_t i = 0; i < count; ++i)
    for (int c = 0; c < channels; ++c) {
      const double down = draws.next_uniform(), right = draws.next_uniform(), phase = 6 * draws.next_uniform();
      for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x)
          set.pixels.push_back(static_cast<std::uint8_t>(std::lround(127 + 100 * std::sin(down * y + right * x + phase))));
    }
  set.labels.assign(static_cast<std::size_t>(count), 0);
  return set;
}

Pixels sample(const ImageSet& set, std::int64_t index, const FetchKey* key = nullptr) {
  Pixels room;
  set.image(index, room, key);
  return room;
}

SurrogateRecipe unchanged() {
  SurrogateRecipe recipe;
  recipe.translation = recipe.rotation = recipe.offset = recipe.hue = 0;
  recipe.scale = recipe.contrast = recipe.power = recipe.factor = 1;
  return recipe;
}

TEST(SurrogateClasses, without_transformations_are_the_patches_themselves) {
  const ImageSet images = photographs(5, 20);
  SurrogateRecipe recipe = unchanged();
  recipe.classes = 4, recipe.copies = 3, recipe.side = 12, recipe.windows = {12};
  const Dataset made = surrogate_classes(images, recipe);
  EXPECT_EQ(made.train.count, 12);
  EXPECT_EQ(made.train.classes, 4);
  EXPECT_EQ(made.test.count, 4);
  EXPECT_EQ(made.train.labels, (std::vector<std::int32_t>{0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3}));
  const std::vector<SeedPatch> seeds = draw_seeds(images, recipe);
  for (std::int64_t i = 0; i < 12; ++i) {
    const SeedPatch& seed = seeds[static_cast<std::size_t>(i / 3)];
    const int top = static_cast<int>(seed.window.row - 5.5), left = static_cast<int>(seed.window.column - 5.5);
    Pixels expected;
    for (int c = 0; c < 3; ++c)
      for (int y = 0; y < 12; ++y)
        for (int x = 0; x < 12; ++x) expected.push_back(images.image(seed.image)[(c * 20 + top + y) * 20 + left + x]);
    EXPECT_EQ(sample(made.train, i), expected);
  }
}

/// All transformations in double, from their definitions: one inverse map, bilinear, mirrored; axes of colour; hue, saturation, value.
TEST(SurrogateClasses, equal_their_definition) {
  const ImageSet images = photographs(6, 32);
  SurrogateRecipe recipe;
  recipe.classes = 6, recipe.copies = 4, recipe.windows = {24, 32};
  const Dataset made = surrogate_classes(images, recipe);
  const std::vector<SeedPatch> seeds = draw_seeds(images, recipe);
  ImageSet chosen = images;
  chosen.pixels.clear();
  for (const SeedPatch& seed : seeds) chosen.pixels.insert(chosen.pixels.end(), images.image(seed.image), images.image(seed.image + 1));
  std::vector<double> axes = colour_axes(measure_bytes(chosen, {}));
  for (std::size_t a = 0; a < 3; ++a) {
    const double length = std::hypot(axes[3 * a], axes[3 * a + 1], axes[3 * a + 2]);
    for (std::size_t c = 0; c < 3; ++c) axes[3 * a + c] /= length;
  }
  std::array<double, 3> mean{};
  for (std::int64_t i = 0; i < 6; ++i)
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t p = 0; p < 1024; ++p) mean[c] += chosen.image(i)[c * 1024 + p] / (6 * 1024.0);
  double worst = 0;
  for (std::int64_t i = 0; i < made.train.count; ++i) {
    const std::int64_t label = i / 4;
    random::Generator draws({0, random::Purpose::surrogate, 1, static_cast<std::uint64_t>(i % 4), static_cast<std::uint64_t>(label)});
    const PatchChange change = draw_change(recipe, draws);
    const AffineMap map = patch_map(seeds[static_cast<std::size_t>(label)].window, change, 32);
    const Pixels found = sample(made.train, i);
    for (int y = 0; y < 32; ++y)
      for (int x = 0; x < 32; ++x) {
        const auto mirrored = [](double place) {
          while (place < 0 || place > 31) place = place < 0 ? -place : 62 - place;
          return place;
        };
        const double row = mirrored(map.at(y, x).row), column = mirrored(map.at(y, x).column);
        const int top = static_cast<int>(row), left = static_cast<int>(column), below = std::min(top + 1, 31),
                  beside = std::min(left + 1, 31);
        std::array<double, 3> away{}, rgb{};
        for (std::size_t c = 0; c < 3; ++c) {
          const std::uint8_t* plane = images.image(seeds[static_cast<std::size_t>(label)].image) + c * 1024;
          const double v = row - top, h = column - left;
          away[c] = (1 - v) * ((1 - h) * plane[top * 32 + left] + h * plane[top * 32 + beside]) +
                    v * ((1 - h) * plane[below * 32 + left] + h * plane[below * 32 + beside]) - mean[c];
        }
        for (std::size_t c = 0; c < 3; ++c) {
          rgb[c] = mean[c];
          for (std::size_t a = 0; a < 3; ++a) {
            const double along = axes[3 * a] * away[0] + axes[3 * a + 1] * away[1] + axes[3 * a + 2] * away[2];
            rgb[c] += change.contrast[a] * along * axes[3 * a + c];
          }
          rgb[c] = std::clamp(rgb[c], 0.0, 255.0) / 255;
        }
        const double value = std::max({rgb[0], rgb[1], rgb[2]}), range = value - std::min({rgb[0], rgb[1], rgb[2]});
        double sixths = range == 0        ? 0
                        : value == rgb[0] ? (rgb[1] - rgb[2]) / range
                        : value == rgb[1] ? 2 + (rgb[2] - rgb[0]) / range
                                          : 4 + (rgb[0] - rgb[1]) / range;
        sixths = std::fmod(sixths + 6 * change.hue + 12, 6);
        const auto bent = [](const PatchChange::Curve& curve, double old) {
          return std::clamp(curve.factor * std::pow(old, curve.power) + curve.offset, 0.0, 1.0);
        };
        const double s = bent(change.saturation, value > 0 ? range / value : 0), v = bent(change.value, value);
        for (std::size_t c = 0; c < 3; ++c) {
          const double k = std::fmod(5 - 2.0 * static_cast<double>(c) + sixths, 6);
          const double expected = 255 * (v - v * s * std::max(0.0, std::min({k, 4 - k, 1.0})));
          worst = std::max(worst, std::abs(found[c * 1024 + static_cast<std::size_t>(y * 32 + x)] - expected));
        }
      }
  }
  EXPECT_LT(worst, 0.5 + 0.1);  // rounding to whole numbers, and what float32 makes of small saturations and values
  EXPECT_GT(worst, 0.4);
}

TEST(SurrogateClasses, a_copy_depends_on_its_class_and_number_alone) {
  const ImageSet images = photographs(8, 24);
  SurrogateRecipe recipe;
  recipe.classes = 8, recipe.copies = 5, recipe.side = 16, recipe.windows = {16, 20};
  const Dataset made = surrogate_classes(images, recipe);
  SurrogateRecipe fewer_copies = recipe;
  fewer_copies.copies = 2;
  const Dataset fewer = surrogate_classes(images, fewer_copies);
  std::vector<Pixels> one_thread;
  for (std::int64_t i = 0; i < 40; ++i) one_thread.push_back(sample(made.train, i));
  std::vector<Pixels> two_threads(40);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 2; ++t)
      threads.emplace_back([&, t] {
        for (std::int64_t i = 39 - t; i >= 0; i -= 2) two_threads[static_cast<std::size_t>(i)] = sample(made.train, i);
      });
  }
  EXPECT_EQ(one_thread, two_threads);
  const FetchKey key{7, 3};
  for (std::int64_t i = 0; i < 8; ++i) {
    EXPECT_EQ(sample(made.train, i * 5, &key), one_thread[static_cast<std::size_t>(i * 5)]);  // those of one set, in every epoch
    EXPECT_EQ(sample(fewer.train, i * 2 + 1), one_thread[static_cast<std::size_t>(i * 5 + 1)]);
    EXPECT_NE(sample(made.train, i * 5), sample(made.train, i * 5 + 1));
    EXPECT_NE(sample(made.test, i), sample(made.train, i * 5));
  }
  EXPECT_EQ(made.train.digest, fewer.train.digest) << "of the images that they are made of";
  EXPECT_NE(made.train.digest, made.test.digest);
  EXPECT_EQ(made.train.digest, surrogate_classes(images, recipe).train.digest);
}

/// Halving an image that is linear in rows and columns leaves every place what it was, so a copy that covers many pixels shows it exactly.
TEST(SurrogateClasses, squares_that_are_much_larger_than_a_patch_are_halved_first) {
  ImageSet images = photographs(1, 64, 1);
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) images.pixels[static_cast<std::size_t>(y * 64 + x)] = static_cast<std::uint8_t>(2 * y + x);
  SurrogateRecipe recipe = unchanged();
  recipe.classes = 1, recipe.copies = 1, recipe.side = 16, recipe.windows = {48};
  const SeedPatch seed = draw_seeds(images, recipe).front();
  const Pixels found = sample(surrogate_classes(images, recipe).train, 0);
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 16; ++x) {
      const double row = seed.window.row + (y - 7.5) * 3, column = seed.window.column + (x - 7.5) * 3;
      EXPECT_NEAR(found[static_cast<std::size_t>(y * 16 + x)], 2 * row + column, 0.5 + 1e-3);
    }
  // A chequerboard of single pixels has no contrast left.
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) images.pixels[static_cast<std::size_t>(y * 64 + x)] = (x + y) % 2 == 0 ? 200 : 100;
  for (const std::uint8_t pixel : sample(surrogate_classes(images, recipe).train, 0)) EXPECT_EQ(pixel, 150);
}

TEST(SurrogateClasses, unseen_patches_are_of_other_images) {
  const ImageSet images = photographs(7, 16);
  SurrogateRecipe recipe;
  recipe.classes = 4, recipe.copies = 2, recipe.side = 12, recipe.windows = {12};
  const Dataset made = surrogate_classes(images, recipe);
  const UnseenPatches* patches = unseen_patches(made.test);
  ASSERT_NE(patches, nullptr);
  EXPECT_EQ(patches->unseen(), 3);
  EXPECT_EQ(unseen_patches(images), nullptr);
  SurrogateRecipe all = recipe;
  all.classes = 7;
  const SeedPatch seed = draw_seeds(images, all)[5];
  Pixels found(3 * 12 * 12);
  patches->make_unseen(1, {}, found.data());
  const int top = static_cast<int>(seed.window.row - 5.5), left = static_cast<int>(seed.window.column - 5.5);
  EXPECT_EQ(found[13], images.image(seed.image)[(top + 1) * 16 + left + 1]);
}

TEST(SurrogateEntry, is_what_the_sets_will_be) {
  DatasetEntry base;
  base.name = "base", base.channels = 3, base.height = base.width = 96;
  base.class_names = {"a", "b"};
  SurrogateRecipe recipe;
  recipe.classes = 6, recipe.copies = 7, recipe.test_copies = 2, recipe.side = 20;
  const DatasetEntry entry = surrogate_entry(base, recipe);
  EXPECT_EQ(entry.classes(), 6);
  EXPECT_EQ(entry.height, 20);
  EXPECT_EQ(entry.channels, 3);
  EXPECT_EQ(entry.train.count, 42);
  EXPECT_EQ(entry.test.count, 12);
}

}  // namespace
}  // namespace reprise::datasets
