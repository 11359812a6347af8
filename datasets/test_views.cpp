#include "datasets/test_views.hpp"

#include <algorithm>

namespace reprise::datasets {

namespace {

/// Adds a view and its mirror, with `weight` between them.
void add_both_sides(std::vector<TestView>& views, const AxisMaps& maps, float weight) {
  views.push_back({.maps = maps, .weight = weight / 2});
  views.push_back(views.back());
  std::reverse(views.back().maps.columns.begin(), views.back().maps.columns.end());
}

/// Moved by `pixels` down and right.
AxisMaps moved(AxisMaps maps, int pixels) {
  shift(maps.rows, -pixels, true);
  shift(maps.columns, -pixels, true);
  return maps;
}

/// A part of the image as large as its centre.
AxisMaps part(int height, int width, const AxisMaps& centre, bool at_bottom, bool at_right) {
  AxisMaps maps;
  maps.reset(height, width);
  const auto rows = static_cast<int>(centre.rows.size()), columns = static_cast<int>(centre.columns.size());
  cut(maps.rows, at_bottom ? height - rows : 0, rows);
  cut(maps.columns, at_right ? width - columns : 0, columns);
  return maps;
}

}  // namespace

std::vector<TestView> test_views(int level, int height, int width, const AxisMaps& centre) {
  std::vector<TestView> views;
  if (level == 0) {
    views.push_back({.maps = centre});
  } else if (level == 1) {
    add_both_sides(views, centre, 1.0f);
  } else if (level == 2) {
    add_both_sides(views, centre, 0.5f);
    add_both_sides(views, moved(centre, 1), 0.25f);
    add_both_sides(views, moved(centre, -1), 0.25f);
  } else {
    add_both_sides(views, centre, 0.2f);
    for (const bool at_bottom : {false, true})
      for (const bool at_right : {false, true}) add_both_sides(views, part(height, width, centre, at_bottom, at_right), 0.2f);
  }
  return views;
}

int count_test_views(int level) {
  constexpr int kCounts[] = {1, 2, 6, 10};
  return kCounts[level];
}

}  // namespace reprise::datasets
