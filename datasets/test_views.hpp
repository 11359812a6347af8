#pragma once
// Several views of each test image, whose logits an evaluation averages.

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

}  // namespace reprise::datasets
