#include "suite/kernels/onednn/integer_convolution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "suite/kernels/binary_convolution.hpp"
#include "suite/kernels/levels.hpp"
#include "suite/kernels/reference/convolution.hpp"
#include "suite/random/random.hpp"
#include "suite/tensor/memory.hpp"
#include "tests/support/arrays.hpp"

namespace reprise::kernels {
namespace {

using tests::Doubles;

/// Whole numbers of [least, most].
Doubles whole_numbers(std::uint64_t seed, std::int64_t count, int least, int most) {
  random::Generator generator({seed, random::Purpose::synthetic, 0, 0, 0});
  Doubles numbers;
  for (std::int64_t i = 0; i < count; ++i)
    numbers.push_back(least + static_cast<int>(generator.next_uniform() * static_cast<float>(most - least + 1)));
  return numbers;
}

reference::ConvolutionShape reference_shape(const ConvolutionShape& s) {
  return {.samples = s.samples,
          .height = s.height,
          .width = s.width,
          .channels = s.in_channels,
          .filters = s.filters,
          .filter_size = s.filter_height,
          .stride = s.stride,
          .padding = s.padding,
          .groups = s.groups};
}

std::int64_t inputs_of(const ConvolutionShape& s) {
  return s.samples * s.height * s.width * s.in_channels;
}
std::int64_t weights_of(const ConvolutionShape& s) {
  return s.filters * s.in_channels / s.groups * s.filter_height * s.filter_width;
}

/// Of oneDNN.
Doubles integer_convolution(const ConvolutionShape& s, const Doubles& input, const Doubles& weight) {
  const auto convolution = make_integer_convolution(s);
  const std::vector<std::uint8_t> levels(input.begin(), input.end());
  const std::vector<std::int8_t> filters(weight.begin(), weight.end());
  const Memory packed(convolution->packed_bytes()), scratch(convolution->scratch_bytes());
  std::vector<std::int32_t> output(static_cast<std::size_t>(s.samples * s.out_height() * s.out_width() * s.filters));
  convolution->pack(filters.data(), packed.data());
  convolution->forward(levels.data(), packed.data(), output.data(), scratch.data());
  return {output.begin(), output.end()};
}

std::vector<ConvolutionShape> shapes() {
  const auto shape = [](std::int64_t samples, std::int64_t channels, std::int64_t side, std::int64_t filters, std::int64_t size,
                        std::int64_t stride, std::int64_t padding, std::int64_t groups) {
    return ConvolutionShape{.samples = samples,
                            .in_channels = channels,
                            .height = side,
                            .width = side + 1,
                            .filters = filters,
                            .filter_height = size,
                            .filter_width = size,
                            .stride = stride,
                            .padding = padding,
                            .groups = groups};
  };
  return {shape(2, 16, 8, 16, 3, 1, 1, 1), shape(3, 32, 7, 48, 3, 2, 1, 1),  shape(1, 64, 8, 128, 1, 2, 0, 1),
          shape(2, 5, 6, 7, 5, 1, 2, 1),   shape(1, 130, 5, 70, 3, 1, 1, 1), shape(2, 8, 6, 8, 3, 1, 1, 8)};
}

TEST(IntegerConvolution, is_exact) {
  for (const ConvolutionShape& s : shapes()) {
    const Doubles input = whole_numbers(1, inputs_of(s), 0, kLargestLevel), weight = whole_numbers(2, weights_of(s), -127, 127);
    EXPECT_EQ(integer_convolution(s, input, weight), reference::convolution(reference_shape(s), input, weight, {})) << s.in_channels;
  }
}

/// Sums of two products of the largest numbers still fit in 16 bits.
TEST(IntegerConvolution, does_not_saturate) {
  for (const ConvolutionShape& s : shapes())
    for (const double sign : {-127.0, 127.0}) {
      const Doubles input(static_cast<std::size_t>(inputs_of(s)), kLargestLevel), weight(static_cast<std::size_t>(weights_of(s)), sign);
      EXPECT_EQ(integer_convolution(s, input, weight), reference::convolution(reference_shape(s), input, weight, {})) << s.in_channels;
    }
}

/// Products of signs counted in words against products of numbers, cells of padding being 0.
TEST(BinaryConvolution, is_exact) {
  for (ConvolutionShape s : shapes()) {
    if (s.groups > 1) continue;
    s.samples = 1;
    Doubles input = whole_numbers(3, inputs_of(s), 0, 1), weight = whole_numbers(4, weights_of(s), 0, 1);
    for (Doubles* numbers : {&input, &weight})
      for (double& number : *numbers) number = 2 * number - 1;
    const std::vector<float> values(input.begin(), input.end()), filters(weight.begin(), weight.end());
    std::vector<std::uint64_t> bits(static_cast<std::size_t>(s.height * s.width * words_of_signs(s.in_channels)));
    std::vector<std::int32_t> output(static_cast<std::size_t>(s.out_height() * s.out_width() * s.filters));
    BinaryConvolution convolution(s);
    convolution.load(filters.data());
    pack_signs(values.data(), s.height * s.width, s.in_channels, bits.data());
    convolution.forward(bits.data(), output.data());
    EXPECT_EQ(Doubles(output.begin(), output.end()), reference::convolution(reference_shape(s), input, weight, {})) << s.in_channels;
  }
}

TEST(BinaryConvolution, by_hand) {
  std::uint64_t bits[2] = {};
  const float values[] = {-1.0f, 0.0f, 2.0f, -0.5f, -3.0f, 1.0f};
  pack_signs(values, 2, 3, bits);  // the sign of 0 is 1
  EXPECT_EQ(bits[0], 0b110u);
  EXPECT_EQ(bits[1], 0b100u);
  BinaryConvolution convolution({.in_channels = 3, .width = 2, .filters = 2});
  const float weight[] = {1.0f, 1.0f, 1.0f, -1.0f, 1.0f, -1.0f};
  convolution.load(weight);
  std::int32_t output[4] = {};
  convolution.forward(bits, output);
  EXPECT_EQ(std::vector<std::int32_t>(output, output + 4), (std::vector<std::int32_t>{1, 1, -1, -1}));
  EXPECT_EQ(words_of_signs(64), 1);
  EXPECT_EQ(words_of_signs(65), 2);
}

/// Halves go to the even level; below 0 and above 127 there are none.
TEST(Levels, by_hand_and_ties) {
  const std::int32_t sums[] = {-3, 1, 3, 5, 253, 254, 255, 300};
  const float half[] = {0.5f, 0.5f}, shift[] = {0.0f, 0.0f};
  std::uint8_t levels[8] = {};
  levels_of_sums(sums, 4, 2, half, shift, levels);
  EXPECT_EQ(std::vector<int>(levels, levels + 8), (std::vector<int>{0, 0, 2, 2, 126, 127, 127, 127}));
  const float values[] = {0.25f, -1.0f, 1.25f, 1e9f}, scale[] = {2.0f, 1.0f}, shifts[] = {0.0f, 1.5f};
  levels_of_values(values, 2, 2, scale, shifts, levels);
  EXPECT_EQ(std::vector<int>(levels, levels + 4), (std::vector<int>{0, 0, 2, 127}));
}

TEST(Levels, equal_rounding_of_every_value) {
  std::vector<float> values;
  for (int i = -50; i < 1400; ++i) values.push_back(0.1f * static_cast<float>(i));
  const std::vector<float> one(values.size(), 1.0f), zero(values.size(), 0.0f);
  std::vector<std::uint8_t> levels(values.size());
  levels_of_values(values.data(), 1, static_cast<std::int64_t>(values.size()), one.data(), zero.data(), levels.data());
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(static_cast<float>(levels[i]), std::min(127.0f, std::max(0.0f, std::nearbyint(values[i])))) << values[i];
}

TEST(Levels, values_of_sums_are_scaled_shifted_and_added_to) {
  const std::int32_t sums[] = {1, 2, -3, 4};
  const float scale[] = {0.5f, 2.0f}, shift[] = {1.0f, -1.0f}, added[] = {10.0f, 20.0f, 30.0f, 40.0f};
  float values[4] = {};
  values_of_sums(sums, 2, 2, scale, shift, nullptr, values);
  EXPECT_EQ(std::vector<float>(values, values + 4), (std::vector<float>{1.5f, 3.0f, -0.5f, 7.0f}));
  values_of_sums(sums, 2, 2, scale, shift, added, values);
  EXPECT_EQ(std::vector<float>(values, values + 4), (std::vector<float>{11.5f, 23.0f, 29.5f, 47.0f}));
}

}  // namespace
}  // namespace reprise::kernels
