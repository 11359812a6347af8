#pragma once
// References of the window pooling layers.

#include "suite/kernels/reference/pooling.hpp"
#include "suite/layers/pooling_windows.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {

inline kernels::WindowGeometry geometry_of(const LayerCase& layer_case, int window, int stride, int padding, bool ceil) {
  return layers::PoolingWindows{"pool", window, stride, padding, ceil}.geometry(layer_case.inputs);
}

/// Shapes of windows that the tests go through: window, stride, padding, ceil.
struct WindowOptions {
  int window, stride, padding;
  bool ceil;
};
inline constexpr WindowOptions kWindowOptions[] = {{2, 2, 0, false}, {3, 2, 0, true},  {3, 2, 1, false},
                                                   {3, 1, 1, false}, {2, 3, 0, false}, {5, 5, 2, true}};

}  // namespace reprise::tests
