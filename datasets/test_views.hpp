#pragma once
// Several views of each test image, whose logits an evaluation averages.

#include <string>
#include <vector>

#include "datasets/augmentation.hpp"

namespace reprise::datasets {

struct TestView {
  AxisMaps maps;
  float weight = 1;  ///< of its logits
};

/// The recipe's `test_views` of Krizhevsky et al. 2012.
inline constexpr int kTenCrops = 3;

/// The views of a recipe's `test_views`, how a test image is usually seen (`centre`, of an image of height x width) first; weights sum
/// to 1.
std::vector<TestView> test_views(int level, int height, int width, const AxisMaps& centre);
/// How many there are.
int count_test_views(int level);

/// Parts of an image of height x width, each as large as a sample. `places`: "centre"; "corners", the centre and the four corners; "grid",
/// grid x grid places, evenly spread from corner to corner, row by row; "whole", the image itself, whatever its size. With `mirrored` each
/// is followed by its mirror. Throws InputError for an image that is smaller than a sample.
struct PartsOfImage {
  std::string places = "centre";
  int grid = 5;
  bool mirrored = false;
  std::vector<AxisMaps> of(int height, int width, int sample_height, int sample_width) const;
  int count() const;
};

}  // namespace reprise::datasets
