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

  /// Throws InputError for a window, stride or padding out of range; `min_window` 1 excludes one window over all positions.
  void check(int min_window = 0) const;
  /// Throws ShapeError if no window fits.
  kernels::WindowGeometry geometry(std::span<const SampleShape> inputs) const;
  SampleShape output_shape(std::span<const SampleShape> inputs) const;
  /// In words: " 3x3, stride 2, pad 1, ceil", or " global".
  std::vector<Fact> facts() const;
};

/// What prepared layers of windows share.
class PreparedWindow : public PreparedLayer {
 public:
  PreparedWindow(const kernels::WindowGeometry& geometry, int samples, std::size_t value_bytes);
  std::size_t scratch_bytes() const override;

 protected:
  /// Where the gradients of overlapping windows are added, in float32: in place when that is how they are stored.
  float* sums(void* grad_input, std::byte* scratch) const;

  kernels::WindowGeometry geometry_;
  int samples_;
  std::size_t value_bytes_;
  std::int64_t input_size_, output_size_;  // values of one sample
};

}  // namespace reprise::layers
