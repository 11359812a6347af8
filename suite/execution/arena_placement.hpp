#pragma once
// Where buffers lie in an arena.

#include <cstddef>
#include <vector>

namespace reprise::execution {

/// A buffer that is alive from position `first` to position `last`.
struct Interval {
  std::size_t bytes;
  int first, last;
  std::size_t offset = 0;
};

/// Sets the offsets so that no two intervals that are alive together overlap: largest first, lowest offset that fits. Returns the size of
/// the arena.
std::size_t place(std::vector<Interval>& intervals);

}  // namespace reprise::execution
