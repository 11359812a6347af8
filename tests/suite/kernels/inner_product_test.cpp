// Both ways to compute a dense layer, the primitive and the general matrix product on spread rows, against a double product. The machine
// chooses one of them; here each is tried wherever it runs.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <tuple>
#include <vector>

#include "suite/kernels/onednn/inner_product.hpp"
#include "suite/kernels/onednn/matrix_product.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::kernels {
namespace {

using Maker = std::function<std::unique_ptr<InnerProduct>(const InnerProductShape&, Precision)>;

const std::vector<std::pair<std::string, Maker>>& makers() {
  static const std::vector<std::pair<std::string, Maker>> all{
      {"chosen", [](const InnerProductShape& s, Precision p) { return make_inner_product(s, p, true, true, Precision::f32); }},
      {"matrix", [](const InnerProductShape& s, Precision p) { return onednn::make_matrix_product(s, p, true, Precision::f32); }}};
  return all;
}

/// Values of a few bits: exact in bfloat16, and their products add up exactly in float32.
std::vector<float> values(std::int64_t count, int seed) {
  std::vector<float> v(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = static_cast<float>((i * 7 + static_cast<std::size_t>(seed) * 5 + i / 11) % 9) - 4;
  return v;
}

/// Memory that holds `v` as `precision` stores it.
Memory stored(const std::vector<float>& v, Precision precision) {
  Memory memory(v.size() * bytes_of(precision));
  if (precision == Precision::f32)
    std::copy(v.begin(), v.end(), memory.floats());
  else
    vector_kernels().of<bf16>().from_float(v.data(), reinterpret_cast<bf16*>(memory.data()), static_cast<std::int64_t>(v.size()));
  return memory;
}

std::vector<float> loaded(const Memory& memory, std::size_t count, Precision precision) {
  std::vector<float> v(count);
  if (precision == Precision::f32)
    std::copy_n(memory.floats(), count, v.begin());
  else
    vector_kernels().of<bf16>().to_float(reinterpret_cast<const bf16*>(memory.data()), v.data(), static_cast<std::int64_t>(count));
  return v;
}

class InnerProductTest : public testing::TestWithParam<std::tuple<InnerProductShape, Precision>> {};

TEST_P(InnerProductTest, all_three_products_are_exact_on_small_integers) {
  const auto [shape, precision] = GetParam();
  const auto [n, d, k] = shape;
  const auto x = values(n * d, 1), w = values(k * d, 2), b = values(k, 3), g = values(n * k, 4);
  for (const auto& [name, make] : makers()) {
    SCOPED_TRACE(name);
    const auto product = make(shape, precision);
    const Memory packed(product->packed_bytes()), scratch(product->scratch_bytes());
    const Memory input = stored(x, precision), grad_output = stored(g, precision), output(static_cast<std::size_t>(n * k) * 4), grad_input(static_cast<std::size_t>(n * d) * 4);
    product->pack(w.data(), packed.data());
    product->forward(input.data(), packed.data(), b.data(), output.data(), scratch.data());
    const auto y = loaded(output, static_cast<std::size_t>(n * k), precision);
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t o = 0; o < k; ++o) {
        double sum = b[static_cast<std::size_t>(o)];
        for (std::int64_t c = 0; c < d; ++c) sum += static_cast<double>(x[static_cast<std::size_t>(i * d + c)]) * w[static_cast<std::size_t>(o * d + c)];
        // bfloat16 results are rounded to 8 bits.
        ASSERT_NEAR(y[static_cast<std::size_t>(i * k + o)], sum, precision == Precision::f32 ? 0 : std::abs(sum) / 256) << i << ' ' << o;
      }
    product->backward_input(grad_output.data(), packed.data(), grad_input.data(), scratch.data());
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t c = 0; c < d; ++c) {
        double sum = 0;
        for (std::int64_t o = 0; o < k; ++o) sum += static_cast<double>(g[static_cast<std::size_t>(i * k + o)]) * w[static_cast<std::size_t>(o * d + c)];
        ASSERT_EQ(grad_input.floats()[i * d + c], sum) << i << ' ' << c;
      }
    std::vector<float> grad_weight(static_cast<std::size_t>(k * d), -1), grad_bias(static_cast<std::size_t>(k), -1);
    product->backward_weight_packed(input.data(), grad_output.data(), grad_bias.data(), scratch.data());
    ASSERT_EQ(k % product->row_unit(), 0);
    for (std::int64_t r = 0; r < k; r += product->row_unit()) product->unpack_rows(scratch.data(), r, product->row_unit(), grad_weight.data() + r * d);
    for (std::int64_t o = 0; o < k; ++o) {
      double bias = 0;
      for (std::int64_t i = 0; i < n; ++i) bias += g[static_cast<std::size_t>(i * k + o)];
      ASSERT_EQ(grad_bias[static_cast<std::size_t>(o)], bias) << o;
      for (std::int64_t c = 0; c < d; ++c) {
        double sum = 0;
        for (std::int64_t i = 0; i < n; ++i) sum += static_cast<double>(g[static_cast<std::size_t>(i * k + o)]) * x[static_cast<std::size_t>(i * d + c)];
        ASSERT_EQ(grad_weight[static_cast<std::size_t>(o * d + c)], sum) << o << ' ' << c;
      }
    }
  }
}

// Rows of 256 and 512 values are spread, 40 and 300 are not; 10 outputs fill no vector.
INSTANTIATE_TEST_SUITE_P(Shapes, InnerProductTest,
                         testing::Combine(testing::Values(InnerProductShape{8, 256, 48}, InnerProductShape{8, 40, 48}, InnerProductShape{5, 300, 10},
                                                          InnerProductShape{20, 512, 10}),
                                          testing::Values(Precision::f32, Precision::bf16)),
                         [](const auto& case_) {
                           const InnerProductShape& s = std::get<0>(case_.param);
                           return "n" + std::to_string(s.samples) + "_d" + std::to_string(s.in_features) + "_k" + std::to_string(s.out_features) +
                                  (std::get<1>(case_.param) == Precision::f32 ? "_f32" : "_bf16");
                         });

TEST(MatrixProduct, a_few_rows_packed_again_replace_the_old_ones_alone) {
  const InnerProductShape shape{4, 256, 32};
  const auto product = onednn::make_matrix_product(shape, Precision::f32, false, Precision::f32);
  const auto x = values(shape.samples * shape.in_features, 1), before = values(shape.out_features * shape.in_features, 2);
  auto after = before;
  for (std::size_t i = 16 * 256; i < after.size(); ++i) after[i] = 1;
  const Memory packed(product->packed_bytes()), whole(product->packed_bytes()), scratch(product->scratch_bytes());
  product->pack(before.data(), packed.data());
  product->pack_rows(after.data(), 16, 16, packed.data());
  product->pack(after.data(), whole.data());
  std::vector<float> y(4 * 32), expected(4 * 32);
  product->forward(x.data(), packed.data(), nullptr, y.data(), scratch.data());
  product->forward(x.data(), whole.data(), nullptr, expected.data(), scratch.data());
  EXPECT_EQ(y, expected);
}

}  // namespace
}  // namespace reprise::kernels
