#pragma once

namespace reprise::datasets {

/// How images of 28 x 28 are distorted, on black (Jaderberg et al. 2015, appendix A). Angles, scales and places are uniform, all else is
/// normal.
enum class Distortion {
  rotation,    ///< turned by [-90, 90] degrees
  pose,        ///< turned by [-45, 45] degrees, scaled by [0.7, 1.2], at a random place of 42 x 42
  projective,  ///< scaled by [0.75, 1], its corners moved by a deviation of 5 pixels each way, drawn until they are convex
  elastic,     ///< scaled by [0.75, 1], 4 x 4 points of a thin plate moved by a deviation of 1.5 pixels each way
  clutter,     ///< at a random place of 60 x 60, among 6 pieces of 6 x 6 pixels of other images
  addition,    ///< a second image beside it in a channel of its own, each with a pose; the label is the sum
};

struct DistortionEntry {
  Distortion distortion;
  const char* suffix;  ///< of the set's name: "mnist-rts"
  const char* words;   ///< of its title
  int side, channels;
};
const DistortionEntry& entry_of(Distortion distortion);

}  // namespace reprise::datasets
