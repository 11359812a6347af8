// Streams of random numbers: the published words of Philox, moments, and that every name of a stream counts.

#include "suite/random/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace reprise::random {
namespace {

using Words = std::array<std::uint32_t, 4>;

/// The seed with which the key of this purpose, on channel 0, is `key`.
std::uint64_t seed_for_key(Purpose purpose, std::uint64_t key) {
  return key - (static_cast<std::uint64_t>(purpose) << 32) * 0x9E3779B97F4A7C15ull;
}

/// kat_vectors of Random123 for philox4x32, 10 rounds: counter and key of zeros, and of ones.
TEST(Philox, gives_the_words_of_its_authors) {
  const auto purpose = Purpose::shuffle;
  EXPECT_EQ(words({seed_for_key(purpose, 0), purpose, 0, 0, 0}, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const std::uint64_t ones = ~std::uint64_t{0}, ones48 = ones >> 16;
  EXPECT_EQ(words({seed_for_key(purpose, ones), purpose, 0, ones48, ones48}, 0xFFFFFFFFu),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
}

TEST(Stream, every_part_of_its_name_counts) {
  const Stream base{5, Purpose::dropout, 3, 7, 11};
  std::vector<Stream> streams(10, base);
  streams[1].seed = 6, streams[2].purpose = Purpose::monte_carlo, streams[3].name_hash = 4, streams[4].step = 8, streams[5].sample = 12;
  streams[6].step |= std::uint64_t{1} << 40, streams[7].sample |= std::uint64_t{1} << 40;  // beyond 32 bits
  std::swap(streams[8].step, streams[8].sample);
  streams[9].name_hash = 1u << 31 | 3;
  std::set<Words> seen;
  for (const Stream& stream : streams)
    for (const std::uint32_t block : {0u, 1u}) seen.insert(words(stream, block));
  EXPECT_EQ(seen.size(), 20u);
}

TEST(Generator, reads_the_words_of_its_stream_in_order) {
  const Stream stream{1, Purpose::analysis, 0, 2, 3};
  Generator generator(stream);
  for (const std::uint32_t block : {0u, 1u, 2u})
    for (const std::uint32_t word : words(stream, block)) EXPECT_EQ(generator.next_word(), word);
}

TEST(Generator, uniform_numbers_fill_the_half_open_interval) {
  Generator generator({1, Purpose::synthetic, 0, 0, 0});
  constexpr int kDraws = 100'000;
  double sum = 0, squares = 0;
  float least = 1, largest = 0;
  for (int i = 0; i < kDraws; ++i) {
    const float u = generator.next_uniform();
    sum += u, squares += u * u;
    least = std::min(least, u), largest = std::max(largest, u);
  }
  EXPECT_GE(least, 0);
  EXPECT_LT(largest, 1);
  EXPECT_LT(least, 1e-4);
  EXPECT_GT(largest, 1 - 1e-4);
  EXPECT_NEAR(sum / kDraws, 0.5, 0.005);  // 5 deviations of 0.289 / sqrt(1e5)
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 0.005);
}

TEST(Generator, normal_numbers_have_normal_moments_and_neighbours_are_independent) {
  Generator generator({1, Purpose::synthetic, 0, 0, 0});
  constexpr int kDraws = 100'000;
  double moments[5] = {}, neighbours = 0, squares_of_neighbours = 0, before = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = generator.next_normal();
    double power = 1;
    for (double& moment : moments) moment += power / kDraws, power *= x;
    neighbours += x * before / kDraws;
    squares_of_neighbours += x * x * before * before / kDraws;
    before = x;
  }
  // Five deviations: sqrt(1, 2, 15, 96) / sqrt(1e5) = 0.003, 0.0045, 0.012, 0.031 each.
  EXPECT_NEAR(moments[1], 0, 0.016);
  EXPECT_NEAR(moments[2], 1, 0.023);
  EXPECT_NEAR(moments[3], 0, 0.062);
  EXPECT_NEAR(moments[4], 3, 0.16);
  EXPECT_NEAR(neighbours, 0, 0.016);
  EXPECT_NEAR(squares_of_neighbours, 1, 0.05);  // both of a pair come from one radius
}

TEST(Generator, integers_below_a_bound_are_even) {
  Generator generator({1, Purpose::augmentation, 0, 0, 0});
  std::array<int, 3> counts{};
  for (int i = 0; i < 30'000; ++i) ++counts.at(generator.next_below(3));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 410);  // 5 deviations of sqrt(30000 * 2/9)
}

TEST(Permutation, holds_every_number_once_and_differs_by_seed_purpose_and_step) {
  for (const std::int64_t count : {0, 1, 2, 7, 100}) {
    auto order = permutation(1, Purpose::shuffle, 0, count);
    std::sort(order.begin(), order.end());
    std::vector<std::int64_t> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(order, all);
  }
  const auto base = permutation(1, Purpose::shuffle, 0, 100);
  EXPECT_EQ(base, permutation(1, Purpose::shuffle, 0, 100));
  EXPECT_NE(base, permutation(2, Purpose::shuffle, 0, 100));
  EXPECT_NE(base, permutation(1, Purpose::subset, 0, 100));
  EXPECT_NE(base, permutation(1, Purpose::shuffle, 1, 100));
}

TEST(Permutation, every_order_of_three_is_as_likely) {
  std::map<std::vector<std::int64_t>, int> counts;
  for (std::uint64_t step = 0; step < 6'000; ++step) ++counts[permutation(1, Purpose::shuffle, step, 3)];
  EXPECT_EQ(counts.size(), 6u);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1'000, 145);  // 5 deviations of sqrt(6000 * 5/36)
}

}  // namespace
}  // namespace reprise::random
