#include "suite/layers/weight_quantiser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "suite/errors.hpp"
#include "tests/support/arrays.hpp"
#include "tests/support/tolerances.hpp"

namespace reprise::tests {
namespace {

using layers::Gate;
using layers::WeightQuantiser;
using layers::WeightRule;
using Floats = std::vector<float>;

struct Shown {
  Floats effective, kept;
};

Shown shown(const WeightQuantiser& quantiser, const Floats& stored, std::int64_t units = 1) {
  const auto map = layers::weight_map(quantiser, units, static_cast<std::int64_t>(stored.size()));
  Shown result{Floats(static_cast<std::size_t>(map->effective_count())), Floats(static_cast<std::size_t>(map->kept_count()))};
  map->show(std::array{stored.data()}, result.effective.data(), result.kept.data());
  return result;
}

Floats pulled_back(const WeightQuantiser& quantiser, const Floats& stored, const Floats& gradient) {
  const auto map = layers::weight_map(quantiser, 1, static_cast<std::int64_t>(stored.size()));
  const Shown one = shown(quantiser, stored);
  Floats result(stored.size());
  map->pull_back(one.kept.data(), gradient.data(), std::array{result.data()});
  return result;
}

/// What the header says, in double. `halfway`: the value that is rounded lies within 1e-4 of a half, where float32 may round otherwise.
struct Exact {
  double value = 0;
  bool halfway = false;
};

Exact rounded(double value) {
  const double down = std::floor(value);
  return {std::nearbyint(value), std::fabs(value - down - 0.5) < 1e-4};
}

double sign(double value) {
  return value < 0 ? -1.0 : 1.0;
}

std::vector<Exact> exact(const WeightQuantiser& quantiser, const Doubles& w, std::size_t unit) {
  const auto mean = [&](std::size_t first, std::size_t count) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += std::fabs(w[first + i]);
    return sum / static_cast<double>(count);
  };
  double most = 0, most_squashed = 0, above = 0, count_above = 0;
  const double bound = 0.7 * mean(0, w.size());
  for (const double value : w) {
    most = std::max(most, std::fabs(value)), most_squashed = std::max(most_squashed, std::fabs(std::tanh(value)));
    if (std::fabs(value) > bound) above += std::fabs(value), ++count_above;
  }
  std::vector<Exact> result;
  for (std::size_t i = 0; i < w.size(); ++i) {
    Exact one{w[i], false};
    const double levels = std::exp2(quantiser.bits) - 1, half_levels = std::exp2(quantiser.bits - 1) - 1;
    if (quantiser.rule == WeightRule::dorefa && quantiser.bits == 1) one = {mean(0, w.size()) * sign(w[i]), false};
    if (quantiser.rule == WeightRule::dorefa && quantiser.bits > 1) {
      one = rounded(levels * (std::tanh(w[i]) / (2 * most_squashed) + 0.5));
      one.value = 2 * one.value / levels - 1;
    }
    if (quantiser.rule == WeightRule::symmetric) {
      one = rounded(w[i] * half_levels / most);
      one.value *= most / half_levels;
    }
    if (quantiser.rule == WeightRule::ternary)
      one = {std::fabs(w[i]) > bound ? above / count_above * sign(w[i]) : 0.0, std::fabs(std::fabs(w[i]) - bound) < 1e-6};
    if (quantiser.rule == WeightRule::sign) one = {mean(i / unit * unit, unit) * sign(w[i]), false};
    result.push_back(one);
  }
  return result;
}

TEST(WeightQuantiser, equals_the_formula_in_double) {
  const Doubles numbers = random_numbers(5, 24 * 40);
  const Floats stored(numbers.begin(), numbers.end());
  const Doubles w(stored.begin(), stored.end());
  for (const WeightQuantiser& quantiser :
       {WeightQuantiser{}, WeightQuantiser{WeightRule::dorefa, 1}, WeightQuantiser{WeightRule::dorefa, 2},
        WeightQuantiser{WeightRule::dorefa, 3}, WeightQuantiser{WeightRule::dorefa, 8}, WeightQuantiser{WeightRule::symmetric, 2},
        WeightQuantiser{WeightRule::symmetric, 4}, WeightQuantiser{WeightRule::symmetric, 8}, WeightQuantiser{WeightRule::ternary},
        WeightQuantiser{WeightRule::sign}}) {
    const Floats found = shown(quantiser, stored, 24).effective;
    const std::vector<Exact> expected = exact(quantiser, w, 40);
    double largest = 0;
    for (const Exact& one : expected) largest = std::max(largest, std::fabs(one.value));
    std::size_t compared = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (expected[i].halfway) continue;
      ++compared;
      EXPECT_NEAR(static_cast<double>(found[i]), expected[i].value, largest * kTranscendental * kRoundoffF32)
          << layers::name_of(quantiser.rule) << " " << quantiser.bits << " bits, weight " << w[i];
    }
    EXPECT_GT(compared, found.size() * 9 / 10);
    if (quantiser.rule != WeightRule::none && quantiser.rule != WeightRule::sign && quantiser.stored_bits() <= 4) {
      const std::set<float> levels(found.begin(), found.end());
      EXPECT_LE(levels.size(), std::size_t{1} << quantiser.stored_bits());
    }
  }
}

