#pragma once
// One random transformation of a patch: where its pixels come from, and what becomes of their colours.
//
// Legend: H, W of a patch, C its channels, 1 or 3.

#include <array>
#include <vector>

#include "datasets/surrogate_recipe.hpp"
#include "datasets/warp.hpp"
#include "suite/random/random.hpp"

namespace reprise::datasets {

/// The square of an image that a patch shows: its middle, in pixels whose centres have whole numbers, and its side.
struct PatchWindow {
  double row = 0, column = 0, side = 32;

  bool operator==(const PatchWindow&) const = default;
};

/// The same values for all pixels of a patch. The default changes nothing.
struct PatchChange {
  double down = 0, right = 0;  ///< of the window, in its sides after scaling
  double scale = 1;            ///< what is shown grows by this factor
  double turn = 0;             ///< radians, counter-clockwise
  std::array<double, 3> contrast{1, 1, 1};
  /// x <- clip(factor * x ^ power + offset) of saturation or value.
  struct Curve {
    double power = 1, factor = 1, offset = 0;
    bool operator==(const Curve&) const = default;
  };
  Curve saturation, value;
  double hue = 0;  ///< turns

  bool changes_hsv() const { return !(saturation == Curve{} && value == Curve{} && hue == 0); }
};

/// Reads fourteen numbers of `draws`, whatever the strengths are. Strengths of 0 or 1 draw the neutral value.
PatchChange draw_change(const SurrogateRecipe& strengths, random::Generator& draws);

/// From row and column of a patch of `side` pixels a side to those of the image: scale, rotation and translation in one map.
AffineMap patch_map(const PatchWindow& window, const PatchChange& change, std::int64_t side);

/// Mean and principal axes of the colours of a set of images.
struct ColourSpread {
  std::vector<double> mean;  ///< [C], in bytes
  std::vector<double> axes;  ///< [C, C], each row of length 1, at right angles to the others
};

/// pixels [positions, C] in [0, 255], in place: the contrast along each axis, then hue, saturation and value. A result outside [0, 255] is
/// clipped after each of the two. Grey pixels have a value alone.
void change_colours(const PatchChange& change, const ColourSpread& colours, std::int64_t positions, float* pixels);

/// Hue in turns [0, 1), saturation and value in [0, 1], of colours in [0, 1]; and back.
std::array<float, 3> to_hsv(const std::array<float, 3>& rgb);
std::array<float, 3> to_rgb(const std::array<float, 3>& hsv);

}  // namespace reprise::datasets
