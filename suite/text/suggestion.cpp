#include "suite/text/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace reprise::text {

int edit_distance(std::string_view left, std::string_view right) {
  const std::size_t rows = left.size() + 1, columns = right.size() + 1;
  std::vector<int> cost(rows * columns);
  const auto at = [&](std::size_t i, std::size_t j) -> int& { return cost[i * columns + j]; };
  for (std::size_t i = 0; i < rows; ++i) at(i, 0) = static_cast<int>(i);
  for (std::size_t j = 0; j < columns; ++j) at(0, j) = static_cast<int>(j);
  for (std::size_t i = 1; i < rows; ++i) {
    for (std::size_t j = 1; j < columns; ++j) {
      const int replaced = at(i - 1, j - 1) + (left[i - 1] == right[j - 1] ? 0 : 1);
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, replaced});
      const bool swapped = i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  }
  return at(rows - 1, columns - 1);
}

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
  std::string best;
  int fewest = (static_cast<int>(name.size()) + 2) / 3 + 1;
  for (const std::string& candidate : candidates) {
    const int edits = edit_distance(name, candidate);
    if (edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates, const std::string& otherwise) {
  const std::string meant = nearest(name, candidates);
  return meant.empty() ? otherwise : fmt::format("Did you mean '{}'?", meant);
}

}  // namespace reprise::text
