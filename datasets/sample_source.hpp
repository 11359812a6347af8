#pragma once
// What training and evaluation read from: preprocessed, augmented samples as channels-last float32, drawn by index.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "datasets/augmentation.hpp"
#include "datasets/image_set.hpp"
#include "datasets/preprocessing.hpp"
#include "suite/tensor/shape.hpp"

namespace reprise::datasets {

/// Names the random draws of one fetch: a sample's augmentation depends on (seed, epoch, its index in the set) only.
struct FetchKey {
  std::uint64_t seed = 0;
  std::uint64_t epoch = 0;
};

/// A split seen through a fitted preprocessing pipeline and (for training) a list of augmentations.
/// Thread-safe after construction. `augmentations` are names with arguments, applied in order after preprocessing:
///   "flip"  "alternating_flip"  "crop(pad=4)" "crop(pad=4,mode=reflect)"  "translate(pixels=5)"  "translate(pixels=5,fill=black)"
/// A zero-padded crop pads with 0 AFTER preprocessing, and so does a translation unless it fills with black: with what preprocessing makes
/// of a pixel of 0, which is what padding before it gives; then whatever else pads does so too. Throws InputError for an unknown name or
/// argument.
class SampleSource {
 public:
  SampleSource(std::shared_ptr<const ImageSet> images, std::shared_ptr<const Preprocessing> preprocessing,
               const std::vector<std::string>& augmentations);
  ~SampleSource();

  std::int64_t count() const;
  int classes() const;
  SampleShape shape() const;
  std::int32_t label(std::int64_t index) const;
  const ImageSet& images() const;
  /// Bytes held beyond the image set itself (whitened images are stored once, in half precision).
  std::int64_t bytes_held() const;

  /// Writes sample `index` as [H, W, C] float32 to `output`. `key` null: no augmentation.
  void fetch(std::int64_t index, const FetchKey* key, float* output) const;
  /// The same, seen through given maps in place of drawn ones.
  void fetch(std::int64_t index, const AxisMaps& maps, float* output) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reprise::datasets
