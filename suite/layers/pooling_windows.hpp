#pragma once
// Options and geometry that the window pooling layers share.

#include <string>
#include <string_view>

#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/layers/layer.hpp"

namespace reprise::layers {

struct PoolingWindows {
  std::string_view kind;  ///< of the layer, for messages
  int window = 0;         ///< 0: one window over all positions
  int stride = 1;
  int padding = 0;
  bool ceil = false;

  /// Throws InputError for a window, stride or padding out of range.
  void check() const;
  /// Throws ShapeError if no window fits.
  kernels::WindowGeometry geometry(std::span<const SampleShape> inputs) const;
  SampleShape output_shape(std::span<const SampleShape> inputs) const;
  /// In words: " 3x3, stride 2, pad 1, ceil", or " global".
  std::vector<Fact> facts() const;
};

}  // namespace reprise::layers
