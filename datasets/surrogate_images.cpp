#include "datasets/surrogate_images.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "datasets/byte_statistics.hpp"
#include "datasets/derived_sets.hpp"
#include "datasets/digest.hpp"
#include "datasets/patch_change.hpp"
#include "datasets/seed_patches.hpp"
#include "suite/records/digest.hpp"

namespace reprise::datasets {

namespace {

constexpr std::int64_t kUnseen = 100;
constexpr std::uint32_t kFirstCopies = 1;  // channel of the training set's draws; the test set's is the next

/// The images that seeds are from, and where in them: one a class, then those that are of none, which do not count in `images.count`.
struct Seeds {
  ImageSet images;
  std::vector<PatchWindow> windows;
  ColourSpread colours;
};

Seeds seeds_of(const ImageSet& images, const SurrogateRecipe& recipe) {
  Seeds seeds;
  ImageSet& kept = seeds.images;
  kept.name = images.name, kept.split = images.split;
  kept.channels = images.channels, kept.height = images.height, kept.width = images.width;
  std::vector<std::uint8_t> room;
  SurrogateRecipe with_unseen = recipe;
  with_unseen.classes += std::clamp<std::int64_t>(images.count - recipe.classes, 0, kUnseen);
  for (const SeedPatch& seed : draw_seeds(images, with_unseen)) {
    const std::uint8_t* image = images.image(seed.image, room);
    kept.pixels.insert(kept.pixels.end(), image, image + images.image_bytes());
    seeds.windows.push_back(seed.window);
  }
  kept.count = recipe.classes;
  const ByteStatistics statistics = measure_bytes(kept, {});
  seeds.colours.axes = colour_axes(statistics);
  const auto channels = static_cast<std::size_t>(kept.channels);
  const double pixels = static_cast<double>(kept.count) * kept.height * kept.width;
  for (std::size_t c = 0; c < channels; ++c) {
    double sum = 0, squares = 0;
    for (std::size_t value = 0; value < 256; ++value)
      sum += static_cast<double>(value) * static_cast<double>(statistics.histogram[c * 256 + value]);
    seeds.colours.mean.push_back(sum / pixels);
    const auto axis = seeds.colours.axes.begin() + static_cast<std::ptrdiff_t>(c * channels);
    for (std::size_t d = 0; d < channels; ++d) squares += axis[static_cast<std::ptrdiff_t>(d)] * axis[static_cast<std::ptrdiff_t>(d)];
    // Of images without a spread in this direction any axis would do, and none is as good.
    for (std::size_t d = 0; d < channels && squares > 0; ++d) axis[static_cast<std::ptrdiff_t>(d)] /= std::sqrt(squares);
  }
  return seeds;
}

/// Pixels [height, width, C] with bytes' values.
struct Plane {
  int height = 0, width = 0;
  std::vector<float> pixels;
};

void read_image(const ImageSet& images, std::int64_t index, Plane& plane) {
  const std::uint8_t* image = images.image(index);
  const auto positions = static_cast<std::size_t>(images.height) * static_cast<std::size_t>(images.width);
  const auto channels = static_cast<std::size_t>(images.channels);
  plane.height = images.height, plane.width = images.width;
  plane.pixels.resize(positions * channels);
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t p = 0; p < positions; ++p) plane.pixels[p * channels + c] = image[c * positions + p];
}

/// Means of 2 x 2 pixels, in place. An odd last row or column is left out.
void halve(Plane& plane, int channels) {
  const int height = plane.height / 2, width = plane.width / 2;
  const auto at = [&](int row, int column, int c) {
    return plane.pixels[(static_cast<std::size_t>(row) * plane.width + column) * channels + static_cast<std::size_t>(c)];
  };
  std::size_t to = 0;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c)
        plane.pixels[to++] =
            0.25f * (at(2 * y, 2 * x, c) + at(2 * y, 2 * x + 1, c) + at(2 * y + 1, 2 * x, c) + at(2 * y + 1, 2 * x + 1, c));
  plane.height = height, plane.width = width;
}

/// A place beyond the border as in a mirror that stands on the last pixel.
double mirrored(double place, int size) {
  if (size == 1) return 0;
  const double last = size - 1, period = 2 * last;
  double within = std::fmod(std::abs(place), period);
  return within > last ? period - within : within;
}

class SurrogateImages : public LazyImages, public UnseenPatches {
 public:
  SurrogateImages(std::shared_ptr<const Seeds> seeds, SurrogateRecipe recipe, Split split)
      : seeds_(std::move(seeds)),
        recipe_(std::move(recipe)),
        split_(split),
        copies_(split == Split::train ? recipe_.copies : recipe_.test_copies) {}

