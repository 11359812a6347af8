#include "datasets/resized_images.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cstring>
#include <vector>

#include "datasets/photograph.hpp"
#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

/// Images of a set, resized as they are made.
class Resized : public LazyImages {
 public:
  Resized(const ImageSet& set, int side) : set_(set), frame_{side, side, side} {}

  void make(std::int64_t index, const FetchKey* key, std::uint8_t* image) const override {
    thread_local std::vector<std::uint8_t> room, colours;
    const std::uint8_t* planes = set_.image(index, room, key);
    const auto area = static_cast<std::size_t>(set_.height) * static_cast<std::size_t>(set_.width);
    Photograph photograph{set_.width, set_.height, std::vector<std::uint8_t>(3 * area)};
    for (std::size_t c = 0; c < 3; ++c) {  // one channel stands for three
      const std::uint8_t* plane = planes + (set_.channels == 3 ? c * area : 0);
      for (std::size_t i = 0; i < area; ++i) photograph.pixels[3 * i + c] = plane[i];
    }
    const FrameWindow window = window_of(frame_, set_.width, set_.height, nullptr, 0);
    const auto plane_size = static_cast<std::size_t>(frame_.side) * static_cast<std::size_t>(frame_.side);
    colours.resize(3 * plane_size);
    cut_frame(photograph, window, frame_.side, colours.data());
    std::memcpy(image, colours.data(), plane_size * static_cast<std::size_t>(set_.channels));
  }
  std::string description() const override { return fmt::format("resized to {}", frame_.side); }
  std::int64_t bytes_held() const override { return 0; }

 private:
  const ImageSet& set_;
  PhotographFrame frame_;
};

/// Remembers, on each thread, the image that was made last: views of one image follow each other.
class LastRemembered : public LazyImages {
 public:
  explicit LastRemembered(std::shared_ptr<const LazyImages> images, std::size_t bytes)
      : images_(std::move(images)), bytes_(bytes), id_(next_id()) {}

  void make(std::int64_t index, const FetchKey* key, std::uint8_t* image) const override {
    thread_local std::uint64_t owner = 0;
    thread_local std::int64_t last = -1;
    thread_local std::vector<std::uint8_t> bytes;
    if (key != nullptr) return images_->make(index, key, image);
    if (owner != id_ || last != index) {
      owner = 0;  // until it is whole
      bytes.resize(bytes_);
      images_->make(index, nullptr, bytes.data());
      owner = id_, last = index;
    }
    std::memcpy(image, bytes.data(), bytes_);
  }
  void announce(std::span<const std::int64_t> indices) const override { images_->announce(indices); }
  std::string description() const override { return images_->description(); }
  std::int64_t bytes_held() const override { return images_->bytes_held(); }

 private:
  static std::uint64_t next_id() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
  }

  std::shared_ptr<const LazyImages> images_;
  std::size_t bytes_;
  std::uint64_t id_;
};

}  // namespace

std::shared_ptr<const ImageSet> resized(const ImageSet& set, int side) {
  if (side < 1)
    throw InputError(Complaint{fmt::format("size of images of '{}'", set.name), "at least 1", fmt::format("{}", side), "Correct the side"});
  if (set.frames > 0)
    throw InputError(Complaint{fmt::format("size of images of '{}'", set.name), "images", "clips", "Leave the size as it is"});
  auto result = std::make_shared<ImageSet>();
  result->name = set.name, result->split = set.split, result->digest = set.digest;
  result->count = set.count, result->classes = set.classes;
  result->channels = set.channels, result->height = result->width = side;
  result->labels = set.labels, result->class_names = set.class_names;
  std::shared_ptr<const LazyImages> images = set.lazy ? set.lazy->at_side(side) : nullptr;
  if (!images && set.channels != 1 && set.channels != 3)
    throw InputError(Complaint{fmt::format("size of images of '{}'", set.name), "images of 1 or 3 channels",
                               fmt::format("{}", set.channels), "Leave the size as it is"});
  if (!images) images = std::make_shared<Resized>(set, side);
  result->lazy = std::make_shared<LastRemembered>(std::move(images), static_cast<std::size_t>(result->image_bytes()));
  return result;
}

}  // namespace reprise::datasets
