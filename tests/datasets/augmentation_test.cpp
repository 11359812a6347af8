#include "datasets/augmentation.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "datasets/test_views.hpp"
#include "temporary_folder.hpp"

namespace reprise::datasets {
namespace {

constexpr int kHeight = 6, kWidth = 5;
constexpr int kDraws = 4000;

AxisMaps draw(const Augmentations& augmentations, std::uint64_t sample, std::uint64_t epoch = 0, std::uint64_t seed = 1) {
  AxisMaps maps;
  augmentations.draw(seed, epoch, sample, maps);
  return maps;
}

std::vector<int> identity(int size) {
  std::vector<int> map(static_cast<std::size_t>(size));
  std::iota(map.begin(), map.end(), 0);
  return map;
}

/// The map of a move by `offset` of an axis that was padded: written out, not computed as the code does.
std::vector<int> window(std::vector<int> padded, int start, int size) {
  return {padded.begin() + start, padded.begin() + start + size};
}

TEST(Augmentation, none_is_the_identity) {
  const Augmentations none({}, kHeight, kWidth);
  EXPECT_TRUE(none.is_empty());
  EXPECT_EQ(draw(none, 3).rows, identity(kHeight));
  EXPECT_EQ(draw(none, 3).columns, identity(kWidth));
}

TEST(Augmentation, flip_mirrors_columns_half_of_the_time) {
  const Augmentations flip({"flip"}, kHeight, kWidth);
  int flipped = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const AxisMaps maps = draw(flip, i);
    EXPECT_EQ(maps.rows, identity(kHeight));
    if (maps.columns == std::vector<int>{4, 3, 2, 1, 0})
      ++flipped;
    else
      ASSERT_EQ(maps.columns, identity(kWidth));
  }
  EXPECT_NEAR(flipped, kDraws / 2, 5 * std::sqrt(kDraws / 4.0));  // five binomial deviations
}

TEST(Augmentation, alternating_flip_shows_the_other_side_in_the_next_epoch) {
  const Augmentations flip({"alternating_flip"}, kHeight, kWidth);
  int flipped = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const std::vector<int> first = draw(flip, i, 0).columns, second = draw(flip, i, 1).columns;
    EXPECT_EQ(std::vector<int>(first.rbegin(), first.rend()), second);
    EXPECT_EQ(draw(flip, i, 2).columns, first);
    EXPECT_EQ(draw(flip, i, 7).columns, second);
    if (first != identity(kWidth)) ++flipped;
  }
  EXPECT_NEAR(flipped, kDraws / 2, 5 * std::sqrt(kDraws / 4.0));  // five binomial deviations
}

/// Every draw must be a window of the padded axes, and each of the (2 pad + 1)^2 windows must come equally often.
void expect_windows(const Augmentations& augmentations, const std::vector<int>& rows, const std::vector<int>& columns, int pad) {
  std::map<std::pair<int, int>, int> counts;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const AxisMaps maps = draw(augmentations, i);
    int top = 0, left = 0;
    while (top <= 2 * pad && window(rows, top, kHeight) != maps.rows) ++top;
    while (left <= 2 * pad && window(columns, left, kWidth) != maps.columns) ++left;
    ASSERT_LE(top, 2 * pad);
    ASSERT_LE(left, 2 * pad);
    ++counts[{top, left}];
  }
  const double share = kDraws / std::pow(2 * pad + 1, 2);
  EXPECT_EQ(counts.size(), static_cast<std::size_t>((2 * pad + 1) * (2 * pad + 1)));
  for (const auto& [place, count] : counts) EXPECT_NEAR(count, share, 5 * std::sqrt(share)) << place.first << " " << place.second;
}

constexpr int kOut = AxisMaps::kOutside;

TEST(Augmentation, crop_takes_each_window_of_the_zero_padded_image_equally_often) {
  expect_windows(Augmentations({"crop(pad=2)"}, kHeight, kWidth), {kOut, kOut, 0, 1, 2, 3, 4, 5, kOut, kOut},
                 {kOut, kOut, 0, 1, 2, 3, 4, kOut, kOut}, 2);
}

TEST(Augmentation, crop_with_reflection_mirrors_without_repeating_the_edge) {
  expect_windows(Augmentations({"crop(pad=2,mode=reflect)"}, kHeight, kWidth), {2, 1, 0, 1, 2, 3, 4, 5, 4, 3}, {2, 1, 0, 1, 2, 3, 4, 3, 2},
                 2);
}

TEST(Augmentation, translate_moves_by_up_to_so_many_pixels_and_fills_with_zero) {
  expect_windows(Augmentations({"translate(pixels=1)"}, kHeight, kWidth), {kOut, 0, 1, 2, 3, 4, 5, kOut}, {kOut, 0, 1, 2, 3, 4, kOut}, 1);
}

