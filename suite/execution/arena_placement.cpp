#include "suite/execution/arena_placement.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace reprise::execution {

std::size_t place(std::vector<Interval>& intervals) {
  std::vector<std::size_t> order(intervals.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return intervals[a].bytes > intervals[b].bytes; });
  std::size_t arena = 0;
  std::vector<std::size_t> placed;
  for (const std::size_t i : order) {
    Interval& mine = intervals[i];
    std::vector<std::pair<std::size_t, std::size_t>> taken;
    for (const std::size_t j : placed)
      if (intervals[j].first <= mine.last && mine.first <= intervals[j].last)
        taken.emplace_back(intervals[j].offset, intervals[j].offset + intervals[j].bytes);
    std::sort(taken.begin(), taken.end());
    std::size_t offset = 0;
    for (const auto& [begin, end] : taken) {
      if (offset + mine.bytes <= begin) break;
      offset = std::max(offset, end);
    }
    mine.offset = offset;
    arena = std::max(arena, offset + mine.bytes);
    placed.push_back(i);
  }
  return arena;
}

}  // namespace reprise::execution
