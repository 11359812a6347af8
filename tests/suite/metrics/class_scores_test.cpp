// What scores of classes guess, by hand.

#include "suite/metrics/class_scores.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/tensor/half.hpp"

namespace reprise::metrics {
namespace {

TEST(ClassScores, probabilities_are_those_of_softmax_whatever_is_added_to_all_logits) {
  for (const float shift : {0.0f, 1000.0f, -1000.0f}) {
    std::vector<float> scores{shift, shift + 1, shift + 2};
    make_probabilities(scores.data(), 3);
    const double sum = 1 + std::exp(1.0) + std::exp(2.0);
    for (int k = 0; k < 3; ++k) EXPECT_NEAR(scores[static_cast<std::size_t>(k)], std::exp(k) / sum, 6e-8) << shift;  // half a unit of 0.67
  }
}

TEST(ClassScores, the_first_of_several_largest_is_guessed) {
  const std::vector<float> scores{1, 3, 3, 2};
  EXPECT_EQ(first_guess(scores.data(), 4), 1);
}

TEST(ClassScores, five_guesses_count_ties_in_the_order_of_classes) {
  const std::vector<float> falling{6, 5, 4, 3, 2, 1, 1}, equal(7, 0.5f);
  for (std::int64_t label = 0; label < 7; ++label) {
    EXPECT_EQ(is_beyond_five(falling.data(), 7, label), label >= 5) << label;
    EXPECT_EQ(is_beyond_five(equal.data(), 7, label), label >= 5) << label;
  }
}

TEST(ClassScores, errors_are_shares_of_the_samples) {
  const Guesses guesses = guesses_of({1, 0, 0, 1, 0, 1, 1, 0}, 2, {0, 1, 0, 0});
  EXPECT_EQ(guesses.first, (std::vector<std::int32_t>{0, 1, 1, 0}));
  EXPECT_EQ(guesses.error_percent, 25);
  EXPECT_EQ(guesses.top5_error_percent, 0);
}

TEST(ClassScores, a_hit_takes_any_right_class_among_the_first_k) {
  const std::vector<float> scores{4, 3, 2, 1, 1, 2, 3, 4};  // labels 1 and 3: second and first
  EXPECT_EQ(hit_percent(scores, 4, {1, 3}, {}, 1), 50);
  EXPECT_EQ(hit_percent(scores, 4, {1, 3}, {}, 2), 100);
  EXPECT_EQ(hit_percent(scores, 4, {3, 0}, {{2}, {2, 1}}, 1), 0);
  EXPECT_EQ(hit_percent(scores, 4, {3, 0}, {{2}, {2, 1}}, 2), 50);
  EXPECT_EQ(hit_percent(scores, 4, {3, 0}, {{2}, {}}, 3), 50);
  EXPECT_EQ(hit_percent({1, 1, 1}, 3, {1}, {}, 1), 0);  // ties in the order of classes
  EXPECT_EQ(hit_percent({1, 1, 1}, 3, {1}, {}, 2), 100);
}

/// Ten values, so that eight go through the vectors and two do not.
TEST(Half, rounds_to_nearest_even_and_comes_back) {
  const std::vector<float> values{0, 1, -2, 65504, 1.0f + 1.0f / 2048, 1.0f + 3.0f / 2048, 5.9604645e-8f, 0.1f, 1.0f + 1.0f / 2048, 0.5f};
  const std::vector<std::uint16_t> expected{0, 0x3c00, 0xc000, 0x7bff, 0x3c00, 0x3c02, 1, 0x2e66, 0x3c00, 0x3800};
  std::vector<std::uint16_t> halves(values.size());
  to_half(values.data(), 10, halves.data());
  EXPECT_EQ(halves, expected);
  std::vector<float> back(values.size());
  from_half(halves.data(), 10, back.data());
  for (const std::size_t i : {0, 1, 2, 3, 6, 9}) EXPECT_EQ(back[i], values[i]) << i;
  EXPECT_NEAR(back[7], 0.1f, 0.1f / 2048);
}

}  // namespace
}  // namespace reprise::metrics
