#pragma once
// Files of boxes in the layouts of the ImageNet challenges: what is there, one PASCAL VOC annotation (XML) for each image; what was found,
// a text file as it is handed in. See https://image-net.org/challenges/LSVRC/2014, development kit, "submission format".

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "suite/metrics/detection.hpp"
#include "suite/metrics/localisation.hpp"

namespace reprise::datasets {

struct BoxFiles {
  std::filesystem::path predictions;
  std::filesystem::path annotations;  ///< folder of NAME.xml
  /// Lines "n02119789 1 kit_fox" (map_clsloc.txt, map_det.txt): the class of the annotations, the number that stands for it in
  /// predictions, further words. Empty: predictions have the classes themselves.
  std::filesystem::path classes{};
  /// Lines "NAME ID" (val.txt of detection): the images that count, and how predictions name them. Empty: all annotations, numbered from 1
  /// on in the alphabetical order of their names.
  std::filesystem::path images{};
  /// What does not count (the official blacklists). Of localisation: numbers of images, from 1 on. Of detection: lines "ID CLASS".
  std::filesystem::path excluded{};
};

/// The objects of an annotation: annotation/object with name and bndbox/xmin, ymin, xmax, ymax; none for an image without. Throws
/// InputError that names the file, expected, found and the fix.
std::vector<metrics::LabelledBox> read_annotation(const std::filesystem::path& path);

/// The images that count, in alphabetical order. Predictions have a line for each annotation, in that order: "class xmin ymin xmax ymax"
/// for each guess, the surest first. Throws InputError that names file, line, expected, found and the fix: for what cannot be read, another
/// number of lines than of images, an image without objects, unknown classes and images.
std::vector<metrics::LocalisedImage> read_localisations(const BoxFiles& files);

/// The images that count. Predictions have a line "image class confidence xmin ymin xmax ymax" for each detection. Throws InputError
/// likewise.
std::vector<metrics::SearchedImage> read_detections(const BoxFiles& files);

}  // namespace reprise::datasets
