// Both ways to compute a dense layer, the primitive and the general matrix product on spread rows, against a double product. The machine
// chooses one of them; here each is tried wherever it runs.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <tuple>
#include <vector>

#include "suite/kernels/onednn/inner_product.hpp"
#include "suite/kernels/onednn/matrix_product.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/tensor/memory.hpp"
#include "tests/suite/kernels/small_integers.hpp"

namespace reprise::kernels {
namespace {

using Maker = std::function<std::unique_ptr<InnerProduct>(const InnerProductShape&, Precision)>;

const std::vector<std::pair<std::string, Maker>>& makers() {
  static const std::vector<std::pair<std::string, Maker>> all{
      {"chosen", [](const InnerProductShape& s, Precision p) { return make_inner_product(s, p, true, true); }},
      {"matrix", [](const InnerProductShape& s, Precision p) { return onednn::make_matrix_product(s, p, true); }}};
  return all;
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
    const Memory input = stored(x, precision), grad_output = stored(g, precision), output(static_cast<std::size_t>(n * k) * 4),
                 grad_input(static_cast<std::size_t>(n * d) * 4);
    product->pack(w.data(), packed.data());
    product->forward(input.data(), packed.data(), b.data(), output.data(), scratch.data());
    const auto y = loaded(output, static_cast<std::size_t>(n * k), precision);
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t o = 0; o < k; ++o) {
        double sum = b[static_cast<std::size_t>(o)];
        for (std::int64_t c = 0; c < d; ++c)
          sum += static_cast<double>(x[static_cast<std::size_t>(i * d + c)]) * w[static_cast<std::size_t>(o * d + c)];
        // bfloat16 results are rounded to 8 bits.
        ASSERT_NEAR(y[static_cast<std::size_t>(i * k + o)], sum, precision == Precision::f32 ? 0 : std::abs(sum) / 256) << i << ' ' << o;
      }
    product->backward_input(grad_output.data(), packed.data(), grad_input.data(), scratch.data());
    const auto grad_x = loaded(grad_input, static_cast<std::size_t>(n * d), precision);
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t c = 0; c < d; ++c) {
        double sum = 0;
        for (std::int64_t o = 0; o < k; ++o)
          sum += static_cast<double>(g[static_cast<std::size_t>(i * k + o)]) * w[static_cast<std::size_t>(o * d + c)];
        ASSERT_NEAR(grad_x[static_cast<std::size_t>(i * d + c)], sum, precision == Precision::f32 ? 0 : std::abs(sum) / 256)
            << i << ' ' << c;
      }
    std::vector<float> grad_weight(static_cast<std::size_t>(k * d), -1), grad_bias(static_cast<std::size_t>(k), -1);
    product->backward_weight(input.data(), grad_output.data(), grad_weight.data(), grad_bias.data(), scratch.data());
    for (std::int64_t o = 0; o < k; ++o) {
      double bias = 0;
      for (std::int64_t i = 0; i < n; ++i) bias += g[static_cast<std::size_t>(i * k + o)];
      ASSERT_EQ(grad_bias[static_cast<std::size_t>(o)], bias) << o;
      for (std::int64_t c = 0; c < d; ++c) {
        double sum = 0;
        for (std::int64_t i = 0; i < n; ++i)
          sum += static_cast<double>(g[static_cast<std::size_t>(i * k + o)]) * x[static_cast<std::size_t>(i * d + c)];
        ASSERT_EQ(grad_weight[static_cast<std::size_t>(o * d + c)], sum) << o << ' ' << c;
      }
    }
  }
}

// Rows of 256 and 512 values are spread, 40 and 300 are not; 10 outputs fill no vector.
INSTANTIATE_TEST_SUITE_P(Shapes, InnerProductTest,
                         testing::Combine(testing::Values(InnerProductShape{8, 256, 48}, InnerProductShape{8, 40, 48},
                                                          InnerProductShape{5, 300, 10}, InnerProductShape{20, 512, 10}),
                                          testing::Values(Precision::f32, Precision::bf16)),
                         [](const auto& case_) {
                           const InnerProductShape& s = std::get<0>(case_.param);
                           return "n" + std::to_string(s.samples) + "_d" + std::to_string(s.in_features) + "_k" +
                                  std::to_string(s.out_features) + (std::get<1>(case_.param) == Precision::f32 ? "_f32" : "_bf16");
                         });

}  // namespace
}  // namespace reprise::kernels
