#include "suite/layers/patch_whitening.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/random/random.hpp"

namespace reprise::tests {
namespace {

TEST(PatchWhitening, responses_are_uncorrelated_with_variance_one_and_come_in_both_signs) {
  const SampleShape shape{6, 7, 3};
  random::Generator generator({1, random::Purpose::synthetic, 0, 0, 0});
  std::vector<float> images(static_cast<std::size_t>(50 * shape.size()));
  float before = 0;
  for (float& value : images) value = before = 0.7f * before + static_cast<float>(generator.next_normal());  // neighbours are alike
  const auto filters = layers::whitening_filters(images, shape, 2, 0);
  const std::size_t D = 12;
  ASSERT_EQ(filters.size(), 2 * D * D);
  std::vector<double> moments(D * D);
  double patches = 0;
  for (std::int64_t n = 0; n < 50; ++n)
    for (std::int64_t y = 0; y < 5; ++y)
      for (std::int64_t x = 0; x < 6; ++x, ++patches) {
        std::vector<double> response(D);
        for (std::size_t k = 0; k < D; ++k)
          for (std::int64_t c = 0; c < 3; ++c)
            for (std::int64_t r = 0; r < 2; ++r)
              for (std::int64_t s = 0; s < 2; ++s)
                response[k] += static_cast<double>(filters[k * D + static_cast<std::size_t>((c * 2 + r) * 2 + s)] *
                                                   images[static_cast<std::size_t>(((n * 6 + y + r) * 7 + x + s) * 3 + c)]);
        for (std::size_t i = 0; i < D; ++i)
          for (std::size_t j = 0; j < D; ++j) moments[i * D + j] += response[i] * response[j];
      }
  for (std::size_t i = 0; i < D; ++i)
    for (std::size_t j = 0; j < D; ++j) EXPECT_NEAR(moments[i * D + j] / patches, i == j ? 1 : 0, 1e-5);
  for (std::size_t i = 0; i < D * D; ++i) EXPECT_EQ(filters[D * D + i], -filters[i]);
  const auto norm = [&](std::size_t k) {
    double sum = 0;
    for (std::size_t d = 0; d < D; ++d) sum += std::pow(static_cast<double>(filters[k * D + d]), 2);
    return sum;
  };
  for (std::size_t k = 1; k < D; ++k) EXPECT_LE(norm(k - 1), norm(k));  // largest eigenvalue first
}

TEST(PatchWhitening, epsilon_stands_under_the_root) {
  const std::vector<float> images(4, 2.0f);  // one value a patch, its mean square is 4
  const auto filters = layers::whitening_filters(images, {2, 2, 1}, 1, 5);
  ASSERT_EQ(filters.size(), 2u);
  EXPECT_NEAR(filters[0], 1.0 / 3, 1e-6);
  EXPECT_EQ(filters[1], -filters[0]);
}

TEST(PatchWhitening, needs_two_filters_a_value_of_a_patch) {
  const std::vector<SampleShape> input{{8, 8, 3}};
  EXPECT_THROW(layers::Conv2d({.filters = 20, .filter_size = 2, .whitening_epsilon = 1e-3}).parameters(input), ShapeError);
  const auto specs = layers::Conv2d({.filters = 24, .filter_size = 2, .whitening_epsilon = 1e-3}).parameters(input);
  EXPECT_EQ(specs[0].rate_multiplier, 0);  // the filters stay
  EXPECT_FALSE(specs[0].has_norm_bound);
  EXPECT_EQ(specs[1].rate_multiplier, 1);
}

}  // namespace
}  // namespace reprise::tests
