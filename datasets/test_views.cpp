#include "datasets/test_views.hpp"

#include <algorithm>

namespace reprise::datasets {

namespace {

/// Adds the image moved by `pixels` down and right, then its mirror, with `weight` between them.
void add_both_sides(std::vector<TestView>& views, int height, int width, int pixels, float weight) {
  TestView view{.maps = {}, .weight = weight / 2};
  view.maps.reset(height, width);
  shift(view.maps.rows, -pixels, true);
  shift(view.maps.columns, -pixels, true);
  views.push_back(view);
  std::reverse(view.maps.columns.begin(), view.maps.columns.end());
  views.push_back(view);
}

}  // namespace

std::vector<TestView> test_views(int level, int height, int width) {
  std::vector<TestView> views;
  if (level == 0) {
    views.emplace_back().maps.reset(height, width);
    return views;
  }
  add_both_sides(views, height, width, 0, level == 1 ? 1.0f : 0.5f);
  if (level == 1) return views;
  add_both_sides(views, height, width, 1, 0.25f);
  add_both_sides(views, height, width, -1, 0.25f);
  return views;
}

}  // namespace reprise::datasets
