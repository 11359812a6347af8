#include "suite/layers/pooling_windows.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

/// Number of windows along one axis.
std::int64_t windows_along(std::int64_t extent, const PoolingWindows& w) {
  const std::int64_t room = extent + 2 * w.padding - w.window;
  if (room < 0) return 0;
  if (!w.ceil) return room / w.stride + 1;
  const std::int64_t count = (room + w.stride - 1) / w.stride + 1;
  // A window that begins in the padding behind the input would hold no cell.
  return (count - 1) * w.stride >= extent + w.padding ? count - 1 : count;
}

}  // namespace

void PoolingWindows::check(int min_window) const {
  const auto require = [&](bool holds, const char* what, const char* expected, int found) {
    if (!holds)
      throw InputError(Complaint{fmt::format("{} {}", kind, what), expected, std::to_string(found), "change the model's options"});
  };
  require(window >= min_window && window <= 16, "window", "1 to 16", window);
  require(stride >= 1, "stride", "1 or more", stride);
  require(padding >= 0 && 2 * padding <= window, "padding", "0 to half the window", padding);
}

kernels::WindowGeometry PoolingWindows::geometry(std::span<const SampleShape> inputs) const {
  const SampleShape& input = only_input(kind, inputs);
  kernels::WindowGeometry g;
  g.height = input.height;
  g.width = input.width;
  g.channels = input.channels;
  if (window == 0) {
    g.window_height = input.height;
    g.window_width = input.width;
    g.stride = std::max(input.height, input.width);
    return g;
  }
  g.window_height = g.window_width = window;
  g.stride = stride;
  g.padding = padding;
  g.out_height = windows_along(input.height, *this);
  g.out_width = windows_along(input.width, *this);
  if (g.out_height == 0 || g.out_width == 0)
    throw ShapeError(Complaint{fmt::format("{}{}", kind, words_of(facts())),
                               fmt::format("an input of at least {0}x{0} positions with its padding", window), input.text(),
                               "use a smaller window or a global pooling layer"});
  return g;
}

SampleShape PoolingWindows::output_shape(std::span<const SampleShape> inputs) const {
  const kernels::WindowGeometry g = geometry(inputs);
  return {g.out_height, g.out_width, g.channels};
}

std::vector<Fact> PoolingWindows::facts() const {
  const bool global = window == 0;
  return {{"window", window, global ? " global" : fmt::format(" {0}x{0}", window)},
          {"stride", stride, global ? "" : fmt::format(", stride {}", stride)},
          {"padding", padding, !global && padding > 0 ? fmt::format(", pad {}", padding) : ""},
          {"ceil", ceil, !global && ceil ? ", ceil" : ""}};
}

PreparedWindow::PreparedWindow(const kernels::WindowGeometry& geometry, int samples, std::size_t value_bytes)
    : geometry_(geometry),
      samples_(samples),
      value_bytes_(value_bytes),
      input_size_(geometry.height * geometry.width * geometry.channels),
      output_size_(geometry.out_height * geometry.out_width * geometry.channels) {}

std::size_t PreparedWindow::scratch_bytes() const {
  return value_bytes_ == sizeof(float) || geometry_.disjoint() ? 0 : static_cast<std::size_t>(input_size_) * sizeof(float);
}

float* PreparedWindow::sums(void* grad_input, std::byte* scratch) const {
  return scratch_bytes() == 0 ? static_cast<float*>(grad_input) : reinterpret_cast<float*>(scratch);
}

}  // namespace reprise::layers