TEST(Augmentation, a_list_is_applied_in_order) {
  // What is moved out by the first translation stays lost: after two moves the map is a chain with gaps kept.
  const Augmentations both({"translate(pixels=2)", "translate(pixels=2)"}, kHeight, kWidth);
  bool has_come_back = false;
  for (std::uint64_t i = 0; i < 200; ++i) {
    const AxisMaps maps = draw(both, i);
    const auto inside = std::count_if(maps.rows.begin(), maps.rows.end(), [](int row) { return row != kOut; });
    ASSERT_GE(inside, kHeight - 4);
    for (std::size_t y = 1; y < maps.rows.size(); ++y)
      ASSERT_TRUE(maps.rows[y] == kOut || maps.rows[y - 1] == kOut || maps.rows[y] == maps.rows[y - 1] + 1);
    has_come_back |= maps.rows[3] == 3 && inside < kHeight;  // there and back: not the identity
  }
  EXPECT_TRUE(has_come_back);
}

TEST(Augmentation, two_of_a_kind_in_a_list_draw_independently) {
  const Augmentations both({"flip", "flip"}, kHeight, kWidth);
  int mirrored = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) mirrored += draw(both, i).columns != identity(kWidth);
  EXPECT_NEAR(mirrored, 500, 5 * std::sqrt(250.0));
}

TEST(Augmentation, draws_depend_on_seed_epoch_and_sample_and_on_nothing_else) {
  const Augmentations crop({"flip", "crop(pad=2)"}, kHeight, kWidth);
  std::vector<AxisMaps> forward, backward(50);
  for (std::uint64_t i = 0; i < 50; ++i) forward.push_back(draw(crop, i, 3, 9));
  for (std::uint64_t i = 50; i-- > 0;) backward[i] = draw(crop, i, 3, 9);
  int other_epoch = 0, other_seed = 0;
  for (std::uint64_t i = 0; i < 50; ++i) {
    EXPECT_EQ(forward[i].rows, backward[i].rows);
    EXPECT_EQ(forward[i].columns, backward[i].columns);
    other_epoch += draw(crop, i, 4, 9).rows != forward[i].rows;
    other_seed += draw(crop, i, 3, 8).rows != forward[i].rows;
  }
  EXPECT_GT(other_epoch, 20);  // 4 of 5 differ on average
  EXPECT_GT(other_seed, 20);
}

TEST(Augmentation, names_unknown_names_and_arguments_out_of_range) {
  expect_error([] { Augmentations({"rotate"}, 6, 5); }, {"augmentation 'rotate'", "flip, crop, translate"});
  expect_error([] { Augmentations({"flip(p=1)"}, 6, 5); }, {"no arguments", "'p'"});
  expect_error([] { Augmentations({"crop(pad=5)"}, 6, 5); }, {"pad from 0 to 4", "'5'"});
  expect_error([] { Augmentations({"crop(mode=wrap)"}, 6, 5); }, {"zeros, reflect", "'wrap'"});
  expect_error([] { Augmentations({"translate(pixels=-1)"}, 6, 5); }, {"pixels", "'-1'"});
}

TEST(TestViews, mirror_move_and_reflect_and_their_weights_sum_to_one) {
  using Map = std::vector<int>;
  const auto views = test_views(2, 3, 4);
  ASSERT_EQ(views.size(), 6u);
  const auto expect = [&](std::size_t i, const Map& rows, const Map& columns) {
    EXPECT_EQ(views[i].maps.rows, rows) << i;
    EXPECT_EQ(views[i].maps.columns, columns) << i;
  };
  expect(0, {0, 1, 2}, {0, 1, 2, 3});
  expect(1, {0, 1, 2}, {3, 2, 1, 0});
  expect(2, {1, 0, 1}, {1, 0, 1, 2});  // down and right: the border shows what is behind it
  expect(3, {1, 0, 1}, {2, 1, 0, 1});
  expect(4, {1, 2, 1}, {1, 2, 3, 2});
  expect(5, {1, 2, 1}, {2, 3, 2, 1});
  for (const std::size_t level : {0u, 1u, 2u}) {
    const auto all = test_views(static_cast<int>(level), 3, 4);
    EXPECT_EQ(all.size(), std::vector<std::size_t>({1, 2, 6})[level]);
    float sum = 0;
    for (const TestView& view : all) sum += view.weight;
    EXPECT_EQ(sum, 1) << level;
    EXPECT_EQ(all[0].maps.columns, identity(4));
  }
}

}  // namespace
}  // namespace reprise::datasets
