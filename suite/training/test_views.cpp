#include "suite/training/test_views.hpp"

#include <algorithm>

namespace reprise::training {

namespace {

/// Which index of an axis of `size` stands where, after a move by `offset` with reflected borders.
std::vector<std::int64_t> moved(std::int64_t size, std::int64_t offset) {
  std::vector<std::int64_t> from;
  for (std::int64_t i = 0; i < size; ++i) {
    std::int64_t index = i - offset;
    if (index < 0) index = -index;
    if (index >= size) index = 2 * (size - 1) - index;
    from.push_back(std::clamp<std::int64_t>(index, 0, size - 1));
  }
  return from;
}

}  // namespace

const std::vector<TestView>& test_views(int level) {
  static const std::vector<TestView> plain{{}}, mirror{{.weight = 0.5f}, {.mirrored = true, .weight = 0.5f}},
      moves{{.weight = 0.25f},
            {.mirrored = true, .weight = 0.25f},
            {.rows_down = 1, .columns_right = 1, .weight = 0.125f},
            {.mirrored = true, .rows_down = 1, .columns_right = 1, .weight = 0.125f},
            {.rows_down = -1, .columns_right = -1, .weight = 0.125f},
            {.mirrored = true, .rows_down = -1, .columns_right = -1, .weight = 0.125f}};
  return level == 0 ? plain : level == 1 ? mirror : moves;
}

ViewReader::ViewReader(const graph::BatchReader& plain, const SampleShape& shape, const TestView& view)
    : plain_(plain), shape_(shape), from_row_(moved(shape.height, view.rows_down)), from_column_(moved(shape.width, view.columns_right)) {
  if (view.mirrored) std::reverse(from_column_.begin(), from_column_.end());  // mirrors what the move shows
}

void ViewReader::fetch(std::int64_t slot, float* output) const {
  thread_local std::vector<float> image;
  image.resize(static_cast<std::size_t>(shape_.size()));
  plain_.fetch(slot, image.data());
  for (const std::int64_t row : from_row_)
    for (const std::int64_t column : from_column_) output = std::copy_n(image.data() + (row * shape_.width + column) * shape_.channels, shape_.channels, output);
}

}  // namespace reprise::training
