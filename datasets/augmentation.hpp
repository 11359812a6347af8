#pragma once
// Random flips, crops and translations, as maps from output rows and columns to input rows and columns.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace reprise::datasets {

/// Where each row and column of the output comes from; kOutside: nowhere, so it is 0 or black.
struct AxisMaps {
  static constexpr int kOutside = -1;
  std::vector<int> rows;     ///< [H]
  std::vector<int> columns;  ///< [W]

  /// Everything stays where it is.
  void reset(int height, int width);
};

/// Row i of the output becomes row i + offset of what was there; beyond the border kOutside, or what a mirror there shows.
void shift(std::vector<int>& map, int offset, bool reflect);

/// One augmentation with its arguments read.
class Augmentation {
 public:
  virtual ~Augmentation() = default;
  /// Draws from the generator's stream and puts this augmentation behind those that `maps` already holds.
  virtual void apply(std::uint64_t seed, std::uint32_t place, std::uint64_t epoch, std::uint64_t sample, AxisMaps& maps) const = 0;
};

/// Names and arguments as in sample_source.hpp, in order of application.
class Augmentations {
 public:
  /// Throws InputError for an unknown name or argument, or one too large for images of height x width.
  Augmentations(const std::vector<std::string>& texts, int height, int width);

  bool is_empty() const { return augmentations_.empty(); }
  /// Beyond the border is what a black pixel becomes, not 0.
  bool fills_black() const { return fills_black_; }
  /// The draws depend on (seed, place in the list, epoch, sample) only.
  void draw(std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample, AxisMaps& maps) const;

 private:
  int height_, width_;
  bool fills_black_ = false;
  std::vector<std::unique_ptr<const Augmentation>> augmentations_;
};

}  // namespace reprise::datasets
