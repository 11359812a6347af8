#pragma once
// Several views of each test image, whose logits an evaluation averages.

#include <vector>

#include "datasets/augmentation.hpp"

namespace reprise::datasets {

struct TestView {
  AxisMaps maps;
  float weight = 1;  ///< of its logits
};

/// The views of a recipe's `test_views` (0, 1 or 2), the plain image first; weights sum to 1.
std::vector<TestView> test_views(int level, int height, int width);

}  // namespace reprise::datasets
