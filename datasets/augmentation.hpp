#pragma once
// Random flips, crops and translations, as maps from output rows and columns to input rows and columns, random colours, and rectangles
// that are painted over.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datasets/augment_policy.hpp"
#include "datasets/erasing.hpp"
#include "datasets/fetch_key.hpp"

namespace reprise::datasets {

/// Where each row and column of the output comes from; kOutside: nowhere, so it is 0 or black.
struct AxisMaps {
  static constexpr int kOutside = -1;
  std::vector<int> rows;     ///< [H] of the output
  std::vector<int> columns;  ///< [W]

  /// Everything stays where it is.
  void reset(int height, int width);
};

/// Row i of the output becomes row i + offset of what was there; beyond the border kOutside, or what a mirror there shows.
void shift(std::vector<int>& map, int offset, bool reflect);

/// The part [first, first + size) of a map.
void cut(std::vector<int>& map, int first, int size);

/// One augmentation with its arguments read.
class Augmentation {
 public:
  virtual ~Augmentation() = default;
  /// Draws from the generator's stream and puts this augmentation behind those that `maps` already holds.
  virtual void apply(std::uint64_t seed, std::uint32_t place, std::uint64_t epoch, std::uint64_t sample, AxisMaps& maps) const = 0;
  /// What it does to a test image, which nothing is drawn for.
  virtual void apply_at_centre(AxisMaps& maps) const { (void)maps; }
};

/// Names and arguments as in sample_source.hpp, in order of application.
class Augmentations {
 public:
  /// Throws InputError for an unknown name or argument, or one too large for images of height x width.
  Augmentations(const std::vector<std::string>& texts, int height, int width, int channels = 1);

  bool is_empty() const { return augmentations_.empty(); }
  /// Of the output.
  int height() const { return static_cast<int>(centre_.rows.size()); }
  int width() const { return static_cast<int>(centre_.columns.size()); }
  /// The output has another size than the image.
  bool crops() const { return height() != height_ || width() != width_; }
  /// How a test image is seen: its centre, where training sees parts.
  const AxisMaps& centre() const { return centre_; }
  /// Beyond the border is what a black pixel becomes, not 0.
  bool fills_black() const { return fills_black_; }
  /// The draws depend on (seed, place in the list, epoch, sample) only.
  void draw(std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample, AxisMaps& maps) const;
  /// Moves of a pixel's colour along the three axes of colour, in units of their length; nothing without "pca_colour".
  std::optional<std::array<double, 3>> draw_colour(std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample) const;
  /// A list of operations on bytes, or null. Beyond the border is black then.
  const AugmentPolicy* policy() const { return policy_.policy.get(); }
  /// What the policy makes of an image whose rows and columns have been moved.
  void apply_policy(const FetchKey& key, std::uint64_t sample, const ByteImage& image, const AugmentPolicy::Preprocess& preprocess,
                    float* values) const;
  /// Paints what is erased of a finished sample [height(), width(), channels].
  void erase(std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample, float* values) const;

 private:
  int height_, width_, channels_;
  bool fills_black_ = false;
  std::vector<std::unique_ptr<const Augmentation>> augmentations_;
  struct Colour {
    double deviation;
    std::uint32_t place;  ///< in the list
  };
  std::optional<Colour> colour_;
  struct PlacedEraser {
    std::unique_ptr<const Eraser> eraser;
    std::uint32_t place;  ///< in the list
  };
  std::vector<PlacedEraser> erasers_;
  struct PlacedPolicy {
    std::unique_ptr<const AugmentPolicy> policy;
    std::uint32_t place = 0;  ///< in the list
  };
  PlacedPolicy policy_;
  AxisMaps centre_;
};

/// Those that decide the size of a sample, which test images go through, too.
std::vector<std::string> crops_among(const std::vector<std::string>& augmentations);
/// Whether any of these needs Preprocessing::colour_axes.
bool moves_colours(const std::vector<std::string>& augmentations);

}  // namespace reprise::datasets