  void make(std::int64_t index, const FetchKey*, std::uint8_t* image) const override {
    const std::int64_t label = index / copies_, copy = index % copies_;
    random::Generator draws({0, random::Purpose::surrogate, kFirstCopies + static_cast<std::uint32_t>(split_),
                             static_cast<std::uint64_t>(copy), static_cast<std::uint64_t>(label)});
    make(label, draw_change(recipe_, draws), image);
  }
  std::int64_t unseen() const override { return static_cast<std::int64_t>(seeds_->windows.size()) - recipe_.classes; }
  void make_unseen(std::int64_t index, const PatchChange& change, std::uint8_t* image) const override {
    make(recipe_.classes + index, change, image);
  }
  std::string description() const override {
    return fmt::format("surrogate {} {} copies {} side {} windows {} changes {} {} {} {} {} {} {} {}", static_cast<int>(split_),
                       recipe_.classes, copies_, recipe_.side, fmt::join(recipe_.windows, "/"), recipe_.translation, recipe_.scale,
                       recipe_.rotation, recipe_.contrast, recipe_.power, recipe_.factor, recipe_.offset, recipe_.hue);
  }
  std::int64_t bytes_held() const override { return static_cast<std::int64_t>(seeds_->images.pixels.size()); }

 private:
  void make(std::int64_t seed, const PatchChange& change, std::uint8_t* image) const {
    thread_local Plane plane;
    thread_local std::vector<float> patch;
    const std::int64_t positions = recipe_.side * recipe_.side, channels = seeds_->images.channels;
    patch.resize(static_cast<std::size_t>(positions * channels));
    read_image(seeds_->images, seed, plane);
    see(change, seeds_->windows[static_cast<std::size_t>(seed)], plane, patch.data());
    change_colours(change, seeds_->colours, positions, patch.data());
    for (std::int64_t p = 0; p < positions; ++p)
      for (std::int64_t c = 0; c < channels; ++c)
        image[c * positions + p] = static_cast<std::uint8_t>(std::lround(patch[static_cast<std::size_t>(p * channels + c)]));
  }

  void see(const PatchChange& change, PatchWindow window, Plane& plane, float* patch) const {
    const int channels = seeds_->images.channels, side = static_cast<int>(recipe_.side);
    while (window.side / change.scale / side >= std::numbers::sqrt2 && std::min(plane.height, plane.width) > 1) {
      halve(plane, channels);
      window = {(window.row - 0.5) / 2, (window.column - 0.5) / 2, window.side / 2};
    }
    const AffineMap map = patch_map(window, change, side);
    const auto from = [&](double row, double column) {
      const PlaneIndex place = map.at(row, column);
      return PlaneIndex{mirrored(place.row, plane.height), mirrored(place.column, plane.width)};
    };
    warp_from({plane.height, plane.width, channels, side, side}, plane.pixels.data(), from, 0, patch);
  }

  std::shared_ptr<const Seeds> seeds_;
  SurrogateRecipe recipe_;
  Split split_;
  std::int64_t copies_;
};

ImageSet set_of(const std::shared_ptr<const Seeds>& seeds, const SurrogateRecipe& recipe, Split split, const std::string& digest) {
  const std::int64_t copies = split == Split::train ? recipe.copies : recipe.test_copies;
  ImageSet set;
  set.name = seeds->images.name;
  set.split = split == Split::train ? "train" : "test";
  set.count = recipe.classes * copies;
  set.channels = seeds->images.channels;
  set.height = set.width = static_cast<int>(recipe.side);
  set.classes = static_cast<int>(recipe.classes);
  for (std::int64_t i = 0; i < set.count; ++i) set.labels.push_back(static_cast<std::int32_t>(i / copies));
  const auto images = std::make_shared<SurrogateImages>(seeds, recipe, split);
  // Without what is made of the images: nets of other surrogate classes can be compared in what they serve for.
  set.digest = records::sha256_hex(fmt::format("{} {}", digest, static_cast<int>(split)));
  set.lazy = images;
  return set;
}

}  // namespace

Dataset surrogate_classes(const ImageSet& images, const SurrogateRecipe& recipe) {
  const auto seeds = std::make_shared<const Seeds>(seeds_of(images, recipe));
  const std::string digest = images.digest.empty() ? image_set_digest(images) : images.digest;
  return {set_of(seeds, recipe, Split::train, digest), set_of(seeds, recipe, Split::test, digest)};
}

const UnseenPatches* unseen_patches(const ImageSet& set) {
  return dynamic_cast<const UnseenPatches*>(set.lazy.get());
}

DatasetEntry surrogate_entry(const DatasetEntry& images, const SurrogateRecipe& recipe) {
  DatasetEntry entry = images;
  entry.height = entry.width = static_cast<int>(recipe.side);
  entry.class_names.clear();
  for (std::int64_t i = 0; i < recipe.classes; ++i) entry.class_names.push_back(fmt::format("seed {}", i));
  entry.train.count = recipe.classes * recipe.copies;
  entry.test.count = recipe.classes * recipe.test_copies;
  entry.train.histogram.clear(), entry.test.histogram.clear();
  return entry;
}

}  // namespace reprise::datasets
