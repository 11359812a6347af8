#include "datasets/test_views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "suite/errors.hpp"

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

std::vector<AxisMaps> PartsOfImage::of(int height, int width, int sample_height, int sample_width) const {
  const int down = height - sample_height, right = width - sample_width;
  if (places != "whole" && (down < 0 || right < 0))
    throw InputError(Complaint{"evaluation", fmt::format("images of at least {} x {}, which the net reads", sample_height, sample_width),
                               fmt::format("{} x {}", height, width), "Give a larger side"});
  std::vector<std::pair<int, int>> corners;  // upper left ones
  if (places == "centre" || places == "corners") corners.emplace_back(down / 2, right / 2);
  if (places == "corners")
    for (const int top : {0, down})
      for (const int left : {0, right}) corners.emplace_back(top, left);
  for (int y = 0; y < grid && places == "grid"; ++y)
    for (int x = 0; x < grid; ++x)
      corners.emplace_back((2 * y * down + grid - 1) / (2 * (grid - 1)), (2 * x * right + grid - 1) / (2 * (grid - 1)));
  std::vector<AxisMaps> parts;
  AxisMaps maps;
  if (places == "whole") {
    maps.reset(height, width);
    parts.push_back(maps);
  }
  for (const auto& [top, left] : corners) {
    maps.reset(height, width);
    cut(maps.rows, top, sample_height);
    cut(maps.columns, left, sample_width);
    parts.push_back(maps);
  }
  if (!mirrored) return parts;
  std::vector<AxisMaps> both;
  for (const AxisMaps& part : parts) {
    both.push_back(part);
    both.push_back(part);
    std::reverse(both.back().columns.begin(), both.back().columns.end());
  }
  return both;
}

int PartsOfImage::count() const {
  const int parts = places == "corners" ? 5 : places == "grid" ? grid * grid : 1;
  return mirrored ? 2 * parts : parts;
}

int count_test_views(int level) {
  constexpr int kCounts[] = {1, 2, 6, 10};
  return kCounts[level];
}

}  // namespace reprise::datasets
