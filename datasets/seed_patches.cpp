#include "datasets/seed_patches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "datasets/in_parallel.hpp"
#include "suite/errors.hpp"
#include "suite/random/random.hpp"

namespace reprise::datasets {

namespace {

constexpr std::uint64_t kImages = 0, kPlaces = 1;  // steps of the draws
constexpr std::int64_t kSeedsAtATime = 64;

int pixels_of(double window) {
  return static_cast<int>(std::ceil(window));
}

void check(const ImageSet& images, const SurrogateRecipe& recipe) {
  if (images.channels != 1 && images.channels != 3)
    throw InputError({fmt::format("surrogate classes of '{}'", images.name), "images of 1 or 3 channels",
                      fmt::format("{}", images.channels), "Choose another data set."});
  if (recipe.classes > images.count)
    throw InputError({fmt::format("surrogate classes of '{}'", images.name), fmt::format("at most {}, one an image", images.count),
                      fmt::format("{}", recipe.classes), "Lower surrogate.classes."});
  for (const double window : recipe.windows)
    if (pixels_of(window) > std::min(images.height, images.width))
      throw InputError({fmt::format("surrogate.windows on '{}'", images.name),
                        fmt::format("sides of at most {} pixels, those of an image", std::min(images.height, images.width)),
                        fmt::format("{}", window), "Lower it."});
}

/// An index, as likely as its weight says; all alike if none has any.
std::size_t draw_index(const std::vector<std::int64_t>& weights, random::Generator& draws) {
  const std::uint64_t high = draws.next_word(), low = draws.next_word();
  const auto total = static_cast<std::uint64_t>(std::accumulate(weights.begin(), weights.end(), std::int64_t{0}));
  if (total == 0) return static_cast<std::size_t>((high << 32 | low) % weights.size());
  std::uint64_t left = (high << 32 | low) % total;  // totals are below 2^48, so what this prefers is not to be seen
  std::size_t index = 0;
  for (; left >= static_cast<std::uint64_t>(weights[index]); ++index) left -= static_cast<std::uint64_t>(weights[index]);
  return index;
}

SeedPatch draw_seed(const ImageSet& images, const SurrogateRecipe& recipe, std::int64_t image, std::vector<std::uint8_t>& room) {
  random::Generator draws({0, random::Purpose::surrogate, 0, kPlaces, static_cast<std::uint64_t>(image)});
  const double side = recipe.windows[draws.next_below(static_cast<std::uint32_t>(recipe.windows.size()))];
  const int pixels = pixels_of(side), across = images.width - pixels + 1;
  const std::size_t place =
      draw_index(gradient_energies(images.image(image, room), images.channels, images.height, images.width, pixels), draws);
  const double to_middle = (pixels - 1) / 2.0;
  const auto top = static_cast<double>(place / static_cast<std::size_t>(across)),
             left = static_cast<double>(place % static_cast<std::size_t>(across));
  return {image, {top + to_middle, left + to_middle, side}};
}

}  // namespace

std::vector<std::int64_t> gradient_energies(const std::uint8_t* image, int channels, int height, int width, int side) {
  const auto at = [width](int row, int column) { return static_cast<std::size_t>(row) * width + column; };
  std::vector<std::int64_t> sums(at(height, 0), 0);
  for (int c = 0; c < channels; ++c)
    for (std::size_t p = 0; p < sums.size(); ++p) sums[p] += image[c * sums.size() + p];
  // Of all pixels above and to the left.
  std::vector<std::int64_t> whole(static_cast<std::size_t>(height + 1) * (width + 1), 0);
  const auto corner = [&](int row, int column) -> std::int64_t& { return whole[static_cast<std::size_t>(row) * (width + 1) + column]; };
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const std::int64_t down = sums[at(std::min(y + 1, height - 1), x)] - sums[at(std::max(y - 1, 0), x)];
      const std::int64_t right = sums[at(y, std::min(x + 1, width - 1))] - sums[at(y, std::max(x - 1, 0))];
      corner(y + 1, x + 1) = down * down + right * right + corner(y, x + 1) + corner(y + 1, x) - corner(y, x);
    }
  std::vector<std::int64_t> energies;
  for (int y = 0; y + side <= height; ++y)
    for (int x = 0; x + side <= width; ++x)
      energies.push_back(corner(y + side, x + side) - corner(y, x + side) - corner(y + side, x) + corner(y, x));
  return energies;
}

std::vector<SeedPatch> draw_seeds(const ImageSet& images, const SurrogateRecipe& recipe) {
  check(images, recipe);
  const std::vector<std::int64_t> order = random::permutation(0, random::Purpose::surrogate, kImages, images.count);
  std::vector<SeedPatch> seeds(static_cast<std::size_t>(recipe.classes));
  in_parallel(recipe.classes, kSeedsAtATime, [&](std::int64_t first, std::int64_t last) {
    std::vector<std::uint8_t> room;
    for (std::int64_t i = first; i < last; ++i)
      seeds[static_cast<std::size_t>(i)] = draw_seed(images, recipe, order[static_cast<std::size_t>(i)], room);
  });
  return seeds;
}

}  // namespace reprise::datasets
