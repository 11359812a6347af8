#include "suite/layers/global_average_pool.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/suite/layers/pooling_reference.hpp"

namespace reprise::tests {
namespace {

using layers::GlobalAveragePool;

LayerCase case_of(SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<GlobalAveragePool>();
  result.inputs = {input};
  result.samples = 3;
  result.count = 2;
  result.precision = precision;
  return result;
}

Reference average_reference(const LayerCase& c) {
  const kernels::WindowGeometry g = geometry_of(c, 0, 1, 0, false);
  return {sample_by_sample(c, [g](const Doubles& x) { return kernels::reference::average_pool(x, g); }),
          sample_by_sample_back(c, [g](const Doubles&, const Doubles& dy) { return kernels::reference::average_pool_grad(g, dy); }),
          {}};
}

TEST(GlobalAveragePool, values_by_hand) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    LayerCase c = case_of({2, 2, 2}, precision);
    c.samples = 1, c.count = 1;
    const LayerResult result = run_layer(c, {{{1, 8, 3, 8, 5, -2, 7, 2}}, {}}, {4, 8});
    EXPECT_EQ(result.output, (Doubles{4, 4}));
    EXPECT_EQ(result.grad_inputs[0], (Doubles{1, 2, 1, 2, 1, 2, 1, 2}));
  }
}

TEST(GlobalAveragePool, equals_the_reference_in_both_precisions) {
  for (const long channels : kChannelCounts)
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const LayerCase c = case_of({7, 9, channels}, precision);
      // Sixteen rows are summed at a time: 16 + 63 / 16 additions.
      EXPECT_WITHIN_TOLERANCE(against_reference(c, average_reference(c), {.output = sum_of(20), .gradient = kElementwise}));
    }
}

TEST(GlobalAveragePool, gradient_is_the_difference_quotient) {
  const LayerCase c = case_of({3, 4, 5});
  EXPECT_WITHIN_TOLERANCE(against_differences(c, average_reference(c), {}));
}

TEST(GlobalAveragePool, refuses_shapes_it_cannot_pool) {
  const std::vector<SampleShape> none;
  EXPECT_THROW(GlobalAveragePool().output_shape(none), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
