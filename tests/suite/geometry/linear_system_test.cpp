#include "suite/geometry/linear_system.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace reprise::geometry {
namespace {

TEST(LinearSystem, two_unknowns_by_hand) {
  // 2 x + y = 5 and x - y = 1, then with 0 and 3 on the right.
  const Matrix x = solve({{2, 1}, {1, -1}}, {{5, 0}, {1, 3}});
  EXPECT_DOUBLE_EQ(x[0][0], 2);
  EXPECT_DOUBLE_EQ(x[1][0], 1);
  EXPECT_DOUBLE_EQ(x[0][1], 1);
  EXPECT_DOUBLE_EQ(x[1][1], -2);
}

TEST(LinearSystem, changes_rows_where_the_diagonal_is_zero) {
  const Matrix x = solve({{0, 2, 0}, {1, 0, 0}, {0, 0, 4}}, {{6}, {5}, {8}});
  EXPECT_DOUBLE_EQ(x[0][0], 5);
  EXPECT_DOUBLE_EQ(x[1][0], 3);
  EXPECT_DOUBLE_EQ(x[2][0], 2);
}

TEST(LinearSystem, a_singular_one_is_seen) {
  EXPECT_FALSE(std::isfinite(solve({{1, 2}, {2, 4}}, {{1}, {1}})[0][0]));
}

}  // namespace
}  // namespace reprise::geometry
