#include "datasets/sample_source.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "datasets/augmentation.hpp"
#include "datasets/in_parallel.hpp"
#include "datasets/named_call.hpp"
#include "suite/errors.hpp"
#include "suite/tensor/half.hpp"

namespace reprise::datasets {

namespace {

constexpr std::int64_t kBlock = 128;  // images preprocessed at a time; fixed, so that the bits do not depend on threads

std::vector<std::uint16_t> preprocess_all(const ImageSet& images, const Preprocessing& preprocessing) {
  const std::int64_t size = images.image_bytes();
  std::vector<std::uint16_t> stored(static_cast<std::size_t>(images.count * size));
  in_parallel(images.count, kBlock, [&](std::int64_t first, std::int64_t last) {
    std::vector<float> block(static_cast<std::size_t>(kBlock * size));
    std::vector<std::uint8_t> bytes, room;
    if (images.lazy)
      for (std::int64_t i = first; i < last; ++i) {
        const std::uint8_t* image = images.image(i, room);
        bytes.insert(bytes.end(), image, image + size);
      }
    preprocessing.apply_batch(images.lazy ? bytes.data() : images.image(first), last - first, block.data());
    to_half(block.data(), (last - first) * size, stored.data() + first * size);
  });
  return stored;
}

/// Frames lie one below the other, so rows stay where they are.
void check_clip_augmentations(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const std::string name = NamedCall("augmentation", text).name();
    if (name != "flip" && name != "alternating_flip")
      throw InputError(
          {"augmentation of clips", "flip or alternating_flip", text, "Leave it out; places of frames are drawn by their stage."});
  }
}

}  // namespace

struct SampleSource::State {
  std::shared_ptr<const ImageSet> images;
  std::shared_ptr<const Preprocessing> preprocessing;
  Augmentations augmentations;
  std::vector<float> outside;         // [C]: what stands beyond the border of a moved image
  std::vector<std::uint16_t> stored;  // [count, H, W, C] in half precision, if preprocessing is expensive

  State(std::shared_ptr<const ImageSet> set, std::shared_ptr<const Preprocessing> pipeline, const std::vector<std::string>& texts)
      : images(std::move(set)),
        preprocessing(std::move(pipeline)),
        augmentations(texts, images->height, images->width, images->channels),
        outside(static_cast<std::size_t>(images->channels), 0.0f) {
    if (images->frames > 0) check_clip_augmentations(texts);
    if (augmentations.fills_black()) {
      if (preprocessing->table() == nullptr)
        throw InputError({"augmentation 'translate(fill=black)'", "preprocessing that treats each pixel by itself (scale, standardize)",
                          "another stage", "Use fill=zeros."});
      for (std::size_t c = 0; c < outside.size(); ++c) outside[c] = preprocessing->table()[c * 256];
    }
    if (augmentations.policy() != nullptr && (preprocessing->is_expensive() || augmentations.crops()))
      throw InputError({"augmentation by operations on bytes", "images of their own size, preprocessed when they are fetched",
                        augmentations.crops() ? "a crop" : "whitened images", "Leave one out."});
    if (preprocessing->is_expensive()) stored = preprocess_all(*images, *preprocessing);
  }

  /// The preprocessed image as it is. `key`: what photographs are drawn by.
  void fetch_plain(std::int64_t index, const FetchKey* key, float* output) const {
    const std::int64_t size = images->image_bytes();
    thread_local std::vector<std::uint8_t> room;
    if (stored.empty())
      preprocessing->apply(images->image(index, room, key), output);
    else
      from_half(stored.data() + index * size, size, output);
  }

  void fetch_mapped(std::int64_t index, const FetchKey* key, const AxisMaps& maps, float* output) const {
    if (preprocessing->table() != nullptr) return fetch_table(index, key, maps, output);
    thread_local std::vector<float> plain;
    plain.resize(static_cast<std::size_t>(images->image_bytes()));
    fetch_plain(index, key, plain.data());
    fetch_moved(plain.data(), maps, output);
  }

  /// Moved bytes through the list of operations on bytes.
  void fetch_changed(std::int64_t index, const FetchKey& key, const AxisMaps& maps, float* output) const {
    thread_local std::vector<std::uint8_t> room, moved;
    const std::uint8_t* image = images->image(index, room, &key);
    moved.clear();
    for (int c = 0; c < images->channels; ++c)
      for (const int row : maps.rows)
        for (const int column : maps.columns) {
          const bool is_outside = row == AxisMaps::kOutside || column == AxisMaps::kOutside;
          moved.push_back(is_outside ? std::uint8_t{0} : image[(std::int64_t{c} * images->height + row) * images->width + column]);
        }
    augmentations.apply_policy(
        key, static_cast<std::uint64_t>(index), {moved.data(), images->channels, images->height, images->width},
        [this](const std::uint8_t* bytes, float* sample) { preprocessing->apply(bytes, sample); }, output);
  }

