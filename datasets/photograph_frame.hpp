#pragma once
// How a photograph of any size becomes an image of one size.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "datasets/fetch_key.hpp"
#include "datasets/photograph.hpp"

namespace reprise::datasets {

/// The stage `photograph` of a recipe's preprocessing, which comes first:
///   "photograph(side=256)"                        shorter side resized to 256, the central square of 256 x 256
///   "photograph(side=224,short_side=256)"         shorter side 256, the central square of 224 x 224
///   "photograph(side=224,short_side=256,largest_short_side=512,place=random)"    in training the length of the shorter side and the place
///                                                 of the square are drawn, each length and place equally likely; else 256 and the centre
///   "photograph(side=224,short_side=256,smallest_area=0.08,largest_aspect=1.25)"    in training a rectangle of 8 to 100 % of the
///                                                 photograph's area, 4/5 to 5/4 times as wide as high, resized to the square; area, aspect
///                                                 and place are drawn, each value equally likely (Szegedy et al. 2014, section 6)
struct PhotographFrame {
  int side = 0;
  int short_side = 0;
  int largest_short_side = 0;
  bool is_random = false;     ///< where the square lies, in training
  double smallest_area = 1;   ///< of the rectangle in training, a share of the photograph's; 1: a square of the shorter side's length
  double largest_aspect = 1;  ///< of that rectangle; the smallest is its inverse

  bool operator==(const PhotographFrame&) const = default;
  bool draws_rectangle() const { return smallest_area < 1; }
  bool draws() const { return is_random || largest_short_side > short_side || draws_rectangle(); }
  /// The shorter side that a photograph needs so that nothing of it is enlarged that could be had sharper.
  int useful_short_side() const;
  /// Throws InputError for a text that is none of the above or sizes that do not fit each other.
  static PhotographFrame parse(const std::string& stage);
  /// Of a list of stages; nothing if it has no such stage. Throws InputError if it stands behind another.
  static std::optional<PhotographFrame> of(const std::vector<std::string>& stages);
};

/// A photograph resized to width x height, and the square of it that is wanted.
struct FrameWindow {
  int width = 0, height = 0, left = 0, top = 0;
};
/// `key` null: without draws, which depend on (seed, epoch, sample) only.
FrameWindow window_of(const PhotographFrame& frame, int width, int height, const FetchKey* key, std::uint64_t sample);

/// The window's pixels as [3, side, side]. Each is a mean over the pixels that it covers with a triangle of weights, at least two by two
/// (bilinear, with antialiasing), first along rows, then along columns, in whole numbers: the same on every machine. A size that is that of
/// the photograph leaves it as it is.
void cut_frame(const Photograph& photograph, const FrameWindow& window, int side, std::uint8_t* image);

}  // namespace reprise::datasets
