// How samples are mixed: distributions against their formulas, pixels and targets by hand.

#include "datasets/mixing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "temporary_folder.hpp"

namespace reprise::datasets {
namespace {

constexpr std::uint64_t kDraws = 20000;

TEST(BetaQuantile, has_the_closed_forms) {
  for (const double u : {0.0, 0.1, 0.25, 0.5, 0.9}) {
    EXPECT_NEAR(beta_quantile(1, u), u, 1e-12);
    const double angle = std::sin(u * std::acos(-1.0) / 2);
    EXPECT_NEAR(beta_quantile(0.5, u), angle * angle, 1e-12);  // the arcsine distribution
    EXPECT_NEAR(beta_quantile(2, beta_quantile(1, u)), beta_quantile(2, u), 1e-12);
  }
  // Beta(2, 2): 3 x^2 - 2 x^3.
  const double x = beta_quantile(2, 0.3);
  EXPECT_NEAR(3 * x * x - 2 * x * x * x, 0.3, 1e-12);
}

TEST(Mixing, shares_of_mixup_are_beta_distributed) {
  for (const double alpha : {0.3, 1.0, 2.0}) {
    const Mixing mixing({"mixup(alpha=" + std::to_string(alpha) + ")"}, 4, 4, 0);
    double mean = 0, square = 0;
    std::array<double, 10> histogram{};
    for (std::uint64_t step = 0; step < kDraws; ++step) {
      const Mix mix = mixing.draw(3, step);
      ASSERT_EQ(mix.parts.size(), 2u);
      const double share = mix.parts[0].share;
      ASSERT_DOUBLE_EQ(mix.parts[1].share, 1 - share);
      mean += share, square += share * share;
      // Where the share stands among all: tenths of equal probability.
      std::size_t tenth = 0;
      while (tenth < 9 && share >= beta_quantile(alpha, 0.1 * static_cast<double>(tenth + 1))) ++tenth;
      ++histogram[tenth];
    }
    mean /= kDraws, square /= kDraws;
    const double variance = 1 / (4 * (2 * alpha + 1));
    EXPECT_NEAR(mean, 0.5, 5 * std::sqrt(variance / kDraws)) << alpha;
    EXPECT_NEAR(square - mean * mean, variance, 5 * 0.125 / std::sqrt(static_cast<double>(kDraws))) << alpha;
    for (const double count : histogram) EXPECT_NEAR(count, kDraws / 10.0, 5 * std::sqrt(kDraws * 0.09)) << alpha;
  }
}

/// Mean share of the partner: over quantiles of l and all centres, with what the edges cut off.
double expected_cutmix_area(int size) {
  constexpr int kGrid = 4000;
  double area = 0;
  for (int i = 0; i < kGrid; ++i) {
    const int half = static_cast<int>(size * std::sqrt(1 - (i + 0.5) / kGrid)) / 2;
    double side = 0;
    for (int centre = 0; centre < size; ++centre) side += std::min(centre + half, size) - std::max(centre - half, 0);
    area += side / size * side / size / (size * size);
  }
  return area / kGrid;
}

TEST(Mixing, cutmix_counts_the_area_that_is_seen) {
  const Mixing mixing({"cutmix"}, 32, 32, 0);
  double area = 0, square = 0, cut_off = 0;
  for (std::uint64_t step = 0; step < kDraws; ++step) {
    const Mix mix = mixing.draw(3, step);
    const Rectangle& r = mix.parts[1].to;
    ASSERT_EQ(mix.parts[1].from_top, r.top);
    ASSERT_EQ(mix.parts[1].from_left, r.left);
    ASSERT_DOUBLE_EQ(mix.parts[1].share, r.height * r.width / 1024.0);
    ASSERT_DOUBLE_EQ(mix.parts[0].share, 1 - mix.parts[1].share);
    ASSERT_TRUE(r.top >= 0 && r.left >= 0 && r.top + r.height <= 32 && r.left + r.width <= 32);
    area += mix.parts[1].share, square += mix.parts[1].share * mix.parts[1].share, cut_off += r.height != r.width;
  }
  area /= kDraws, square /= kDraws;
  EXPECT_NEAR(area, expected_cutmix_area(32), 5 * std::sqrt((square - area * area) / kDraws));
  EXPECT_GT(cut_off, 0.3 * kDraws);  // so that the correction counts
}

TEST(Mixing, ricap_tiles_the_sample_with_crops_of_four) {
  const Mixing mixing({"ricap"}, 8, 6, 0);
  double mean = 0;
  constexpr int kSteps = 5000;
  for (std::uint64_t step = 0; step < kSteps; ++step) {
    const Mix mix = mixing.draw(3, step);
    ASSERT_EQ(mix.parts.size(), 4u);
    std::array<int, 48> covered{};
    double shares = 0;
    for (const Mix::Part& part : mix.parts) {
      ASSERT_TRUE(part.from_top >= 0 && part.from_top + part.to.height <= 8);
      ASSERT_TRUE(part.from_left >= 0 && part.from_left + part.to.width <= 6);
      ASSERT_DOUBLE_EQ(part.share, part.to.height * part.to.width / 48.0);
      shares += part.share;
      for (int y = part.to.top; y < part.to.top + part.to.height; ++y)
        for (int x = part.to.left; x < part.to.left + part.to.width; ++x) ++covered[static_cast<std::size_t>(y * 6 + x)];
    }
    ASSERT_DOUBLE_EQ(shares, 1);
    ASSERT_EQ(std::count(covered.begin(), covered.end(), 1), 48);
    mean += mix.parts[0].share / kSteps;
  }
  EXPECT_NEAR(mean, 0.25, 5 * 0.4 / std::sqrt(static_cast<double>(kSteps)));  // product of two independent means of a half
}

TEST(Mixing, a_batch_is_mixed_with_its_probability_and_by_one_of_several_rules) {
  const Mixing half({"cutmix(probability=0.25)"}, 8, 8, 0);
  double mixed = 0;
  for (std::uint64_t step = 0; step < kDraws; ++step) mixed += half.draw(3, step).parts.size() > 1;
  EXPECT_NEAR(mixed / kDraws, 0.25, 5 * std::sqrt(0.1875 / kDraws));
  const Mixing either({"mixup", "cutmix"}, 8, 8, 0);
  double blends = 0;
  for (std::uint64_t step = 0; step < kDraws; ++step) blends += either.draw(3, step).kind == Mix::Kind::blend;
  EXPECT_NEAR(blends / kDraws, 0.5, 5 * std::sqrt(0.25 / kDraws));
}

TEST(Mixing, places_of_the_net_are_drawn_equally_often) {
  const Mixing manifold({"manifold"}, 8, 8, 3);
  std::array<int, 3> places{};
  for (std::uint64_t step = 0; step < 3000; ++step) {
    const Mix mix = manifold.draw(3, step);
    ASSERT_EQ(mix.kind, Mix::Kind::features);
    ++places.at(static_cast<std::size_t>(mix.place));
  }
  for (const int count : places) EXPECT_NEAR(count, 1000, 5 * std::sqrt(3000 * 2 / 9.0));
}

TEST(Mixing, pixels_by_hand) {
  const std::vector<float> own{0, 1, 2, 3, 4, 5}, partner{10, 20, 30, 40, 50, 60};  // 2 x 3
  std::vector<float> output(6);
  Mix{.kind = Mix::Kind::blend, .parts = {{.share = 0.75}, {.share = 0.25}}}.apply({own.data(), partner.data()}, 2, 3, 1, output.data());
  EXPECT_EQ(output, (std::vector<float>{2.5, 5.75, 9, 12.25, 15.5, 18.75}));
  // A column of the partner's first two rows, shifted to the right by one.
  const Mix patches{.kind = Mix::Kind::patches,
                    .parts = {{.share = 0.5, .to = {0, 0, 2, 3}}, {.share = 0.5, .to = {0, 2, 2, 1}, .from_top = 0, .from_left = 1}}};
  patches.apply({own.data(), partner.data()}, 2, 3, 1, output.data());
  EXPECT_EQ(output, (std::vector<float>{0, 1, 20, 3, 4, 50}));
  // Two channels: 1 x 3.
  const Mix one{.kind = Mix::Kind::patches, .parts = {{.to = {0, 0, 1, 3}}, {.to = {0, 1, 1, 1}, .from_top = 0, .from_left = 2}}};
  one.apply({own.data(), partner.data()}, 1, 3, 2, output.data());
  EXPECT_EQ(output, (std::vector<float>{0, 1, 50, 60, 4, 5}));
}

TEST(Partners, are_permutations_of_the_batch_or_of_its_blocks_and_independent_of_each_other) {
  const auto sorted = [](std::vector<std::int64_t> slots) {
    std::sort(slots.begin(), slots.end());
    return slots;
  };
  std::vector<std::int64_t> all(20);
  std::iota(all.begin(), all.end(), 0);
  const auto first = partners(1, 5, 1, 20, 20);
  EXPECT_EQ(sorted(first), all);
  EXPECT_NE(first, all);
  EXPECT_NE(first, partners(1, 5, 2, 20, 20));
  EXPECT_NE(first, partners(1, 6, 1, 20, 20));
  EXPECT_NE(first, partners(2, 5, 1, 20, 20));
  const auto blocks = partners(1, 5, 1, 20, 8);
  for (std::size_t slot = 0; slot < 20; ++slot) EXPECT_EQ(blocks[slot] / 8, static_cast<std::int64_t>(slot) / 8);
  EXPECT_EQ(sorted(blocks), all);
  // Every partner in a block is equally likely.
  std::array<int, 4> counts{};
  for (std::uint64_t step = 0; step < 4000; ++step) ++counts.at(static_cast<std::size_t>(partners(1, step, 1, 4, 2)[0]));
  EXPECT_NEAR(counts[0], 2000, 5 * std::sqrt(1000.0));
  EXPECT_EQ(counts[0] + counts[1], 4000);
}

TEST(Mixing, names_what_it_does_not_know) {
  expect_error([] { Mixing({"blend"}, 8, 8, 0); }, {"mixing 'blend'", "mixup, cutmix, ricap, manifold"});
  expect_error([] { Mixing({"mixup(alpha=0)"}, 8, 8, 0); }, {"mixup", "alpha"});
  expect_error([] { Mixing({"manifold"}, 8, 8, 0); }, {"mixing of features", "a net without"});
  expect_error([] { Mixing({"mixup"}, 8, 8, 3); }, {"mixing of features", "3 places"});
}

}  // namespace
}  // namespace reprise::datasets
