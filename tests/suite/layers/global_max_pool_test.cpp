#include "suite/layers/global_max_pool.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/suite/layers/pooling_reference.hpp"

namespace reprise::tests {
namespace {

using layers::GlobalMaxPool;

LayerCase case_of(SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<GlobalMaxPool>();
  result.inputs = {input};
  result.samples = 3;
  result.count = 2;
  result.precision = precision;
  return result;
}

Reference max_reference(const LayerCase& c) {
  const kernels::WindowGeometry g = geometry_of(c, 0, 1, 0, false);
  return {sample_by_sample(c, [g](const Doubles& x) { return kernels::reference::max_pool(x, g); }),
          sample_by_sample_back(c, [g](const Doubles& x, const Doubles& dy) { return kernels::reference::max_pool_grad(x, g, dy); }),
          {}};
}

TEST(GlobalMaxPool, values_by_hand) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    LayerCase c = case_of({2, 2, 2}, precision);
    c.samples = 1, c.count = 1;
    const LayerResult result = run_layer(c, {{{1, 8, 3, 8, 5, -2, 7, 2}}, {}}, {4, 8});
    EXPECT_EQ(result.output, (Doubles{7, 8}));
    EXPECT_EQ(result.grad_inputs[0], (Doubles{0, 8, 0, 0, 0, 0, 4, 0}));  // the first of the equal 8s wins
  }
}

TEST(GlobalMaxPool, equals_the_reference_in_both_precisions) {
  for (const long channels : kChannelCounts)
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const LayerCase c = case_of({7, 9, channels}, precision);
      EXPECT_WITHIN_TOLERANCE(against_reference(c, max_reference(c), {}));
    }
}

TEST(GlobalMaxPool, gradient_is_the_difference_quotient) {
  const LayerCase c = case_of({3, 4, 5});
  EXPECT_WITHIN_TOLERANCE(against_differences(c, max_reference(c), {}));
}

TEST(GlobalMaxPool, refuses_shapes_it_cannot_pool) {
  const std::vector<SampleShape> huge{{257, 256, 1}};
  EXPECT_THROW(GlobalMaxPool().output_shape(huge), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
