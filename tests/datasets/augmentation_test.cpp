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

AxisMaps whole(int height, int width) {
  return {identity(height), identity(width)};
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

TEST(Augmentation, random_crop_shows_every_part_equally_often_and_the_centre_in_tests) {
  const Augmentations crop({"random_crop(size=4)"}, kHeight, kWidth);
  EXPECT_TRUE(crop.crops());
  EXPECT_EQ(std::pair(crop.height(), crop.width()), std::pair(4, 4));
  EXPECT_EQ(crop.centre().rows, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_EQ(crop.centre().columns, (std::vector<int>{0, 1, 2, 3}));
  std::map<std::pair<int, int>, int> seen;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const AxisMaps maps = draw(crop, i);
    ++seen[{maps.rows[0], maps.columns[0]}];
    for (std::size_t k = 1; k < 4; ++k) ASSERT_TRUE(maps.rows[k] == maps.rows[k - 1] + 1 && maps.columns[k] == maps.columns[k - 1] + 1);
  }
  ASSERT_EQ(seen.size(), 6u);
  for (const auto& [place, times] : seen) EXPECT_NEAR(times, kDraws / 6, 5 * std::sqrt(kDraws * 5.0 / 36));
}

TEST(Augmentation, a_crop_then_a_flip_mirrors_the_part) {
  const Augmentations both({"random_crop(size=3)", "flip"}, 8, 8);
  std::set<bool> mirrored;
  for (std::uint64_t i = 0; i < 50; ++i) {
    const AxisMaps maps = draw(both, i);
    ASSERT_EQ(maps.columns.size(), 3u);
    ASSERT_EQ(std::abs(maps.columns[2] - maps.columns[0]), 2);
    mirrored.insert(maps.columns[2] < maps.columns[0]);
  }
  EXPECT_EQ(mirrored.size(), 2u);
  expect_error([] { Augmentations({"random_crop(size=9)"}, 8, 8); }, {"random_crop", "size", "'9'"});
}

TEST(Augmentation, colours_are_drawn_for_each_sample_and_epoch) {
  const Augmentations colour({"flip", "pca_colour(deviation=0.5)"}, 8, 8);
  EXPECT_FALSE(colour.is_empty());
  EXPECT_FALSE(colour.crops());
  const auto move = colour.draw_colour(1, 2, 3);
  ASSERT_TRUE(move);
  EXPECT_EQ(colour.draw_colour(1, 2, 3), move);
  EXPECT_NE(colour.draw_colour(1, 2, 4), move);
  EXPECT_NE(colour.draw_colour(1, 3, 3), move);
  EXPECT_FALSE(Augmentations({"flip"}, 8, 8).draw_colour(1, 2, 3));
  EXPECT_TRUE(moves_colours({"flip", "pca_colour(deviation=0.5)"}) && !moves_colours({"flip"}));
}

TEST(TestViews, ten_crops_are_the_centre_and_the_corners_with_their_mirrors) {
  const auto views = test_views(3, 5, 6, {{1, 2, 3}, {1, 2, 3, 4}});
  ASSERT_EQ(views.size(), static_cast<std::size_t>(count_test_views(3)));
  using Map = std::vector<int>;
  const Map rows[] = {{1, 2, 3}, {0, 1, 2}, {0, 1, 2}, {2, 3, 4}, {2, 3, 4}},
            columns[] = {{1, 2, 3, 4}, {0, 1, 2, 3}, {2, 3, 4, 5}, {0, 1, 2, 3}, {2, 3, 4, 5}};
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(views[i].maps.rows, rows[i / 2]) << i;
    Map expected = columns[i / 2];
    if (i % 2 == 1) std::reverse(expected.begin(), expected.end());
    EXPECT_EQ(views[i].maps.columns, expected) << i;
    EXPECT_FLOAT_EQ(views[i].weight, 0.1f);
  }
}

TEST(TestViews, mirror_move_and_reflect_and_their_weights_sum_to_one) {
  using Map = std::vector<int>;
  const auto views = test_views(2, 3, 4, whole(3, 4));
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
    const auto all = test_views(static_cast<int>(level), 3, 4, whole(3, 4));
    EXPECT_EQ(all.size(), static_cast<std::size_t>(count_test_views(static_cast<int>(level))));
    float sum = 0;
    for (const TestView& view : all) sum += view.weight;
    EXPECT_EQ(sum, 1) << level;
    EXPECT_EQ(all[0].maps.columns, identity(4));
  }
}

}  // namespace
}  // namespace reprise::datasets
