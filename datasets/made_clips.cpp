#include "datasets/made_clips.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "datasets/digest.hpp"
#include "suite/errors.hpp"
#include "suite/random/random.hpp"
#include "suite/records/digest.hpp"

namespace reprise::datasets {

namespace {

using random::Generator;

class MadeClips : public LazyImages {
 public:
  MadeClips(ImageSet base, std::vector<std::int64_t> indices, Split split, const ClipStage& stage)
      : base_(std::move(base)), indices_(std::move(indices)), split_(split), stage_(stage) {}

  void make(std::int64_t index, const FetchKey* key, std::uint8_t* image) const override {
    Generator draws(stream("clip", index, key != nullptr ? key->seed : 0, key != nullptr ? key->epoch + 1 : 0));
    if (stage_.kind == ClipStage::Kind::snippets)
      snippets(base_.image(index), draws, image);
    else
      motion(index, draws, image);
  }

  /// Of a label.
  std::int32_t direction(std::int64_t index) const {
    Generator draws(stream("direction", index, 0, 0));
    return static_cast<std::int32_t>(draws.next_below(8));
  }

  std::string description() const override {
    const char* what = stage_.kind == ClipStage::Kind::snippets ? "snippets" : stage_.shows_differences ? "differences" : "motion";
    return fmt::format("{} of {} frames, window {}, travel {} of {}, noise {}", what, stage_.frames, stage_.window, stage_.travel,
                       stage_.room, stage_.noise);
  }
  std::int64_t bytes_held() const override { return static_cast<std::int64_t>(base_.pixels.size()); }

 private:
  struct Place {
    int row, column;
  };

  random::Stream stream(const char* name, std::int64_t index, std::uint64_t seed, std::uint64_t epoch) const {
    // Names keep these draws from those of distorted images; the split's number keeps test images from training images.
    const auto hash = random::name_hash(fmt::format("{} {}", name, static_cast<int>(split_)));
    return {seed, random::Purpose::distortion, hash, epoch, static_cast<std::uint64_t>(indices_[static_cast<std::size_t>(index)])};
  }

  int drawn(Generator& draws, int bound) const { return static_cast<int>(draws.next_below(static_cast<std::uint32_t>(bound))); }
  double noise(Generator& draws) const { return stage_.noise > 0 ? stage_.noise * draws.next_normal() : 0; }

  static std::uint8_t byte_of(double value) {
    return static_cast<std::uint8_t>(std::lround(std::clamp(kClipBlack + kClipContrast * value, 0.0, 255.0)));
  }

  /// Frame t, pixel by pixel and plane by plane: value(channel, row, column).
  template <class Value>
  void put_frame(int t, const Value& value, std::uint8_t* image) const {
    for (int c = 0; c < base_.channels; ++c) {
      std::uint8_t* pixel = image + (std::int64_t{c} * stage_.frames + t) * base_.height * base_.width;
      for (int y = 0; y < base_.height; ++y)
        for (int x = 0; x < base_.width; ++x) *pixel++ = byte_of(value(c, y, x));
    }
  }

  void snippets(const std::uint8_t* item, Generator& draws, std::uint8_t* image) const {
    std::vector<Place> places;
    for (int t = 0; t < stage_.frames; ++t) {
      const int row = drawn(draws, base_.height - stage_.window + 1);
      places.push_back({row, drawn(draws, base_.width - stage_.window + 1)});
    }
    for (int t = 0; t < stage_.frames; ++t) {
      const Place place = places[static_cast<std::size_t>(t)];
      const auto value = [&](int c, int y, int x) {
        const bool seen = y >= place.row && y < place.row + stage_.window && x >= place.column && x < place.column + stage_.window;
        return (seen ? pixel_of(item, c, y, x) : 0.0) + noise(draws);
      };
      put_frame(t, value, image);
    }
  }

  double pixel_of(const std::uint8_t* item, int c, int y, int x) const {
    return item[(std::int64_t{c} * base_.height + y) * base_.width + x] / 255.0;
  }

  /// Where the path begins on one axis, so that all of it lies on the canvas.
  int beginning(Generator& draws, int way) const {
    if (way == 0) return drawn(draws, stage_.room + 1);
    return drawn(draws, stage_.room - stage_.travel + 1) + (way < 0 ? stage_.travel : 0);
  }

  void motion(std::int64_t index, Generator& draws, std::uint8_t* image) const {
    const std::uint8_t* item = base_.image(index);
    const Direction way = kDirections[stage_.labels_direction ? direction(index) : drawn(draws, 8)];
    const int row = beginning(draws, way.down), column = beginning(draws, way.right);
    const auto seen = [&](int step, int c, int y, int x) {
      const int from_row = y + stage_.room / 2 - row - way.down * step, from_column = x + stage_.room / 2 - column - way.right * step;
      const bool inside = from_row >= 0 && from_row < base_.height && from_column >= 0 && from_column < base_.width;
      return (inside ? pixel_of(item, c, from_row, from_column) : 0.0) + noise(draws);
    };
    for (int t = 0; t < stage_.frames; ++t) {
      const int step = stage_.frames > 1 ? t * stage_.travel / (stage_.frames - 1) : 0;
      const int first = std::min(step, stage_.travel - 1);
      const auto value = [&](int c, int y, int x) {
        if (!stage_.shows_differences) return seen(step, c, y, x);
        const double before = seen(first, c, y, x);
        return seen(first + 1, c, y, x) - before;
      };
      put_frame(t, value, image);
    }
  }

  ImageSet base_;
  std::vector<std::int64_t> indices_;
  Split split_;
  ClipStage stage_;
};

void check(const ImageSet& base, const ClipStage& stage) {
  const std::string thing = fmt::format("clips of '{}'", base.name);
  if (stage.kind == ClipStage::Kind::video)
    throw InputError({thing, "stage snippets or motion", "video", "Use a set of videos, or another stage."});
  if (base.lazy || base.pixels.empty())
    throw InputError({thing, "a set that holds its pixels (MNIST, Fashion-MNIST, CIFAR)", "images that are made when they are asked for",
                      "Use another set."});
  if (stage.window > std::min(base.height, base.width))
    throw InputError({thing, fmt::format("a window of at most {}", std::min(base.height, base.width)), fmt::format("{}", stage.window),
                      "Correct the window."});
  if (stage.labels_direction && base.classes < static_cast<int>(std::size(kDirections)))
    throw InputError({thing, "at least 8 classes, one per direction", fmt::format("{}", base.classes), "Use another set."});
}

}  // namespace

ImageSet made_clips(ImageSet base, std::vector<std::int64_t> indices, Split split, const ClipStage& stage) {
  check(base, stage);
  ImageSet set;
  set.count = base.count;
  set.channels = base.channels;
  set.height = stage.frames * base.height, set.width = base.width;
  set.frames = stage.frames;
  set.classes = base.classes;
  set.labels = base.labels;
  set.class_names = base.class_names;
  const std::string digest = image_set_digest(base);
  const auto images = std::make_shared<MadeClips>(std::move(base), std::move(indices), split, stage);
  if (stage.labels_direction)
    for (std::int64_t i = 0; i < set.count; ++i) set.labels[static_cast<std::size_t>(i)] = images->direction(i);
  // Like that of photographs, without what is shown of an image: runs on one and on ten frames of the same images can be compared.
  set.digest =
      records::sha256_hex(fmt::format("{} {} {}", digest, static_cast<int>(split), stage.labels_direction ? "direction" : "image"));
  set.lazy = images;
  return set;
}

}  // namespace reprise::datasets
