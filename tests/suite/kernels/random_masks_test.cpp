// Dropout masks and Gaussian noise: the words are Random123's, whatever the instruction set and the length.

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "suite/random/random.hpp"
#include "tests/suite/kernels/isa_tables.hpp"
#include "tests/support/arrays.hpp"
#include "tests/support/tolerances.hpp"

namespace reprise::tests {
namespace {

using kernels::bf16;
using kernels::MaskStream;

const random::Stream kStream{42, random::Purpose::dropout, 5, 1'000'000'007'000, 17};

MaskStream mask_stream(const random::Stream& stream) {
  const random::PhiloxState state = random::philox_state(stream);
  return {{state.key[0], state.key[1]}, {state.counter[0], state.counter[1], state.counter[2], state.counter[3]}};
}

/// 16-bit draw of element e, one word at a time.
std::uint32_t draw_of(const random::Stream& stream, std::int64_t e) {
  const std::int64_t group = e / 128, word = e % 128 / 2;
  const std::uint32_t drawn =
      random::words(stream, static_cast<std::uint32_t>(16 * group + word % 16))[static_cast<std::size_t>(word / 16)];
  return e % 2 == 0 ? drawn & 0xFFFF : drawn >> 16;
}

class RandomMasks : public testing::TestWithParam<const kernels::VectorKernels*> {};
INSTANTIATE_TEST_SUITE_P(, RandomMasks, testing::ValuesIn(isa_tables()), isa_name);

TEST_P(RandomMasks, words_are_those_of_random123) {
  std::vector<std::uint32_t> words(64 * 5);
  GetParam()->philox(mask_stream(kStream), 3, 5, words.data());
  for (std::uint32_t block = 0; block < 80; ++block) {
    const auto expected = random::words(kStream, 48 + block);
    for (std::size_t w = 0; w < 4; ++w) EXPECT_EQ(words[64 * (block / 16) + 16 * w + block % 16], expected[w]) << block;
  }
}

TEST_P(RandomMasks, dropout_keeps_what_draws_below_the_threshold_keep) {
  for (const std::int64_t n : {1, 10, 16, 127, 128, 129, 784, 1024}) {
    const std::vector<float> input = stored<float>(distinct_numbers(1, n));
    std::vector<float> output(input.size());
    for (const float kept : {1.0f, 2.0f}) {
      GetParam()->f32.dropout(input.data(), output.data(), n, mask_stream(kStream), 20'000, kept);
      for (std::int64_t e = 0; e < n; ++e) {
        const auto i = static_cast<std::size_t>(e);
        EXPECT_EQ(output[i], draw_of(kStream, e) < 20'000 ? input[i] * kept : 0.0f) << e << " of " << n;
      }
    }
  }
}

TEST_P(RandomMasks, thresholds_0_and_65536_keep_nothing_and_everything) {
  const std::vector<float> input = stored<float>(distinct_numbers(1, 500));
  std::vector<float> output(500);
  GetParam()->f32.dropout(input.data(), output.data(), 500, mask_stream(kStream), 65'536, 1);
  EXPECT_EQ(output, input);
  GetParam()->f32.dropout(input.data(), output.data(), 500, mask_stream(kStream), 0, 1);
  EXPECT_EQ(output, std::vector<float>(500, 0.0f));
}

TEST_P(RandomMasks, bf16_and_f32_share_their_masks) {
  const Doubles numbers = random_numbers(1, 300);
  const auto wide = stored<float>(numbers);
  const auto narrow = stored<bf16>(numbers);
  std::vector<float> wide_out(300);
  std::vector<bf16> narrow_out(300);
  GetParam()->f32.dropout(wide.data(), wide_out.data(), 300, mask_stream(kStream), 32'768, 1);
  GetParam()->b16.dropout(narrow.data(), narrow_out.data(), 300, mask_stream(kStream), 32'768, 1);
  for (std::size_t i = 0; i < 300; ++i) EXPECT_EQ(value_of(narrow_out[i]), wide_out[i]);
}

TEST_P(RandomMasks, noise_is_box_muller_of_the_words) {
  const std::int64_t n = 1000;
  const std::vector<float> ones(static_cast<std::size_t>(n), 1.0f);
  std::vector<float> output(ones.size());
  GetParam()->f32.gaussian_noise(ones.data(), output.data(), n, mask_stream(kStream), 0.5f);
  Doubles expected;
  for (std::int64_t e = 0; e < n; ++e) {
    const std::int64_t w = e % 64 / 16;
    const auto words = random::words(kStream, static_cast<std::uint32_t>(e / 64 * 16 + e % 16));
    const std::size_t pair = static_cast<std::size_t>(w / 2 * 2);
    const double radius = std::sqrt(-2 * std::log((static_cast<double>(words[pair] >> 8) + 1) * 0x1p-24));
    const double angle = 2 * std::numbers::pi * static_cast<double>(words[pair + 1]) * 0x1p-32;
    expected.push_back(1 + 0.5 * radius * (w % 2 == 0 ? std::cos(angle) : std::sin(angle)));
  }
  // Measured 3 roundings: sqrt, log and a cosine of 2 ulp each.
  EXPECT_NEAR_ARRAY(read_back(output.data(), n), expected, kTranscendental, kRoundoffF32);
}

TEST_P(RandomMasks, noise_has_the_moments_of_a_normal) {
  const std::int64_t n = 1 << 20;
  const std::vector<float> ones(static_cast<std::size_t>(n), 1.0f);
  std::vector<float> output(ones.size());
  GetParam()->f32.gaussian_noise(ones.data(), output.data(), n, mask_stream(kStream), 1.0f);
  double mean = 0, square = 0, fourth = 0;
  for (const float y : output) {
    const double z = static_cast<double>(y) - 1;
    mean += z / static_cast<double>(n), square += z * z / static_cast<double>(n), fourth += z * z * z * z / static_cast<double>(n);
  }
  // Five standard errors: of the mean 1, of the square sqrt(2), of the fourth power sqrt(96), each over sqrt(n) = 1024.
  EXPECT_NEAR(mean, 0, 5.0 / 1024);
  EXPECT_NEAR(square, 1, 5 * std::sqrt(2.0) / 1024);
  EXPECT_NEAR(fourth, 3, 5 * std::sqrt(96.0) / 1024);
}

TEST_P(RandomMasks, a_mask_keeps_its_share_and_changes_with_every_part_of_its_name) {
  const std::int64_t n = 1 << 18;
  const std::vector<float> ones(static_cast<std::size_t>(n), 1.0f);
  const auto mask = [&](const random::Stream& stream) {
    std::vector<float> output(ones.size());
    GetParam()->f32.dropout(ones.data(), output.data(), n, mask_stream(stream), 13'107, 1);
    return output;
  };
  const auto first = mask(kStream);
  double kept = 0;
  for (const float m : first) kept += static_cast<double>(m);
  EXPECT_NEAR(kept / static_cast<double>(n), 0.2, 5 * 0.4 / 512);  // five standard errors
  for (auto change :
       {+[](random::Stream& s) { ++s.seed; }, +[](random::Stream& s) { s.purpose = random::Purpose::monte_carlo; },
        +[](random::Stream& s) { ++s.name_hash; }, +[](random::Stream& s) { ++s.step; }, +[](random::Stream& s) { ++s.sample; }}) {
    random::Stream other = kStream;
    change(other);
    const auto second = mask(other);
    double both = 0;
    for (std::size_t i = 0; i < first.size(); ++i) both += static_cast<double>(first[i] * second[i]);
    EXPECT_NEAR(both / static_cast<double>(n), 0.04, 5 * 0.2 / 512);  // independent: 0.2 * 0.2
  }
}

}  // namespace
}  // namespace reprise::tests
