#include "suite/layers/coset_pool.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/suite/layers/pooling_reference.hpp"

namespace reprise::tests {
namespace {

using layers::CosetPool;

LayerCase case_of(CosetPool::Options options, SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<CosetPool>(options);
  result.inputs = {input};
  result.samples = 3, result.count = 2;
  result.precision = precision;
  return result;
}

/// Position by position: a window over as many rows as there are orientations.
Reference reference_of(const LayerCase& c, const CosetPool::Options& o) {
  kernels::WindowGeometry g;
  g.height = g.window_height = g.stride = o.orientations;
  g.channels = c.output().channels;
  const auto size = static_cast<std::ptrdiff_t>(c.inputs[0].channels), maps = static_cast<std::ptrdiff_t>(g.channels);
  const auto each = [=](const Doubles& x, std::ptrdiff_t step, auto body) {
    Doubles all;
    for (auto at = x.begin(); at != x.end(); at += step) {
      const Doubles some = body(Doubles(at, at + step), at - x.begin());
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  };
  return {sample_by_sample(c,
                           [=](const Doubles& x) {
                             return each(x, size, [&](const Doubles& row, std::ptrdiff_t) {
                               return o.average ? kernels::reference::average_pool(row, g) : kernels::reference::max_pool(row, g);
                             });
                           }),
          sample_by_sample_back(c,
                                [=](const Doubles& x, const Doubles& dy) {
                                  return each(x, size, [&](const Doubles& row, std::ptrdiff_t at) {
                                    const auto from = dy.begin() + at / size * maps;
                                    const Doubles grad(from, from + maps);
                                    return o.average ? kernels::reference::average_pool_grad(g, grad)
                                                     : kernels::reference::max_pool_grad(row, g, grad);
                                  });
                                }),
          {}};
}

TEST(CosetPool, values_by_hand) {
  // Two positions, four orientations of two maps.
  const LayerValues values{{{1, 8, 3, 8, 5, -2, 7, 2, -1, -4, -3, -2, -5, -8, -7, -2}}, {}};
  LayerCase c = case_of({.orientations = 4}, {1, 2, 8});
  c.samples = 1, c.count = 1;
  const LayerResult max = run_layer(c, values, {1, 2, 3, 4});
  EXPECT_EQ(max.output, (Doubles{7, 8, -1, -2}));
  EXPECT_EQ(max.grad_inputs[0], (Doubles{0, 2, 0, 0, 0, 0, 1, 0, 3, 0, 0, 4, 0, 0, 0, 0}));  // the first of equal maxima wins
  c.layer = std::make_shared<CosetPool>(CosetPool::Options{.orientations = 4, .average = true});
  const LayerResult mean = run_layer(c, values, {4, 8, 12, 16});
  EXPECT_EQ(mean.output, (Doubles{4, 4, -4, -4}));
  EXPECT_EQ(mean.grad_inputs[0], (Doubles{1, 2, 1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4, 3, 4}));
}

TEST(CosetPool, equals_the_reference_in_both_precisions) {
  for (const long channels : kChannelCounts)
    for (const int orientations : {2, 4, 8})
      for (const bool average : {false, true})
        for (const Precision precision : {Precision::f32, Precision::bf16}) {
          const CosetPool::Options options{orientations, average};
          const LayerCase c = case_of(options, {3, 5, channels * orientations}, precision);
          EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, options), {.output = sum_of(8), .gradient = sum_of(8)}));
        }
}

TEST(CosetPool, gradient_is_the_difference_quotient) {
  for (const bool average : {false, true}) {
    const CosetPool::Options options{4, average};
    const LayerCase c = case_of(options, {3, 2, 20});
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, options), {.output = sum_of(8), .gradient = sum_of(8)}));
  }
}

TEST(CosetPool, refuses_what_it_cannot_pool) {
  const std::vector<SampleShape> six{{2, 2, 6}};
  EXPECT_THROW(CosetPool({.orientations = 4}).output_shape(six), ShapeError);
  EXPECT_THROW(CosetPool({.orientations = 1}), InputError);
  EXPECT_THROW(CosetPool({.orientations = 17}), InputError);
}

}  // namespace
}  // namespace reprise::tests
