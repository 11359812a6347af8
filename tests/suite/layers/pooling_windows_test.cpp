#include "suite/layers/pooling_windows.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"

namespace reprise::layers {
namespace {

SampleShape output_of(const PoolingWindows& windows, const SampleShape& input) {
  const std::vector<SampleShape> inputs{input};
  return windows.output_shape(inputs);
}

TEST(PoolingWindows, are_counted_down_or_up) {
  PoolingWindows windows{.kind = "pool", .window = 3, .stride = 2};
  EXPECT_EQ(output_of(windows, {7, 6, 5}), (SampleShape{3, 2, 5}));  // (7 - 3) / 2 + 1, (6 - 3) / 2 + 1
  windows.ceil = true;
  EXPECT_EQ(output_of(windows, {7, 6, 5}), (SampleShape{3, 3, 5}));
  windows.ceil = false, windows.padding = 1;
  EXPECT_EQ(output_of(windows, {7, 6, 5}), (SampleShape{4, 3, 5}));
  windows = {.kind = "pool", .window = 0};
  EXPECT_EQ(output_of(windows, {7, 6, 5}), (SampleShape{1, 1, 5}));
}

TEST(PoolingWindows, say_what_they_are) {
  EXPECT_EQ(words_of(PoolingWindows{.kind = "pool", .window = 3, .stride = 2, .padding = 1, .ceil = true}.facts()),
            " 3x3, stride 2, pad 1, ceil");
  EXPECT_EQ(words_of(PoolingWindows{.kind = "pool", .window = 2, .stride = 2}.facts()), " 2x2, stride 2");
  EXPECT_EQ(words_of(PoolingWindows{.kind = "pool"}.facts()), " global");
}

TEST(PoolingWindows, refuse_what_cannot_be) {
  EXPECT_THROW((PoolingWindows{.kind = "pool", .window = -1}).check(), InputError);
  EXPECT_THROW((PoolingWindows{.kind = "pool", .window = 2, .stride = 0}).check(), InputError);
  EXPECT_THROW((PoolingWindows{.kind = "pool", .window = 2, .stride = 1, .padding = 2}).check(), InputError);
  EXPECT_THROW(output_of({.kind = "pool", .window = 4}, {3, 3, 1}), ShapeError);
}

}  // namespace
}  // namespace reprise::layers
