#include "suite/parallel/subtrees.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace reprise::parallel {

std::vector<Subtree> subtrees_of(int first, int last, int leaves) {
  std::vector<Subtree> found;
  for (int begin = first; begin < last;) {
    Subtree largest{begin, begin + 1};
    for (int width = 2; begin % width == 0; width *= 2) {
      const int end = std::min(begin + width, leaves);
      if (end > last) break;
      largest.last = end;
      if (begin + width >= leaves) break;
    }
    found.push_back(largest);
    begin = largest.last;
  }
  return found;
}

std::pair<int, int> fold_to_two(const Subtree& node, std::span<const Subtree> parts, int leaves, const std::function<void(int, int)>& add) {
  const auto at = std::find_if(parts.begin(), parts.end(), [&](const Subtree& part) { return part.first == node.first; });
  assert(at != parts.end());
  if (at->last >= node.last) return {static_cast<int>(at - parts.begin()), -1};
  const int half = static_cast<int>(std::bit_ceil(static_cast<unsigned>(node.last - node.first))) / 2;
  const int left = fold({node.first, node.first + half}, parts, leaves, add);
  return {left, fold({node.first + half, node.last}, parts, leaves, add)};
}

int fold(const Subtree& node, std::span<const Subtree> parts, int leaves, const std::function<void(int, int)>& add) {
  const auto [left, right] = fold_to_two(node, parts, leaves, add);
  if (right >= 0) add(left, right);
  return left;
}

}  // namespace reprise::parallel
