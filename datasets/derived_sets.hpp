#pragma once
// Image sets that are made here: canvases with an image at a random position, turned images, and synthetic patterns.

#include <cstdint>
#include <vector>

#include "datasets/image_set.hpp"
#include "datasets/manifest.hpp"

namespace reprise::datasets {

/// Draws of the two splits never meet.
enum class Split : std::uint32_t { train = 0, test = 1 };

/// Each image of `base` on a black side x side canvas, every position equally likely. `indices[i]` is the place of base's image i in
/// the whole split: it names the draw (seed 0, Purpose::canvas), so an image has the same position in every selection.
/// Needs base images no larger than the canvas.
ImageSet on_canvas(const ImageSet& base, const std::vector<std::int64_t>& indices, Split split, int side);

/// Which images of `available`, training images first and then test images, are in the two splits of a rotated set: `train` and then `test`
/// of one random order (seed 0, Purpose::rotation). Each split in that order.
struct DrawnSplits {
  std::vector<std::int64_t> train, test;
};
DrawnSplits draw_splits(std::int64_t available, std::int64_t train, std::int64_t test);

/// Each image turned about its centre by an angle from [0, 2 pi), every one equally likely, black around it: bilinear, rounded to bytes.
/// `places[i]` is the place of image i among all images of the base: it names the draw (seed 0, Purpose::rotation).
ImageSet turned(const ImageSet& base, const std::vector<std::int64_t>& places);

/// `count` images of the entry's shape, classes in turn (0, 1, ... 9, 0, ...). An image is mid-grey plus its class's pattern (four
/// plane waves a channel, amplitude 18 each) moved by up to 2 pixels each way, plus normal noise of deviation 40, rounded and clipped to
/// [0, 255]. Image i depends on (split, i) only (seed 0, Purpose::synthetic).
ImageSet draw_synthetic(const DatasetEntry& entry, Split split, std::int64_t count);

}  // namespace reprise::datasets