/// tanh(w) / max|tanh(w)| = 1, 1/3, -1/3 are levels of 2 bits; 0 lies halfway between the inner two, 3 * 1/2 = 1.5 -> 2.
TEST(WeightQuantiser, levels_by_hand_and_ties) {
  const auto inverse = [](double t) { return static_cast<float>(std::atanh(t)); };
  const Floats two_bits = shown({WeightRule::dorefa, 2}, {inverse(0.9), inverse(0.3), inverse(-0.3), inverse(-0.9), 0.0f}).effective;
  const Floats thirds{1.0f, 1.0f / 3, -1.0f / 3, -1.0f, 1.0f / 3};
  for (std::size_t i = 0; i < thirds.size(); ++i) EXPECT_NEAR(two_bits[i], thirds[i], 1e-6f) << i;
  // s = 7 / 7: halves go to the even neighbour.
  EXPECT_EQ(shown({WeightRule::symmetric, 4}, {7.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -7.0f}).effective,
            (Floats{7.0f, 0.0f, 2.0f, 2.0f, -0.0f, -2.0f, -7.0f}));
  // Mean 2, bound 1.4, scale (2 + 5) / 2.
  EXPECT_EQ(shown({WeightRule::ternary}, {1.0f, -2.0f, 5.0f, 0.0f}).effective, (Floats{0.0f, -3.5f, 3.5f, 0.0f}));
  // Above the bound, not at it: mean 1, bound 0.7.
  EXPECT_EQ(shown({WeightRule::ternary}, {0.7f, 1.3f}).effective, (Floats{0.0f, 1.3f}));
  EXPECT_EQ(shown({WeightRule::sign}, {1.0f, -3.0f, 0.0f, 2.0f}, 2).effective, (Floats{2.0f, -2.0f, 1.0f, 1.0f}));
  EXPECT_EQ(shown({WeightRule::dorefa, 1}, {1.0f, -3.0f, 0.0f, 2.0f}, 2).effective, (Floats{1.5f, -1.5f, 1.5f, 1.5f}));
}

TEST(WeightQuantiser, weights_that_are_all_zero_stay_finite) {
  for (const WeightRule rule : {WeightRule::dorefa, WeightRule::symmetric, WeightRule::ternary, WeightRule::sign}) {
    const Shown one = shown({rule, 2}, {0.0f, 0.0f});
    for (const float value : one.effective) EXPECT_TRUE(std::isfinite(value)) << layers::name_of(rule);
    for (const float slope : one.kept) EXPECT_TRUE(std::isfinite(slope)) << layers::name_of(rule);
  }
}

TEST(WeightQuantiser, gradients_pass_straight_through) {
  const Floats stored{-2.0f, -1.0f, 0.25f, 1.5f}, gradient{1.0f, 2.0f, -3.0f, 4.0f};
  for (const WeightRule rule : {WeightRule::none, WeightRule::symmetric, WeightRule::ternary, WeightRule::sign})
    EXPECT_EQ(pulled_back({rule, 4}, stored, gradient), gradient) << layers::name_of(rule);
  EXPECT_EQ(pulled_back({WeightRule::dorefa, 1}, stored, gradient), gradient);
  EXPECT_EQ(pulled_back({WeightRule::sign, 1, Gate::hard_tanh}, stored, gradient), (Floats{0.0f, 2.0f, -3.0f, 0.0f}));
  const Floats smooth = pulled_back({WeightRule::sign, 1, Gate::tanh}, stored, gradient);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const double squashed = std::tanh(static_cast<double>(stored[i]));
    EXPECT_NEAR(smooth[i], (1 - squashed * squashed) * static_cast<double>(gradient[i]), 1e-6);
  }
}

/// The derivative of tanh(w) / max|tanh| with the maximum held.
TEST(WeightQuantiser, dorefa_has_the_slope_of_its_squashing) {
  const Floats stored{-1.25f, 0.5f, 0.0f, 0.75f}, gradient{1.0f, 2.0f, -3.0f, 4.0f};
  const Floats found = pulled_back({WeightRule::dorefa, 3}, stored, gradient);
  const double most = std::tanh(1.25), h = 1e-6;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const auto w = static_cast<double>(stored[i]);
    const double slope = (std::tanh(w + h) - std::tanh(w - h)) / (2 * h * most);
    EXPECT_NEAR(found[i], slope * static_cast<double>(gradient[i]), 1e-5);
  }
}

TEST(WeightQuantiser, refuses_bits_and_names_that_mean_nothing) {
  EXPECT_THROW(layers::weight_map({WeightRule::symmetric, 1}, 1, 4), InputError);
  EXPECT_THROW(layers::weight_map({WeightRule::dorefa, 0}, 1, 4), InputError);
  EXPECT_THROW(layers::weight_map({WeightRule::dorefa, 17}, 1, 4), InputError);
  EXPECT_THROW(layers::weight_rule("binary"), InputError);
  EXPECT_THROW(layers::gate_named("straight"), InputError);
  for (const std::string_view name : layers::weight_rule_names()) EXPECT_EQ(layers::name_of(layers::weight_rule(name)), name);
  EXPECT_EQ((WeightQuantiser{WeightRule::none, 8}.stored_bits()), 32);
  EXPECT_EQ((WeightQuantiser{WeightRule::ternary, 8}.stored_bits()), 2);
  EXPECT_EQ((WeightQuantiser{WeightRule::sign, 8}.stored_bits()), 1);
  EXPECT_EQ((WeightQuantiser{WeightRule::symmetric, 8}.stored_bits()), 8);
}

}  // namespace
}  // namespace reprise::tests
