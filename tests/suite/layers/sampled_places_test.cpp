#include "suite/layers/sampled_places.hpp"

#include <gtest/gtest.h>

#include "tests/support/arrays.hpp"

namespace reprise::tests {
namespace {

using layers::SampledPlaces;
using layers::Transform;

struct Located {
  std::vector<float> rows, columns;
  bool operator==(const Located&) const = default;
};

Located located(const SampledPlaces& places, const std::vector<float>& numbers) {
  const auto positions = static_cast<std::size_t>(places.output().positions());
  Located found{std::vector<float>(positions), std::vector<float>(positions)};
  places.locate(numbers.data(), found.rows.data(), found.columns.data());
  return found;
}

TEST(SampledPlaces, of_the_identity_are_the_pixels_themselves) {
  const SampledPlaces places(Transform::affine, {2, 3, 1}, {2, 3, 1}, 1);
  EXPECT_EQ(located(places, std::vector<float>(6, 0.0f)), (Located{{0, 0, 0, 1, 1, 1}, {0, 1, 2, 0, 1, 2}}));
}

TEST(SampledPlaces, of_another_size_span_the_image_from_corner_to_corner) {
  EXPECT_EQ(located({Transform::affine, {3, 5, 1}, {2, 2, 1}, 1}, std::vector<float>(6, 0.0f)), (Located{{0, 0, 2, 2}, {0, 4, 0, 4}}));
  EXPECT_EQ(located({Transform::affine, {3, 5, 1}, {1, 1, 1}, 1}, std::vector<float>(6, 0.0f)), (Located{{1}, {2}})) << "the middle";
}

/// A unit is half of the distance between the corner pixels: 1 row, 2 columns.
TEST(SampledPlaces, move_by_the_units_of_their_axes) {
  const SampledPlaces places(Transform::affine, {3, 5, 1}, {2, 2, 1}, 1);
  EXPECT_EQ(located(places, {0, 0, 0.5f, 0, 0, 0.25f}), (Located{{0.25f, 0.25f, 2.25f, 2.25f}, {1, 5, 1, 5}}));
  EXPECT_EQ(located(places, {0, 0.5f, 0, 0, 0, 0}), (Located{{0, 0, 2, 2}, {-1, 3, 1, 5}})) << "columns move with rows";
}

TEST(SampledPlaces, gradients_are_by_pixels) {
  const SampledPlaces places(Transform::affine, {3, 5, 1}, {2, 2, 1}, 1);
  std::vector<float> rows{1, 0, 0, 0}, columns{0, 0, 0, 1}, numbers(6);
  places.gradient(std::vector<float>(6, 0.0f).data(), rows.data(), columns.data(), numbers.data());
  // The row of the upper left place (-1, -1) by a3, a4, a5; the column of the lower right one (1, 1), of 2 pixels a unit, by a0, a1, a2.
  EXPECT_EQ(numbers, (std::vector<float>{2, 2, 2, -1, -1, 1}));
}

}  // namespace
}  // namespace reprise::tests
