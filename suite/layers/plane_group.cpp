#include "suite/layers/plane_group.hpp"

#include <string>

#include "suite/errors.hpp"

namespace reprise::layers {

namespace {

constexpr int kTurns = 4;

}  // namespace

std::string_view name_of(PlaneGroup group) {
  return group == PlaneGroup::p4 ? "p4" : "p4m";
}

PlaneGroup plane_group(std::string_view name) {
  for (const PlaneGroup group : {PlaneGroup::p4, PlaneGroup::p4m})
    if (name == name_of(group)) return group;
  throw InputError(Complaint{"group of the plane", "p4 or p4m", "'" + std::string(name) + "'", "Use one of the two names"});
}

int orientations(PlaneGroup group) {
  return group == PlaneGroup::p4 ? kTurns : 2 * kTurns;
}

int product(int g, int h) {
  // A turn that passes a mirroring changes its direction: (m, r) (n, s) = (m + n, (-1)^n r + s).
  const int m = g / kTurns, r = g % kTurns, n = h / kTurns, s = h % kTurns;
  return (m + n) % 2 * kTurns + ((n == 1 ? kTurns - r : r) + s) % kTurns;
}

int inverse(int g) {
  return g >= kTurns ? g : (kTurns - g) % kTurns;
}

std::vector<std::int32_t> moved_cells(int g, std::int64_t side) {
  const int m = g / kTurns, r = g % kTurns;
  std::vector<std::int32_t> cells;
  for (std::int64_t row = 0; row < side; ++row)
    for (std::int64_t column = 0; column < side; ++column) {
      // Undo the mirroring, then the turns: what a turn carries to (row, column) was at (column, side - 1 - row).
      std::int64_t y = m == 1 ? side - 1 - row : row, x = column;
      for (int turn = 0; turn < r; ++turn) {
        const std::int64_t before = y;
        y = x;
        x = side - 1 - before;
      }
      cells.push_back(static_cast<std::int32_t>(y * side + x));
    }
  return cells;
}

}  // namespace reprise::layers
