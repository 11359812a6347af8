#pragma once
// Where surrogate classes come from: squares of images that are more likely drawn the more is to be seen in them.

#include <cstdint>
#include <vector>

#include "datasets/image_set.hpp"
#include "datasets/patch_change.hpp"

namespace reprise::datasets {

/// Sum over the squares of the two central differences of the channels' sum, of the pixels [top, top + side) x [left, left + side), for
/// every square in the image: [height - side + 1, width - side + 1] row by row. image [C, H, W]. Beyond the border the last pixel goes on.
std::vector<std::int64_t> gradient_energies(const std::uint8_t* image, int channels, int height, int width, int side);

struct SeedPatch {
  std::int64_t image = 0;  ///< place in the set
  PatchWindow window;

  bool operator==(const SeedPatch&) const = default;
};

/// One of each of `classes` images of the set. Which images, in which order, which of the windows and where: drawn by seed 0 and
/// Purpose::surrogate, and by the number of images and an image's place. A place is as likely as its square's gradient energy says; in an
/// image without any, all places are. Throws InputError if the set has fewer images, or an image is smaller than a window.
std::vector<SeedPatch> draw_seeds(const ImageSet& images, const SurrogateRecipe& recipe);

}  // namespace reprise::datasets
