#pragma once
// Evaluation on several views of each test image, whose logits are averaged.

#include <vector>

#include "suite/graph/executor.hpp"

namespace reprise::training {

/// A view of an image: mirrored or not, moved, and what its logits count.
struct TestView {
  bool mirrored = false;
  int rows_down = 0, columns_right = 0;  ///< borders reflect
  float weight = 1;
};

/// The views of `test_views` in a recipe, the plain image first; weights sum to 1.
const std::vector<TestView>& test_views(int level);

/// Another reader's samples [H, W, C] as one view shows them.
class ViewReader : public graph::BatchReader {
 public:
  ViewReader(const graph::BatchReader& plain, const SampleShape& shape, const TestView& view);
  void fetch(std::int64_t slot, float* output) const override;
  std::int32_t label(std::int64_t slot) const override { return plain_.label(slot); }

 private:
  const graph::BatchReader& plain_;
  SampleShape shape_;
  std::vector<std::int64_t> from_row_, from_column_;
};

}  // namespace reprise::training
