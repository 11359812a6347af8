// Our own convolutions, direct ones and minimal filtering, against plain loops in double: every side of tiles that stick out of the plane,
// channels that do not fill 16 lanes, depths beyond a panel, more tiles than one go takes, filters finished in groups.

#include <gtest/gtest.h>

#include <cmath>

#include "suite/kernels/direct_bf16_convolution.hpp"
#include "suite/kernels/reference/convolution.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/kernels/winograd_bf16_convolution.hpp"
#include "suite/kernels/winograd_convolution.hpp"
#include "suite/tensor/memory.hpp"
#include "tests/support/arrays.hpp"
#include "tests/support/tolerances.hpp"

namespace reprise::tests {
namespace {

using kernels::ConvolutionShape;

/// One tile's way is two transforms of the data, two of the filter, the sum over depth and two transforms back, whose terms cancel in part.
/// Measured on these shapes: at most 7 roundings of the largest value beside those of the sum.
constexpr double kTransforms = 16;

struct Case {
  const char* name;
  ConvolutionShape shape;
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

ConvolutionShape shape(std::int64_t samples, std::int64_t height, std::int64_t width, std::int64_t channels, std::int64_t filters,
                       std::int64_t kernel, std::int64_t padding, std::int64_t stride = 1) {
  return {.samples = samples,
          .in_channels = channels,
          .height = height,
          .width = width,
          .filters = filters,
          .filter_height = kernel,
          .filter_width = kernel,
          .stride = stride,
          .padding = padding};
}

const Case kThreeByThree[] = {
    {"whole_tiles", shape(2, 8, 8, 16, 16, 3, 1)},
    {"tiles_stick_out", shape(2, 7, 10, 16, 32, 3, 1)},
    {"no_padding", shape(3, 9, 6, 16, 16, 3, 0)},
    {"all_padding", shape(1, 5, 5, 16, 16, 3, 2)},
    {"lanes_left_over", shape(2, 6, 5, 19, 37, 3, 1)},
    {"few_channels", shape(2, 6, 6, 3, 5, 3, 1)},
    {"deep", shape(1, 4, 4, 300, 20, 3, 1)},
    {"wide_out", shape(1, 4, 4, 20, 300, 3, 1)},
    {"filters_in_groups", shape(2, 6, 6, 160, 176, 3, 1)},
    {"many_tiles", shape(4, 32, 30, 48, 40, 3, 1)},
    {"one_output", shape(2, 3, 3, 16, 16, 3, 0)},
    {"odd_number_of_tiles", shape(1, 6, 6, 16, 16, 3, 1)},
    {"odd_number_of_columns", shape(2, 7, 9, 16, 32, 3, 1)},
    {"deeper", shape(1, 4, 4, 600, 20, 3, 1)},
};

const Case kOtherFilters[] = {
    {"five_by_five", shape(2, 8, 8, 16, 16, 5, 2)},
    {"five_by_five_sticking_out", shape(2, 7, 5, 18, 33, 5, 2)},
    {"five_by_five_all_padding", shape(1, 3, 4, 16, 16, 5, 4)},
    {"two_by_two", shape(2, 8, 7, 16, 16, 2, 0)},
    {"two_by_two_all_padding", shape(1, 6, 9, 20, 16, 2, 1)},
    {"three_by_three_stride_2_lanes_left_over", shape(2, 15, 8, 32, 21, 3, 1, 2)},
    {"three_by_three_stride_2_many_tiles", shape(4, 64, 60, 48, 96, 3, 0, 2)},
    {"four_by_four_stride_2", shape(2, 12, 10, 16, 16, 4, 1, 2)},
    {"four_by_four", shape(2, 8, 7, 16, 16, 4, 1)},
    {"nine_by_nine_stride_2", shape(2, 20, 20, 16, 32, 9, 0, 2)},
    {"nine_by_nine_stride_2_padded", shape(2, 13, 16, 32, 19, 9, 3, 2)},
    {"five_by_five_stride_2", shape(2, 12, 11, 16, 16, 5, 2, 2)},
    {"five_by_five_stride_2_odd_padding", shape(2, 9, 14, 16, 16, 5, 1, 2)},
    {"six_by_six_stride_2_unseen_rows", shape(1, 10, 10, 16, 16, 6, 5, 2)},
    {"seven_by_seven_stride_2", shape(2, 17, 18, 16, 16, 7, 3, 2)},
    {"three_by_three_stride_2", shape(2, 8, 9, 16, 16, 3, 1, 2)},
    {"stride_2_many_tiles", shape(4, 40, 38, 96, 48, 5, 2, 2)},
    {"five_by_five_many_tiles", shape(4, 28, 27, 24, 48, 5, 0)},
};

/// How far results may be from the reference.
struct Allowed {
  double output, grad_input, grad_weight;
};

/// Every call of `convolution` against plain loops in double.
void expect_reference(const ConvolutionShape& s, Precision precision, const kernels::Convolution& convolution, const Allowed& allowed) {
  const kernels::reference::ConvolutionShape plain{.samples = s.samples,
                                                   .height = s.height,
                                                   .width = s.width,
                                                   .channels = s.in_channels,
                                                   .filters = s.filters,
                                                   .filter_size = s.filter_height,
                                                   .stride = s.stride,
                                                   .padding = s.padding};
  const std::int64_t inputs = s.samples * s.height * s.width * s.in_channels,
                     outputs = s.samples * s.out_height() * s.out_width() * s.filters;
  const std::int64_t weights = s.filters * s.in_channels * s.filter_height * s.filter_width;
  // What the storage makes of the numbers is what the reference gets.
  const auto as_stored = [&](std::uint64_t seed, std::int64_t count) {
    return read_bytes(stored_bytes(random_numbers(seed, count), precision).data(), count, precision);
  };
  const Doubles x = as_stored(1, inputs), w = as_stored(2, weights), g = as_stored(3, outputs);
  const auto bias = stored<float>(random_numbers(4, s.filters));

  const Memory packed(convolution.packed_bytes()), scratch(convolution.scratch_bytes());
  const auto input = stored_bytes(x, precision), grad_output = stored_bytes(g, precision);
  std::vector<std::byte> output(static_cast<std::size_t>(outputs) * bytes_of(precision)),
      grad_input(static_cast<std::size_t>(inputs) * bytes_of(precision));
  std::vector<float> grad_weight(static_cast<std::size_t>(weights), 7), grad_bias(static_cast<std::size_t>(s.filters), 7);
  convolution.pack(stored<float>(w).data(), packed.data());
  convolution.forward(input.data(), packed.data(), bias.data(), output.data(), scratch.data());
  convolution.backward_input(grad_output.data(), packed.data(), grad_input.data(), scratch.data());
  convolution.backward_weight(input.data(), grad_output.data(), grad_weight.data(), grad_bias.data(), scratch.data());

  const Doubles y = kernels::reference::convolution(plain, x, w, read_back(bias.data(), s.filters));
  const auto gradients = kernels::reference::convolution_grad(plain, x, w, g);
  EXPECT_NEAR_ARRAY(read_bytes(output.data(), outputs, precision), y, allowed.output, 1.0);
  EXPECT_NEAR_ARRAY(read_bytes(grad_input.data(), inputs, precision), gradients.input, allowed.grad_input, 1.0);
  EXPECT_NEAR_ARRAY(read_back(grad_weight.data(), weights), gradients.weight, allowed.grad_weight, 1.0);
  EXPECT_NEAR_ARRAY(read_back(grad_bias.data(), s.filters), gradients.bias, sum_of(static_cast<double>(outputs / s.filters)) * kRoundoffF32,
                    1.0);

  // All of it in one is the same.
  std::vector<std::byte> input_too(grad_input.size());
  std::vector<float> weight_too(grad_weight.size()), bias_too(grad_bias.size());
  convolution.backward(input.data(), grad_output.data(), packed.data(), weight_too.data(), bias_too.data(), input_too.data(),
                       scratch.data());
  EXPECT_EQ(input_too, grad_input);
  EXPECT_EQ(weight_too, grad_weight);
  EXPECT_EQ(bias_too, grad_bias);

  // The packed gradient, taken unit by unit, is the same.
  std::vector<float> change(static_cast<std::size_t>(convolution.gradient_floats())), rows(grad_weight.size());
  convolution.backward_weight_packed(input.data(), grad_output.data(), change.data(), scratch.data());
  const std::int64_t unit = convolution.row_unit(), row = weights / s.filters;
  ASSERT_EQ(s.filters % unit, 0);
  for (std::int64_t u = 0; u * unit < s.filters; ++u) convolution.unpack_rows(change.data(), u, rows.data() + u * unit * row);
  EXPECT_EQ(rows, grad_weight);
}

class WinogradConvolutionTest : public testing::TestWithParam<std::tuple<Case, Precision>> {};

TEST_P(WinogradConvolutionTest, equals_the_reference) {
  const ConvolutionShape& s = std::get<0>(GetParam()).shape;
  const Precision precision = std::get<1>(GetParam());
  const double reach = static_cast<double>(s.filter_height * s.filter_width),
               places = static_cast<double>(s.samples * s.out_height() * s.out_width());
  const auto allowed = [&](double terms) { return tolerance(kTransforms + sum_of(terms), precision); };
  expect_reference(s, precision, *kernels::make_winograd_convolution(s, precision, true, true),
                   {allowed(reach * static_cast<double>(s.in_channels)), allowed(reach * static_cast<double>(s.filters)),
                    (kTransforms + sum_of(places)) * kRoundoffF32});
}

/// With products of bfloat16 a result is a sum of 9 of 16 products of rounded tiles, which hold sums of 4 values, and rounded filters.
/// Their roundings are independent, with a variance 2 * 9 * 4 * 0.6 / 9 = 4.8 times that of rounding the result: 2.2 times the deviation.
/// Largest values against largest errors of these few hundred to thousand numbers: at most 1.97 roundings in all were measured.
constexpr double kTilesAndFilters = 2;

class WinogradBf16ConvolutionTest : public testing::TestWithParam<Case> {};

TEST_P(WinogradBf16ConvolutionTest, equals_the_reference) {
  const ConvolutionShape& s = GetParam().shape;
  if (kernels::bf16_kernels() == nullptr) GTEST_SKIP() << "this processor does not multiply bfloat16";
  const double allowed = tolerance(kTransforms, Precision::bf16, 1 + kTilesAndFilters);
  expect_reference(s, Precision::bf16, *kernels::make_winograd_bf16_convolution(s, true, true), {allowed, allowed, allowed});
}

INSTANTIATE_TEST_SUITE_P(shapes, WinogradBf16ConvolutionTest, testing::ValuesIn(kThreeByThree),
                         [](const auto& one) { return std::string(one.param.name); });

std::string name_of_case(const testing::TestParamInfo<std::tuple<Case, Precision>>& one) {
  return std::string(std::get<0>(one.param).name) + (std::get<1>(one.param) == Precision::f32 ? "_f32" : "_bf16");
}
INSTANTIATE_TEST_SUITE_P(three_by_three, WinogradConvolutionTest,
                         testing::Combine(testing::ValuesIn(kThreeByThree), testing::Values(Precision::f32, Precision::bf16)),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(other_filters, WinogradConvolutionTest,
                         testing::Combine(testing::ValuesIn(kOtherFilters), testing::Values(Precision::f32, Precision::bf16)),
                         name_of_case);

/// A sum of a thousand like terms: what the points are chosen for. The points +-1, +-2 would double this error.
TEST(WinogradConvolution, keeps_the_error_of_a_deep_sum_near_that_of_float32) {
  const ConvolutionShape s = shape(2, 16, 16, 128, 64, 3, 1);
  const kernels::reference::ConvolutionShape plain{
      .samples = 2, .height = 16, .width = 16, .channels = 128, .filters = 64, .filter_size = 3, .padding = 1};
  const auto as_float = [](std::uint64_t seed, std::int64_t count) {
    return read_back(stored<float>(random_numbers(seed, count)).data(), count);
  };
  const Doubles x = as_float(1, 2 * 16 * 16 * 128), w = as_float(2, 64 * 128 * 9);
  const auto convolution = kernels::make_winograd_convolution(s, Precision::f32, false, false);
  const Memory packed(convolution->packed_bytes()), scratch(convolution->scratch_bytes());
  std::vector<float> output(2 * 16 * 16 * 64);
  convolution->pack(stored<float>(w).data(), packed.data());
  convolution->forward(stored<float>(x).data(), packed.data(), nullptr, output.data(), scratch.data());
  const Doubles y = kernels::reference::convolution(plain, x, w, {});
  double error = 0, square = 0;
  for (std::size_t i = 0; i < y.size(); ++i) error += (output[i] - y[i]) * (output[i] - y[i]), square += y[i] * y[i];
  EXPECT_LT(std::sqrt(error / square), 2e-6);
  EXPECT_GT(error, 0);
}

TEST(WinogradConvolution, is_offered_where_it_can_compute) {
  EXPECT_DOUBLE_EQ(kernels::winograd_saving(shape(8, 8, 8, 16, 16, 3, 1)), 4.0);
  EXPECT_DOUBLE_EQ(kernels::winograd_saving(shape(8, 8, 8, 16, 16, 5, 2)), 100.0 / 36);
  EXPECT_DOUBLE_EQ(kernels::winograd_saving(shape(8, 8, 8, 16, 16, 3, 0)), 36 * 9 / 144.0);  // 6 x 6 outputs in four tiles
  EXPECT_EQ(kernels::winograd_saving(shape(8, 8, 8, 16, 16, 1, 0)), 0);
  EXPECT_EQ(kernels::winograd_saving(shape(8, 8, 8, 16, 16, 3, 3)), 0);
  EXPECT_DOUBLE_EQ(kernels::winograd_saving(shape(8, 8, 8, 16, 16, 3, 1, 2)), 1.44);
  EXPECT_DOUBLE_EQ(kernels::winograd_saving(shape(8, 20, 20, 256, 256, 9, 0, 2)), 2.25);
  EXPECT_EQ(kernels::winograd_saving(shape(8, 20, 20, 17, 16, 9, 0, 2)), 0);
  EXPECT_EQ(kernels::winograd_saving(shape(8, 20, 20, 16, 16, 9, 0, 3)), 0);
  EXPECT_EQ(kernels::winograd_saving(shape(8, 20, 20, 16, 16, 7, 0)), 0);
  ConvolutionShape grouped = shape(8, 8, 8, 16, 16, 3, 1), oblong = grouped;
  grouped.groups = 2, oblong.filter_width = 1;
  for (const ConvolutionShape& s : {grouped, oblong}) EXPECT_EQ(kernels::winograd_saving(s), 0);
}

TEST(DirectBf16Convolution, is_offered_for_whole_blocks_of_channels) {
  EXPECT_EQ(kernels::offers_direct_bf16(shape(8, 8, 8, 64, 32, 5, 0, 2)), kernels::bf16_kernels() != nullptr);
  EXPECT_FALSE(kernels::offers_direct_bf16(shape(8, 8, 8, 48, 32, 5, 0)));
  EXPECT_FALSE(kernels::offers_direct_bf16(shape(8, 8, 8, 32, 48, 5, 0)));
  ConvolutionShape grouped = shape(8, 8, 8, 64, 64, 3, 1);
  grouped.groups = 2;
  EXPECT_FALSE(kernels::offers_direct_bf16(grouped));
}

TEST(WinogradBf16Convolution, is_offered_where_it_can_compute) {
  if (kernels::bf16_kernels() == nullptr) {
    EXPECT_EQ(kernels::winograd_bf16_saving(shape(8, 8, 8, 16, 16, 3, 1)), 0);
    return;
  }
  EXPECT_DOUBLE_EQ(kernels::winograd_bf16_saving(shape(8, 8, 8, 16, 16, 3, 1)), 2.25);
  EXPECT_DOUBLE_EQ(kernels::winograd_bf16_saving(shape(8, 7, 7, 16, 16, 3, 1)), 49 * 9 / 256.0);  // 7 x 7 outputs in sixteen tiles
  EXPECT_EQ(kernels::winograd_bf16_saving(shape(8, 8, 8, 16, 16, 3, 1, 2)), 0);
  EXPECT_EQ(kernels::winograd_bf16_saving(shape(8, 8, 8, 16, 16, 3, 3)), 0);
  EXPECT_EQ(kernels::winograd_bf16_saving(shape(8, 8, 8, 16, 16, 5, 2)), 0);
  ConvolutionShape grouped = shape(8, 8, 8, 16, 16, 3, 1);
  grouped.groups = 2;
  EXPECT_EQ(kernels::winograd_bf16_saving(grouped), 0);
}

}  // namespace
}  // namespace reprise::tests
