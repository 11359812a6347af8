#pragma once
// Clips made of still images when they are asked for, anew in every epoch of training.

#include <cstdint>
#include <vector>

#include "datasets/clip_stage.hpp"
#include "datasets/derived_sets.hpp"
#include "datasets/image_set.hpp"

namespace reprise::datasets {

/// Directions of motion, in the order of their classes: how rows and columns change. Opposite ones are four apart.
struct Direction {
  int down, right;
};
inline constexpr Direction kDirections[8]{{0, 1}, {1, 1}, {1, 0}, {1, -1}, {0, -1}, {-1, -1}, {-1, 0}, {-1, 1}};

/// What bytes of made clips stand for: black is kClipBlack, white kClipBlack + kClipContrast, so that noise has room on both sides, and a
/// difference of frames is its value times kClipContrast above black. Beyond that they are clipped.
inline constexpr int kClipBlack = 96, kClipContrast = 96;

/// Clips of the images of `base`, which hold their pixels and are numbers `indices` of the split of the files. Draws depend on (seed,
/// epoch, split, that number): places of windows and paths, then noise. Without a key, as in tests, they are those of seed 0 and an epoch
/// of their own. Frames lie one below the other.
///
/// snippets: of each frame, a window x window square at an even place shows the image, the rest is black; noise is added everywhere.
/// motion: the image lies on a black canvas that is `room` larger each way, of which the centre is seen. Its place moves by one pixel each
///   step of time, `travel` times; the first is drawn such that the whole path lies on the canvas. Frame t of T is step t*travel/(T-1),
///   rounded down. shows=differences: the next step's frame minus this one's, each with noise of its own; the last step has the difference
///   before it. With labels_direction the direction is a draw of the image's number alone, the same in every epoch, and the label; else it
///   is drawn with the path.
///
/// Throws InputError for images that are made themselves, a window larger than the image, and fewer than eight classes for directions.
ImageSet made_clips(ImageSet base, std::vector<std::int64_t> indices, Split split, const ClipStage& stage);

}  // namespace reprise::datasets
