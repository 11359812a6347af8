#include "suite/layers/transform_grid.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "tests/support/arrays.hpp"

namespace reprise::tests {
namespace {

using layers::Transform;

constexpr Transform kTransforms[] = {Transform::affine,   Transform::attention,  Transform::translation,
                                     Transform::rotation, Transform::projective, Transform::thin_plate};

struct Sources {
  std::vector<float> x, y;
};

/// Where each of height x width pixels comes from.
Sources sources_of(Transform transform, std::int64_t height, std::int64_t width, const std::vector<float>& numbers, double scale = 1) {
  Sources s{std::vector<float>(static_cast<std::size_t>(height * width)), {}};
  s.y = s.x;
  layers::make_transform_grid(transform, height, width, scale)->moves(numbers.data(), s.x.data(), s.y.data());
  for (std::int64_t i = 0; i < height; ++i)
    for (std::int64_t j = 0; j < width; ++j) {
      s.x[static_cast<std::size_t>(i * width + j)] += static_cast<float>(2.0 * static_cast<double>(j) / static_cast<double>(width - 1) - 1);
      s.y[static_cast<std::size_t>(i * width + j)] +=
          static_cast<float>(2.0 * static_cast<double>(i) / static_cast<double>(height - 1) - 1);
    }
  return s;
}

std::vector<float> small_numbers(Transform transform, std::uint64_t seed) {
  std::vector<float> numbers;
  for (const double value : random_numbers(seed, layers::numbers_of(transform))) numbers.push_back(static_cast<float>(0.1 * value));
  return numbers;
}

TEST(TransformGrid, names_lead_back_and_an_unknown_one_lists_them) {
  for (const Transform transform : kTransforms) EXPECT_EQ(layers::transform_of(layers::name_of(transform)), transform);
  try {
    layers::transform_of("afine");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("affine, attention, translation, rotation, projective, thin_plate"), std::string::npos);
  }
}

TEST(TransformGrid, zeros_are_the_identity_to_the_bit) {
  for (const Transform transform : kTransforms) {
    const std::vector<float> zeros(static_cast<std::size_t>(layers::numbers_of(transform)), 0.0f);
    std::vector<float> x(35, 7.0f), y(35, 7.0f);
    layers::make_transform_grid(transform, 5, 7, 1)->moves(zeros.data(), x.data(), y.data());
    EXPECT_EQ(x, std::vector<float>(35, 0.0f)) << layers::name_of(transform);
    EXPECT_EQ(y, std::vector<float>(35, 0.0f)) << layers::name_of(transform);
  }
}

/// The corners of a square, row by row: (-1, -1), (1, -1), (-1, 1), (1, 1).
TEST(TransformGrid, corners_by_hand) {
  const auto expect = [](Transform transform, const std::vector<float>& numbers, const Doubles& x, const Doubles& y, double scale = 1) {
    const Sources s = sources_of(transform, 2, 2, numbers, scale);
    EXPECT_NEAR_ARRAY(Doubles(s.x.begin(), s.x.end()), x, 4, 0x1p-24);
    EXPECT_NEAR_ARRAY(Doubles(s.y.begin(), s.y.end()), y, 4, 0x1p-24);
  };
  expect(Transform::affine, {1, 0.5f, 0.25f, -0.5f, -0.5f, 0.125f}, {-2.25, 1.75, -1.25, 2.75}, {0.125, -0.875, 1.125, 0.125});
  expect(Transform::attention, {-0.5f, 0.25f, -0.125f}, {-0.25, 0.75, -0.25, 0.75}, {-0.625, -0.625, 0.375, 0.375});
  expect(Transform::translation, {0.25f, -0.5f}, {-0.25, 0.75, -0.25, 0.75}, {-1, -1, 0, 0}, 0.5);
  const auto quarter = static_cast<float>(std::acos(-1.0) / 2);
  expect(Transform::rotation, {quarter}, {1, 1, -1, -1}, {-1, 1, -1, 1});
  // Divisors 1 + x / 4 + y / 2: 1/4, 3/4, 5/4, 7/4.
  expect(Transform::projective, {0, 0, 0, 0, 0, 0, 0.25f, 0.5f}, {-4, 4.0 / 3, -0.8, 4.0 / 7}, {-4, -4.0 / 3, 0.8, 4.0 / 7});
}

TEST(TransformGrid, a_divisor_stays_away_from_zero) {
  // At (1, 1) the divisor is 1 - 0.5 - 0.5.
  const Sources s = sources_of(Transform::projective, 2, 2, {0, 0, 0, 0, 0, 0, -0.5f, -0.5f});
  EXPECT_NEAR(s.x[3], 1000, 0.1);
  EXPECT_NEAR(s.y[3], 1000, 0.1);
}

/// On 4 x 4 pixels every place is a point of the grid.
TEST(TransformGrid, a_thin_plate_takes_its_points_where_it_is_told) {
  const std::vector<float> numbers = small_numbers(Transform::thin_plate, 3);
  std::vector<float> x(16), y(16);
  layers::make_transform_grid(Transform::thin_plate, 4, 4, 1)->moves(numbers.data(), x.data(), y.data());
  for (std::size_t k = 0; k < 16; ++k) {
    EXPECT_NEAR(x[k], numbers[k], 1e-6) << k;
    EXPECT_NEAR(y[k], numbers[16 + k], 1e-6) << k;
  }
}

/// A plate that need not bend does not: points moved by an affine map move everything by it.
TEST(TransformGrid, a_thin_plate_is_affine_where_its_points_are) {
  const std::vector<float> affine{0.2f, -0.1f, 0.05f, 0.3f, 0.1f, -0.2f};
  std::vector<float> x(16), y(16);
  layers::make_transform_grid(Transform::affine, 4, 4, 1)->moves(affine.data(), x.data(), y.data());
  std::vector<float> numbers = x;
  numbers.insert(numbers.end(), y.begin(), y.end());
  const Sources bent = sources_of(Transform::thin_plate, 9, 11, numbers), flat = sources_of(Transform::affine, 9, 11, affine);
  for (std::size_t i = 0; i < bent.x.size(); ++i) {
    EXPECT_NEAR(bent.x[i], flat.x[i], 2e-6) << i;
    EXPECT_NEAR(bent.y[i], flat.y[i], 2e-6) << i;
  }
}

/// At the centre of the square the four inner points weigh alike, and so do the four corners and the eight at the sides.
TEST(TransformGrid, a_thin_plate_is_symmetric_and_its_weights_add_up_to_one) {
  double sum = 0;
  std::vector<double> at_centre;
  for (std::size_t k = 0; k < 16; ++k) {
    std::vector<float> numbers(32, 0.0f), x(9), y(9);
    numbers[k] = 1;
    layers::make_transform_grid(Transform::thin_plate, 3, 3, 1)->moves(numbers.data(), x.data(), y.data());
    at_centre.push_back(x[4]);
    sum += x[4];
    EXPECT_EQ(y, std::vector<float>(9, 0.0f));
  }
  EXPECT_NEAR(sum, 1, 1e-6);
  for (const std::size_t k : {6u, 9u, 10u}) EXPECT_NEAR(at_centre[k], at_centre[5], 1e-6);
  for (const std::size_t k : {3u, 12u, 15u}) EXPECT_NEAR(at_centre[k], at_centre[0], 1e-6);
  for (const std::size_t k : {2u, 4u, 7u, 8u, 11u, 13u, 14u}) EXPECT_NEAR(at_centre[k], at_centre[1], 1e-6);
  EXPECT_GT(at_centre[5], 0.25);  // bends beyond the mean of the four: what is farther weighs less than nothing
}

TEST(TransformGrid, gradients_equal_central_differences) {
  constexpr std::int64_t kHeight = 5, kWidth = 6, kPlaces = kHeight * kWidth;
  for (const Transform transform : kTransforms) {
    const auto grid = layers::make_transform_grid(transform, kHeight, kWidth, 0.7);
    const std::vector<float> numbers = small_numbers(transform, 5);
    const Doubles rx = random_numbers(6, kPlaces), ry = random_numbers(7, kPlaces);
    const auto objective = [&](const std::vector<float>& at) {
      std::vector<float> x(kPlaces), y(kPlaces);
      grid->moves(at.data(), x.data(), y.data());
      double sum = 0;
      for (std::size_t i = 0; i < kPlaces; ++i) sum += rx[i] * x[i] + ry[i] * y[i];
      return sum;
    };
    std::vector<float> grad_x(rx.begin(), rx.end()), grad_y(ry.begin(), ry.end()), found(numbers.size());
    grid->gradient(numbers.data(), grad_x.data(), grad_y.data(), found.data());
    for (std::size_t k = 0; k < numbers.size(); ++k) {
      constexpr float kStep = 1e-2f;  // float32 moves: rounding of 1e-7 over it, third derivatives times its square
      std::vector<float> up = numbers, down = numbers;
      up[k] += kStep, down[k] -= kStep;
      const double expected = (objective(up) - objective(down)) / (static_cast<double>(up[k]) - down[k]);
      EXPECT_NEAR(found[k], expected, 2e-3 * (1 + std::abs(expected))) << layers::name_of(transform) << " " << k;
    }
  }
}

}  // namespace
}  // namespace reprise::tests
