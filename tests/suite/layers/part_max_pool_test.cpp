#include "suite/layers/part_max_pool.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

using layers::PartMaxPool;

LayerCase case_of(std::int64_t parts, SampleShape input, Precision precision = Precision::f32) {
  return five_samples(std::make_shared<PartMaxPool>(PartMaxPool::Options{.parts = parts}), input, precision);
}

Reference reference_of(const LayerCase& c, std::int64_t parts) {
  const SampleShape in = c.inputs[0];
  /// Where in the input the output's value i is.
  const auto winner = [=](const Doubles& x, std::int64_t i) {
    const std::int64_t channel = i % in.channels, part = i / in.channels, row = part / parts, column = part % parts;
    std::int64_t best = -1;
    for (std::int64_t y = 0; y < in.height; ++y)
      for (std::int64_t at = 0; at < in.width; ++at) {
        // The part of a position: the last one that begins at or before it.
        std::int64_t of_row = parts - 1, of_column = parts - 1;
        while ((of_row * in.height + parts - 1) / parts > y) --of_row;
        while ((of_column * in.width + parts - 1) / parts > at) --of_column;
        if (of_row != row || of_column != column) continue;
        const std::int64_t place = (y * in.width + at) * in.channels + channel;
        if (best < 0 || x[static_cast<std::size_t>(place)] > x[static_cast<std::size_t>(best)]) best = place;
      }
    return best;
  };
  return of_samples(
      c,
      [=](const Doubles& x, std::int64_t, const auto&) {
        Doubles output;
        for (std::int64_t i = 0; i < parts * parts * in.channels; ++i) output.push_back(x[static_cast<std::size_t>(winner(x, i))]);
        return output;
      },
      [=](const Doubles& x, std::int64_t, const auto&, const Doubles& dy) {
        Doubles grad(static_cast<std::size_t>(in.size()));
        for (std::int64_t i = 0; i < parts * parts * in.channels; ++i)
          grad[static_cast<std::size_t>(winner(x, i))] += dy[static_cast<std::size_t>(i)];
        return std::vector<Doubles>{grad};
      });
}

TEST(PartMaxPool, by_hand) {
  LayerCase c = case_of(2, {3, 3, 1});
  c.samples = 1, c.shards = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{{1, 9, 2, 9, 3, 4, 5, 6, 7}}, {}}, {10, 20, 30, 40});
  EXPECT_EQ(result.output, (Doubles{9, 4, 6, 7}));  // rows and columns 0, 1 and 2; the first of two nines wins
  EXPECT_EQ(result.grad_inputs[0], (Doubles{0, 10, 0, 0, 0, 20, 0, 30, 40}));
}

TEST(PartMaxPool, equals_the_reference_and_its_gradient_the_differences) {
  for (const Precision precision : {Precision::f32, Precision::bf16})
    for (const long channels : kChannelCounts) {
      const LayerCase c = case_of(2, {5, 8, channels}, precision);
      EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, 2), {}));
    }
  for (const std::int64_t parts : {1, 2, 3, 4}) {
    const LayerCase c = case_of(parts, {4, 7, 3});
    EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, parts), {}));
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, parts), {}));
  }
}

/// The quadrants of nine rows are five and four.
TEST(PartMaxPool, of_an_odd_number_the_first_part_is_larger) {
  LayerCase c = case_of(2, {9, 9, 1});
  c.samples = 1, c.shards = 1, c.count = 1;
  Doubles values(81);
  values[4 * 9 + 4] = 1, values[4 * 9 + 5] = 2, values[5 * 9 + 4] = 3, values[5 * 9 + 5] = 4;
  EXPECT_EQ(run_layer(c, {{values}, {}}, {0, 0, 0, 0}).output, (Doubles{1, 2, 3, 4}));
}

TEST(PartMaxPool, refuses_more_parts_than_rows_and_columns) {
  EXPECT_THROW(PartMaxPool({.parts = 0}), InputError);
  const std::vector<SampleShape> low{{2, 8, 3}}, narrow{{8, 2, 3}}, huge{{600, 600, 1}};
  EXPECT_THROW(PartMaxPool({.parts = 3}).output_shape(low), ShapeError);
  EXPECT_THROW(PartMaxPool({.parts = 3}).output_shape(narrow), ShapeError);
  EXPECT_THROW(PartMaxPool({.parts = 2}).output_shape(huge), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
