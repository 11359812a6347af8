#include "suite/layers/bilinear_sampler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/arrays.hpp"

namespace reprise::tests {
namespace {

using layers::BilinearSampler;
using layers::SamplerShape;

std::vector<float> floats_of(const Doubles& values) {
  return {values.begin(), values.end()};
}

struct Sampled {
  BilinearSampler sampler;
  std::vector<std::byte> scratch;
  Sampled(const SamplerShape& shape, const std::vector<float>& rows, const std::vector<float>& columns)
      : sampler(shape), scratch(sampler.scratch_bytes()) {
    sampler.locate(rows.data(), columns.data(), scratch.data());
  }
};

std::vector<float> sample(const SamplerShape& shape, const std::vector<float>& image, const std::vector<float>& rows,
                          const std::vector<float>& columns) {
  const Sampled s(shape, rows, columns);
  std::vector<float> output(static_cast<std::size_t>(shape.positions * shape.channels));
  s.sampler.sample(image.data(), s.scratch.data(), output.data());
  return output;
}

/// The paper's formula, over all pixels.
double value_at(const SamplerShape& shape, const Doubles& image, std::int64_t channel, double row, double column) {
  double sum = 0;
  for (std::int64_t n = 0; n < shape.height; ++n)
    for (std::int64_t m = 0; m < shape.width; ++m)
      sum += image[static_cast<std::size_t>((n * shape.width + m) * shape.channels + channel)] *
             std::max(0.0, 1 - std::abs(row - static_cast<double>(n))) * std::max(0.0, 1 - std::abs(column - static_cast<double>(m)));
  return sum;
}

TEST(BilinearSampler, reads_every_pixel_of_an_image_to_the_bit) {
  const SamplerShape shape{3, 3, 1, 9};
  const std::vector<float> image{0.1f, 1, 2, 3, 4, 5, 6, 7, 8.3f};
  std::vector<float> rows, columns;
  for (int i = 0; i < 9; ++i) rows.push_back(static_cast<float>(i / 3)), columns.push_back(static_cast<float>(i % 3));
  EXPECT_EQ(sample(shape, image, rows, columns), image);
}

TEST(BilinearSampler, values_by_hand) {
  const SamplerShape shape{2, 2, 1, 6};
  // Between all four; a quarter along the upper edge; half a pixel beyond the left border, beyond a corner, a pixel and more beyond.
  const std::vector<float> rows{0.5f, 0, 0, -0.5f, -1, 9}, columns{0.5f, 0.25f, -0.5f, -0.5f, 0, 0};
  EXPECT_EQ(sample(shape, {1, 2, 3, 6}, rows, columns), (std::vector<float>{3, 1.25f, 0.5f, 0.25f, 0, 0}));
}

TEST(BilinearSampler, equals_the_formula_over_all_pixels) {
  const SamplerShape shape{5, 7, 3, 60};
  const Doubles image = random_numbers(1, 5 * 7 * 3);
  Doubles rows = random_numbers(2, 60), columns = random_numbers(3, 60);
  for (std::size_t i = 0; i < 60; ++i) rows[i] = 2 + 2 * rows[i], columns[i] = 3 + 3 * columns[i];
  const std::vector<float> found = sample(shape, floats_of(image), floats_of(rows), floats_of(columns));
  for (std::size_t i = 0; i < 60; ++i)
    for (std::int64_t c = 0; c < 3; ++c)
      EXPECT_NEAR(found[i * 3 + static_cast<std::size_t>(c)], value_at(shape, image, c, rows[i], columns[i]), 2e-6) << i;
}

TEST(BilinearSampler, gradients_equal_central_differences) {
  const SamplerShape shape{4, 5, 2, 30};
  const Doubles image = random_numbers(1, 40), weights = random_numbers(4, 60);
  Doubles rows = random_numbers(2, 30), columns = random_numbers(3, 30);
  for (std::size_t i = 0; i < 30; ++i) {
    // Away from whole numbers, where the derivative jumps.
    rows[i] = std::floor(1.5 + 2 * rows[i]) + 0.3, columns[i] = std::floor(2 + 2 * columns[i]) + 0.6;
  }
  const Sampled s(shape, floats_of(rows), floats_of(columns));
  const std::vector<float> gradient = floats_of(weights);
  std::vector<float> grad_rows(30), grad_columns(30), grad_image(40, 7.0f);
  s.sampler.place_gradient(floats_of(image).data(), s.scratch.data(), gradient.data(), grad_rows.data(), grad_columns.data());
  s.sampler.image_gradient(s.scratch.data(), gradient.data(), grad_image.data());
  constexpr double kStep = 1e-5;
  for (std::size_t i = 0; i < 30; ++i) {
    const auto objective = [&](double row, double column) {
      return weights[2 * i] * value_at(shape, image, 0, row, column) + weights[2 * i + 1] * value_at(shape, image, 1, row, column);
    };
    EXPECT_NEAR(grad_rows[i], (objective(rows[i] + kStep, columns[i]) - objective(rows[i] - kStep, columns[i])) / (2 * kStep), 5e-6);
    EXPECT_NEAR(grad_columns[i], (objective(rows[i], columns[i] + kStep) - objective(rows[i], columns[i] - kStep)) / (2 * kStep), 5e-6);
  }
  for (std::size_t p = 0; p < 40; ++p) {
    Doubles one(40, 0.0);
    one[p] = 1;  // the output is linear in the image
    double expected = 0;
    for (std::size_t i = 0; i < 30; ++i)
      expected += weights[2 * i + p % 2] * value_at(shape, one, static_cast<std::int64_t>(p % 2), rows[i], columns[i]);
    EXPECT_NEAR(grad_image[p], expected, 5e-6) << p;
  }
}

TEST(BilinearSampler, on_a_pixel_the_derivative_is_that_towards_the_larger_coordinate) {
  const Sampled s({1, 3, 1, 1}, {0}, {1});
  const float image[] = {1, 4, 16}, gradient = 1;
  float grad_row = 0, grad_column = 0;
  s.sampler.place_gradient(image, s.scratch.data(), &gradient, &grad_row, &grad_column);
  EXPECT_EQ(grad_column, 12);
}

/// A net whose places are not finite has diverged, and its loss must say so.
TEST(BilinearSampler, a_place_that_is_not_finite_is_seen) {
  for (const float place : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    EXPECT_TRUE(std::isnan(sample({2, 2, 1, 1}, {1, 2, 3, 4}, {0}, {place})[0])) << place;
  EXPECT_EQ(sample({2, 2, 1, 1}, {1, 2, 3, 4}, {0}, {1e30f})[0], 0);
}

}  // namespace
}  // namespace reprise::tests
