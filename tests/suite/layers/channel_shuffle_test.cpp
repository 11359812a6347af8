#include "suite/layers/channel_shuffle.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

using layers::ChannelShuffle;

LayerCase case_of(std::int64_t groups, SampleShape input) {
  LayerCase result;
  result.layer = std::make_shared<ChannelShuffle>(ChannelShuffle::Options{.groups = groups});
  result.inputs = {input};
  result.samples = 1, result.count = 1;
  return result;
}

/// Groups 0 1 2 and 3 4 5: each later group of three reads of both.
TEST(ChannelShuffle, values_by_hand) {
  const LayerResult result =
      run_layer(case_of(2, {1, 2, 6}), {{{0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15}}, {}}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  EXPECT_EQ(result.output, (Doubles{0, 3, 1, 4, 2, 5, 10, 13, 11, 14, 12, 15}));
  EXPECT_EQ(result.grad_inputs[0], (Doubles{0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11}));
}

TEST(ChannelShuffle, gradient_brings_each_value_back_where_it_came_from) {
  const LayerCase c = case_of(3, {2, 2, 12});
  const LayerValues values = random_values(c, 1);
  const Doubles output = run_layer(c, values).output;
  EXPECT_NE(output, values.inputs[0]);
  EXPECT_EQ(run_layer(c, values, output).grad_inputs[0], values.inputs[0]);
}

TEST(ChannelShuffle, one_group_changes_nothing_and_groups_divide_the_channels) {
  const LayerCase c = case_of(1, {2, 2, 5});
  const LayerValues values = random_values(c, 1);
  EXPECT_EQ(run_layer(c, values).output, values.inputs[0]);
  const std::vector<SampleShape> five{{2, 2, 5}};
  EXPECT_THROW(ChannelShuffle({.groups = 2}).output_shape(five), ShapeError);
  EXPECT_THROW(ChannelShuffle({.groups = 0}).output_shape(five), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
