#pragma once
// What training and evaluation read from: preprocessed, augmented samples as channels-last float32, drawn by index.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "datasets/augmentation.hpp"
#include "datasets/image_set.hpp"
#include "datasets/preprocessing.hpp"
#include "suite/tensor/shape.hpp"

namespace reprise::datasets {

/// A split seen through a fitted preprocessing pipeline and (for training) a list of augmentations.
/// Thread-safe after construction. `augmentations` are names with arguments, applied in order after preprocessing:
///   "flip"  "alternating_flip"  "crop(pad=4)" "crop(pad=4,mode=reflect)"  "translate(pixels=5)"  "translate(pixels=5,fill=black)"
///   "random_crop(size=224)"      a square of the image; without a key its central one, so the shape is always that of the square
///   "pca_colour(deviation=0.1)"  adds to every pixel the sum over the three axes of colour of a normal draw of that deviation times the
///                                axis (Krizhevsky et al. 2012, section 4.1); the axes are Preprocessing::colour_axes
///   "cutout(size=16)" "random_erasing(...)"   paint over a rectangle, wherever they stand in the list; see erasing.hpp
///   "autoaugment" "randaugment(...)" "augmix(...)"   operations on bytes, after all moves; see augment_policy.hpp
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
  const Preprocessing& preprocessing() const;
  /// Training samples go through a list of operations on bytes.
  bool has_policy() const;
  /// Indices that will be asked for soon.
  void announce(std::span<const std::int64_t> indices) const;
  /// How a test image is seen, as maps from its pixels.
  const AxisMaps& centre() const;
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
