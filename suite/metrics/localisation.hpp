#pragma once
// Scores of classification with localisation, as the ImageNet challenge has them (Russakovsky et al. 2015, arXiv 1409.0575, section 4.2).

#include <cstdint>
#include <vector>

#include "suite/metrics/boxes.hpp"

namespace reprise::metrics {

/// Overlap from which a box counts as that of an object.
inline constexpr double kRightOverlap = 0.5;

/// One image: guesses, the surest first, and the objects that are there.
struct LocalisedImage {
  std::vector<LabelledBox> guesses, objects;
};

/// Percent of the images. An image with objects of several classes counts for the share of its classes that are missed.
struct LocalisationErrors {
  int guesses = 1;  ///< the first ones, which count
  /// No guess of a class that is there overlaps an object of that class by kRightOverlap.
  double localisation = 0;
  double classification = 0;  ///< no guess of a class that is there
  double boxes = 0;           ///< no guess, of whatever class, overlaps an object by kRightOverlap
};

struct LocalisationScore {
  std::vector<LocalisationErrors> errors;  ///< with 1, 2, ..., `max_guesses` guesses
  double mean_overlap = 0;                 ///< of the first guess with the object that it overlaps most; 0 where there is none
};

/// Of at least one image; each has an object.
LocalisationScore score_localisation(const std::vector<LocalisedImage>& images, int max_guesses);

}  // namespace reprise::metrics
