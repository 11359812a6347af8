#include "suite/layers/plane_group.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "tests/suite/layers/turned_maps.hpp"

namespace reprise::tests {
namespace {

using namespace layers;

TEST(PlaneGroup, products_and_inverses_are_those_of_the_matrices) {
  for (int g = 0; g < 8; ++g)
    for (int h = 0; h < 8; ++h) {
      EXPECT_EQ(matrix_of(product(g, h)), times(matrix_of(g), matrix_of(h))) << g << " " << h;
      EXPECT_EQ(product(inverse(g), h), before(g, h));
      EXPECT_TRUE(g >= 4 || h >= 4 || product(g, h) < 4) << "p4 is closed";
    }
}

TEST(PlaneGroup, a_turn_is_counter_clockwise_and_a_mirroring_exchanges_top_and_bottom) {
  using Cells = std::vector<std::int32_t>;
  // 0 1 2      2 5 8      6 7 8
  // 3 4 5  ->  1 4 7  or  3 4 5
  // 6 7 8      0 3 6      0 1 2
  EXPECT_EQ(moved_cells(0, 3), (Cells{0, 1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(moved_cells(1, 3), (Cells{2, 5, 8, 1, 4, 7, 0, 3, 6}));
  EXPECT_EQ(moved_cells(4, 3), (Cells{6, 7, 8, 3, 4, 5, 0, 1, 2}));
  // The turn first: 1 3 / 0 2, then its rows exchanged.
  EXPECT_EQ(moved_cells(1, 2), (Cells{1, 3, 0, 2}));
  EXPECT_EQ(moved_cells(5, 2), (Cells{0, 2, 1, 3}));
}

TEST(PlaneGroup, cells_move_by_the_matrices) {
  for (const std::int64_t side : {1, 2, 3, 4, 5, 8})
    for (int g = 0; g < 8; ++g) {
      const auto cells = moved_cells(g, side);
      ASSERT_EQ(static_cast<std::int64_t>(cells.size()), side * side);
      for (std::int64_t cell = 0; cell < side * side; ++cell)
        EXPECT_EQ(cells[static_cast<std::size_t>(cell)], source_cell(g, side, cell)) << side << " " << g;
    }
}

TEST(PlaneGroup, names) {
  EXPECT_EQ(plane_group("p4"), PlaneGroup::p4);
  EXPECT_EQ(plane_group("p4m"), PlaneGroup::p4m);
  EXPECT_EQ(orientations(PlaneGroup::p4) + orientations(PlaneGroup::p4m), 12);
  EXPECT_THROW(plane_group("p6"), InputError);
}

}  // namespace
}  // namespace reprise::tests
