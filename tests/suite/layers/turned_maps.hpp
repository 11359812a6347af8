#pragma once
// What an element of p4 or p4m does to maps and filters, by its matrix: M^m R^r acts on (row, column) seen from the centre, with M =
// diag(-1, 1) and R = ((0, -1), (1, 0)); a value at x moves to g x. Element 4 m + r.

#include <array>
#include <cstdint>

#include "suite/layers/plane_group.hpp"
#include "tests/support/arrays.hpp"

namespace reprise::tests {

using Matrix = std::array<int, 4>;

inline Matrix times(const Matrix& a, const Matrix& b) {
  return {a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]};
}
inline Matrix matrix_of(int g) {
  Matrix matrix = g >= 4 ? Matrix{-1, 0, 0, 1} : Matrix{1, 0, 0, 1};
  for (int turn = 0; turn < g % 4; ++turn) matrix = times(matrix, {0, -1, 1, 0});
  return matrix;
}
inline Matrix transposed(const Matrix& m) {
  return {m[0], m[2], m[1], m[3]};
}
/// Inverse of h times s.
inline int before(int h, int s) {
  const Matrix wanted = times(transposed(matrix_of(h)), matrix_of(s));
  for (int g = 0; g < 8; ++g)
    if (matrix_of(g) == wanted) return g;
  return -1;
}
/// The cell of a side x side square from which g moves a value to `cell`.
inline std::int64_t source_cell(int g, std::int64_t side, std::int64_t cell) {
  const Matrix m = transposed(matrix_of(g));
  const std::int64_t v = 2 * (cell / side) - (side - 1), u = 2 * (cell % side) - (side - 1);
  return (m[0] * v + m[1] * u + side - 1) / 2 * side + (m[2] * v + m[3] * u + side - 1) / 2;
}

/// Samples [side, side, planes, maps] once g has acted on them: planes = 1 only moves, else plane s goes to plane g s as well.
inline Doubles turned(int g, const Doubles& input, std::int64_t side, int planes, std::int64_t maps) {
  Doubles output(input.size());
  const std::int64_t cells = side * side, size = cells * planes * maps;
  for (std::int64_t n = 0; n < static_cast<std::int64_t>(input.size()) / size; ++n)
    for (std::int64_t cell = 0; cell < cells; ++cell)
      for (int s = 0; s < planes; ++s)
        for (std::int64_t c = 0; c < maps; ++c) {
          const int plane = planes == 1 ? 0 : before(g, s);
          output[static_cast<std::size_t>(n * size + (cell * planes + s) * maps + c)] =
              input[static_cast<std::size_t>(n * size + (source_cell(g, side, cell) * planes + plane) * maps + c)];
        }
  return output;
}

/// Where the filters [orientations * filters, planes * maps, side, side] of the plain convolution are in those that a group convolution
/// stores, [filters, planes * maps, side, side].
inline std::vector<std::size_t> places_of_filters(int orientations, int planes, std::int64_t filters, std::int64_t maps,
                                                  std::int64_t side) {
  std::vector<std::size_t> places;
  for (int h = 0; h < orientations; ++h)
    for (std::int64_t k = 0; k < filters; ++k)
      for (int s = 0; s < planes; ++s)
        for (std::int64_t c = 0; c < maps; ++c)
          for (std::int64_t cell = 0; cell < side * side; ++cell) {
            const int plane = planes == 1 ? 0 : before(h, s);
            places.push_back(static_cast<std::size_t>(((k * planes + plane) * maps + c) * side * side + source_cell(h, side, cell)));
          }
  return places;
}

}  // namespace reprise::tests
