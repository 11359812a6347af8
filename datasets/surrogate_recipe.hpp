#pragma once
// How surrogate classes are made (Dosovitskiy et al. 2016, arXiv 1406.6909, section 3.1).

#include <cstdint>
#include <vector>

namespace reprise::datasets {

/// A surrogate class is a patch of an unlabelled image, its seed; its samples are copies of the seed, each transformed at random. The
/// strengths say how far a transformation goes at most; one at its neutral value (0, or a factor of 1) is left out and takes no other
/// transformation's draws with it.
struct SurrogateRecipe {
  std::int64_t classes = 0;      ///< seeds, each from an image of its own; 0: the data set's own classes are learned
  std::int64_t copies = 100;     ///< training samples of a class
  std::int64_t test_copies = 1;  ///< of a class, other ones, which stand for its test images
  std::int64_t side = 32;        ///< of a sample
  /// Sides of the square that a seed covers, in pixels of its image; one of them, each equally likely, is drawn for a seed.
  std::vector<double> windows{32};

  double translation = 0.2;  ///< down and to the right, in sides of the square that the copy covers
  double scale = 1.4;        ///< factor; it and its inverse are as likely (uniform logarithm), as for all factors below
  double rotation = 20;      ///< degrees, either way
  double contrast = 2;       ///< factor along each principal axis of the colours, about their mean
  double power = 4;          ///< that saturation and value (HSV) are raised to
  double factor = 1.4;       ///< that they are multiplied by then
  double offset = 0.1;       ///< that is added to them then
  double hue = 0.1;          ///< that is added to the hue, in turns

  bool operator==(const SurrogateRecipe&) const = default;
};

}  // namespace reprise::datasets