  void move_colours(const std::array<double, 3>& moves, float* output) const {
    const std::vector<double>& axes = preprocessing->colour_axes();
    float move[3];
    for (std::size_t c = 0; c < 3; ++c) move[c] = static_cast<float>(moves[0] * axes[c] + moves[1] * axes[3 + c] + moves[2] * axes[6 + c]);
    for (std::int64_t i = 0; i < std::int64_t{augmentations.height()} * augmentations.width(); ++i, output += 3)
      for (int c = 0; c < 3; ++c) output[c] += move[c];
  }

 private:
  /// Bytes to float and augmentation in one go.
  void fetch_table(std::int64_t index, const FetchKey* key, const AxisMaps& maps, float* output) const {
    const std::int64_t height = images->height, width = images->width, channels = images->channels;
    const auto out_width = static_cast<std::int64_t>(maps.columns.size());
    thread_local std::vector<std::uint8_t> room;
    const std::uint8_t* image = images->image(index, room, key);
    const int* columns = maps.columns.data();
    for (const int row : maps.rows) {
      if (row == AxisMaps::kOutside) {
        for (std::int64_t x = 0; x < out_width; ++x) std::copy(outside.begin(), outside.end(), output + x * channels);
        output += out_width * channels;
        continue;
      }
      for (std::int64_t c = 0; c < channels; ++c) {
        const float* table = preprocessing->table() + c * 256;
        const std::uint8_t* source = image + (c * height + row) * width;
        const float beyond = outside[static_cast<std::size_t>(c)];
        for (std::int64_t x = 0; x < out_width; ++x)
          output[x * channels + c] = columns[x] == AxisMaps::kOutside ? beyond : table[source[columns[x]]];
      }
      output += out_width * channels;
    }
  }

  void fetch_moved(const float* image, const AxisMaps& maps, float* output) const {
    const std::int64_t width = images->width, channels = images->channels;
    for (const int row : maps.rows)
      for (const int column : maps.columns) {
        const bool is_outside = row == AxisMaps::kOutside || column == AxisMaps::kOutside;
        const std::int64_t source = is_outside ? 0 : (row * width + column) * channels;
        for (std::int64_t c = 0; c < channels; ++c) *output++ = is_outside ? 0.0f : image[source + c];
      }
  }
};

SampleSource::SampleSource(std::shared_ptr<const ImageSet> images, std::shared_ptr<const Preprocessing> preprocessing,
                           const std::vector<std::string>& augmentations)
    : state_(std::make_unique<State>(std::move(images), std::move(preprocessing), augmentations)) {}
SampleSource::~SampleSource() = default;

std::int64_t SampleSource::count() const {
  return state_->images->count;
}
int SampleSource::classes() const {
  return state_->images->classes;
}
SampleShape SampleSource::shape() const {
  return {state_->augmentations.height(), state_->augmentations.width(), state_->images->channels};
}
std::int32_t SampleSource::label(std::int64_t index) const {
  return state_->images->labels[static_cast<std::size_t>(index)];
}
const ImageSet& SampleSource::images() const {
  return *state_->images;
}
const Preprocessing& SampleSource::preprocessing() const {
  return *state_->preprocessing;
}
bool SampleSource::has_policy() const {
  return state_->augmentations.policy() != nullptr;
}
std::int64_t SampleSource::bytes_held() const {
  return static_cast<std::int64_t>(state_->stored.size() * sizeof(std::uint16_t));
}

void SampleSource::announce(std::span<const std::int64_t> indices) const {
  if (state_->images->lazy && state_->stored.empty()) state_->images->lazy->announce(indices);
}
const AxisMaps& SampleSource::centre() const {
  return state_->augmentations.centre();
}

void SampleSource::fetch(std::int64_t index, const FetchKey* key, float* output) const {
  const Augmentations& augmentations = state_->augmentations;
  if (key == nullptr && augmentations.crops()) return fetch(index, augmentations.centre(), output);
  if (key == nullptr || augmentations.is_empty()) return state_->fetch_plain(index, key, output);
  thread_local AxisMaps maps;
  const auto sample = static_cast<std::uint64_t>(index);
  augmentations.draw(key->seed, key->epoch, sample, maps);
  if (augmentations.policy() != nullptr)
    state_->fetch_changed(index, *key, maps, output);
  else
    state_->fetch_mapped(index, key, maps, output);
  if (const auto moves = augmentations.draw_colour(key->seed, key->epoch, sample)) state_->move_colours(*moves, output);
  augmentations.erase(key->seed, key->epoch, sample, output);
}

void SampleSource::fetch(std::int64_t index, const AxisMaps& maps, float* output) const {
  state_->fetch_mapped(index, nullptr, maps, output);
}

}  // namespace reprise::datasets
