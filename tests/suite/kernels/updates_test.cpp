// Optimizer updates, merges and projections against double.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "suite/kernels/reference/elementwise.hpp"
#include "tests/suite/kernels/isa_tables.hpp"
#include "tests/support/arrays.hpp"
#include "tests/support/tolerances.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using kernels::UpdateTerms;

class Updates : public testing::TestWithParam<const kernels::VectorKernels*> {};
INSTANTIATE_TEST_SUITE_P(, Updates, testing::ValuesIn(isa_tables()), isa_name);

/// Binary fractions, so that the reference in double reads the same terms.
UpdateTerms terms() {
  UpdateTerms t;
  t.rate = 0.125f, t.momentum = 0.875f, t.weight_decay = 0.0625f, t.l1 = 0.03125f;
  t.beta1 = 0.875f, t.beta2 = 0.96875f, t.epsilon = 0x1p-20f, t.correction1 = 0.5f, t.correction2 = 0.25f;
  return t;
}

TEST_P(Updates, sgd_by_hand) {
  std::vector<float> w{1, -1, 0}, v{0.5f, 0.5f, 0.5f};
  const std::vector<float> g{1, 1, 1};
  GetParam()->sgd(w.data(), g.data(), v.data(), 3, terms());
  // g' = g + w/16 + sign(w)/32; v = 0.875 * 0.5 + g'; w -= v/8
  EXPECT_EQ(v, (std::vector<float>{1.53125f, 1.34375f, 1.4375f}));
  EXPECT_EQ(w, (std::vector<float>{1 - 1.53125f / 8, -1 - 1.34375f / 8, -1.4375f / 8}));
}

TEST_P(Updates, three_updates_equal_the_reference) {
  for (const std::int64_t n : {1, 15, 16, 50})
    for (const bool flag : {false, true}) {
      UpdateTerms t = terms();
      t.nesterov = t.decoupled = flag;
      Doubles w = random_numbers(1, n), v(w.size()), aw = w, first(w.size()), second(w.size());
      auto fw = stored<float>(w), fv = stored<float>(v), faw = fw, ffirst = fv, fsecond = fv;
      for (std::uint64_t step = 0; step < 3; ++step) {
        const Doubles g = random_numbers(10 + step, n);
        const auto fg = stored<float>(g);
        reference::sgd(w, g, v, t);
        GetParam()->sgd(fw.data(), fg.data(), fv.data(), n, t);
        reference::adam(aw, g, first, second, t);
        GetParam()->adam(faw.data(), fg.data(), ffirst.data(), fsecond.data(), n, t);
      }
      EXPECT_NEAR_ARRAY(read_back(fw.data(), n), w, 3 * kElementwise, kRoundoffF32, 1);
      EXPECT_NEAR_ARRAY(read_back(fv.data(), n), v, 3 * kElementwise, kRoundoffF32, 1);
      EXPECT_NEAR_ARRAY(read_back(faw.data(), n), aw, 3 * kTranscendental, kRoundoffF32, 1);
      EXPECT_NEAR_ARRAY(read_back(fsecond.data(), n), second, 3 * kElementwise, kRoundoffF32, 1);
    }
}

TEST_P(Updates, max_norm_scales_long_rows_to_the_bound_and_leaves_the_others) {
  for (const std::int64_t length : {1, 3, 16, 70, 200}) {
    Doubles w = random_numbers(1, 4 * length);
    for (std::size_t i = 0; i < static_cast<std::size_t>(length); ++i) w[i] /= 1024;
    auto fw = stored<float>(w);
    const auto before = fw;
    GetParam()->max_norm(fw.data(), 4, length, 0.5f);
    reference::max_norm(w, length, 0.5);
    EXPECT_NEAR_ARRAY(read_back(fw.data(), 4 * length), w, sum_of(static_cast<double>(length) / 16), kRoundoffF32);
    for (std::size_t i = 0; i < static_cast<std::size_t>(length); ++i) EXPECT_EQ(fw[i], before[i]);
  }
}

TEST_P(Updates, clamp_and_accumulate_are_exact) {
  std::vector<float> a = stored<float>(random_numbers(1, 37));
  const std::vector<float> b = stored<float>(random_numbers(2, 37)), before = a;
  GetParam()->accumulate(a.data(), b.data(), 37);
  for (std::size_t i = 0; i < 37; ++i) EXPECT_EQ(a[i], before[i] + b[i]);
  GetParam()->clamp(a.data(), 37, -0.5f, 1.0f);
  for (std::size_t i = 0; i < 37; ++i) EXPECT_EQ(a[i], std::min(1.0f, std::max(-0.5f, before[i] + b[i])));
  Doubles c = random_numbers(3, 21), kept = c;
  const Doubles d = random_numbers(4, 21);
  GetParam()->accumulate_double(c.data(), d.data(), 21);
  for (std::size_t i = 0; i < 21; ++i) EXPECT_EQ(c[i], kept[i] + d[i]);
}

}  // namespace
}  // namespace reprise::tests
