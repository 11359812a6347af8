#pragma once
// Rectangles of training samples that are painted over.

#include <memory>
#include <optional>
#include <vector>

#include "datasets/named_call.hpp"
#include "suite/random/random.hpp"

namespace reprise::datasets {

/// Rows [top, top + height) and columns [left, left + width).
struct Rectangle {
  int top = 0, left = 0, height = 0, width = 0;
  bool operator==(const Rectangle&) const = default;
};

class Eraser {
 public:
  virtual ~Eraser() = default;
  /// Nothing: the sample stays whole.
  virtual std::optional<Rectangle> draw(random::Generator& draws, int height, int width) const = 0;
  /// Paints the rectangle of a sample [height, width, channels].
  void paint(const Rectangle& rectangle, int width, int channels, float* sample) const;
  void set_fill(std::vector<double> values) { fill_ = std::move(values); }

 private:
  std::vector<double> fill_;  ///< a value a channel; empty: 0
};

inline constexpr const char *kCutout = "cutout", *kRandomErasing = "random_erasing";

/// The eraser of that name, or null:
///   "cutout(size=16)"      a square whose centre is any pixel, every one equally likely; what would lie outside is cut off
///                          (DeVries & Taylor 2017, arXiv 1708.04552); with whole=1 any square that lies in the image as a whole
///   "random_erasing(probability=0.5,low=0.02,high=0.4,aspect=0.3)"   a rectangle of an area between these shares of the image, and of
///                          height over width from `aspect` to 1 / aspect, both uniform; drawn anew, up to 100 times, while it is as high
///                          or as wide as the image (Zhong et al. 2017, arXiv 1708.04896)
/// Both take fill=0.49/0.48/0.45, values of the channels after preprocessing.
std::unique_ptr<const Eraser> make_eraser(NamedCall& call, int height, int width, int channels);

}  // namespace reprise::datasets
