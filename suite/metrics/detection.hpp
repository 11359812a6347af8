#pragma once
// Mean average precision of object detection, as the ImageNet challenge has it (Russakovsky et al. 2015, arXiv 1409.0575, section 4.3).

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "suite/metrics/boxes.hpp"

namespace reprise::metrics {

struct Detection {
  LabelledBox found;
  double confidence = 0;
};

/// One image: what was found, in any order, and the objects that are there.
struct SearchedImage {
  std::vector<Detection> detections;
  std::vector<LabelledBox> objects;
  std::set<std::string> ignored{};  ///< classes whose detections and objects in this image do not count
};

/// Overlap from which a detection is that of an object.
enum class OverlapRule {
  half,      ///< 0.5 for all
  imagenet,  ///< for an object of w x h pixels the smaller of 0.5 and w h / ((w + 10) (h + 10)): five pixels to each side may be amiss
};

struct ClassPrecision {
  std::string label;
  std::int64_t objects = 0, detections = 0;
  /// Area under precision over recall, 0 to 1, the precision at a recall being the largest at it or beyond.
  double average_precision = 0;
};

struct DetectionScore {
  std::vector<ClassPrecision> classes;  ///< those that have objects, by name
  double mean_average_precision = 0;    ///< of these, 0 to 1; 0 if there are none
  std::int64_t others = 0;              ///< detections of classes without objects, which do not count
};

/// Detections of all images are taken by falling confidence, equal ones in the order of images and of detections. Each is right if it
/// overlaps an object of its class, in its image, that no earlier one has: the one that it overlaps most. All others are wrong.
DetectionScore score_detection(const std::vector<SearchedImage>& images, OverlapRule rule);

}  // namespace reprise::metrics
