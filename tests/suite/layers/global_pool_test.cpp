#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/global_max_pool.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/suite/layers/pooling_reference.hpp"

namespace reprise::tests {
namespace {

using layers::GlobalAveragePool;
using layers::GlobalMaxPool;

template <class Pool>
LayerCase case_of(SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<Pool>();
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

Reference max_reference(const LayerCase& c) {
  const kernels::WindowGeometry g = geometry_of(c, 0, 1, 0, false);
  return {sample_by_sample(c, [g](const Doubles& x) { return kernels::reference::max_pool(x, g); }),
          sample_by_sample_back(c, [g](const Doubles& x, const Doubles& dy) { return kernels::reference::max_pool_grad(x, g, dy); }),
          {}};
}

TEST(GlobalPools, values_by_hand) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    LayerCase average = case_of<GlobalAveragePool>({2, 2, 2}, precision), largest = case_of<GlobalMaxPool>({2, 2, 2}, precision);
    average.samples = largest.samples = 1, average.count = largest.count = 1;
    const LayerValues values{{{1, 8, 3, 8, 5, -2, 7, 2}}, {}};
    const LayerResult mean = run_layer(average, values, {4, 8}), max = run_layer(largest, values, {4, 8});
    EXPECT_EQ(mean.output, (Doubles{4, 4}));
    EXPECT_EQ(mean.grad_inputs[0], (Doubles{1, 2, 1, 2, 1, 2, 1, 2}));
    EXPECT_EQ(max.output, (Doubles{7, 8}));
    EXPECT_EQ(max.grad_inputs[0], (Doubles{0, 8, 0, 0, 0, 0, 4, 0}));  // the first of the equal 8s wins
  }
}

TEST(GlobalPools, equal_the_reference_in_both_precisions) {
  for (const long channels : kChannelCounts)
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const LayerCase average = case_of<GlobalAveragePool>({7, 9, channels}, precision),
                      largest = case_of<GlobalMaxPool>({7, 9, channels}, precision);
      // Sixteen rows are summed at a time: 16 + 63 / 16 additions.
      EXPECT_WITHIN_TOLERANCE(against_reference(average, average_reference(average), {.output = sum_of(20), .gradient = kElementwise}));
      EXPECT_WITHIN_TOLERANCE(against_reference(largest, max_reference(largest), {}));
    }
}

TEST(GlobalPools, gradient_is_the_difference_quotient) {
  const LayerCase average = case_of<GlobalAveragePool>({3, 4, 5}), largest = case_of<GlobalMaxPool>({3, 4, 5});
  EXPECT_WITHIN_TOLERANCE(against_differences(average, average_reference(average), {}));
  EXPECT_WITHIN_TOLERANCE(against_differences(largest, max_reference(largest), {}));
}

TEST(GlobalPools, refuse_shapes_they_cannot_pool) {
  const std::vector<SampleShape> huge{{257, 256, 1}}, none;
  EXPECT_THROW(GlobalMaxPool().output_shape(huge), ShapeError);
  EXPECT_THROW(GlobalAveragePool().output_shape(none), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
