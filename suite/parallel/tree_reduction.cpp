#include "suite/parallel/tree_reduction.hpp"

#include <algorithm>
#include <cassert>

namespace reprise::parallel {

std::byte* BufferPool::take() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) {
    owned_.emplace_back(bytes_);
    free_.push_back(owned_.back().data());
  }
  std::byte* buffer = free_.back();
  free_.pop_back();
  return buffer;
}

void BufferPool::give(std::byte* buffer) {
  const std::lock_guard lock(mutex_);
  free_.push_back(buffer);
}

std::byte* BufferPool::take_within(const std::function<bool(const std::byte*)>& wanted) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(free_.begin(), free_.end(), wanted);
  assert(found != free_.end());
  std::byte* buffer = *found;
  free_.erase(found);
  return buffer;
}

TreeReduction::TreeReduction(int first, int last, int leaves, BufferPool& pool, Merge merge)
    : first_(first),
      leaves_(leaves),
      pool_(pool),
      merge_(std::move(merge)),
      subtrees_(subtrees_of(first, last, leaves)),
      sums_(subtrees_.size()) {
  int most = 1;
  for (const Subtree& subtree : subtrees_) most = std::max(most, subtree.last - subtree.first);
  for (int level = 1; (1 << (level - 1)) < most; ++level)
    waiting_.emplace_back(static_cast<std::size_t>(((last - 1) >> level) - (first >> level) + 1));
}

void TreeReduction::deposit(int leaf, std::byte* buffer) {
  const auto subtree = std::find_if(subtrees_.begin(), subtrees_.end(), [&](const Subtree& s) { return s.first <= leaf && leaf < s.last; });
  for (int level = 1; (1 << (level - 1)) < subtree->last - subtree->first; ++level) {
    const int child = leaf >> (level - 1);
    if ((child ^ 1) << (level - 1) >= leaves_) continue;  // no sibling: pass on
    std::atomic<std::byte*>& slot =
        waiting_[static_cast<std::size_t>(level - 1)][static_cast<std::size_t>((leaf >> level) - (first_ >> level))];
    std::byte* other = nullptr;
    if (slot.compare_exchange_strong(other, buffer, std::memory_order_acq_rel)) return;
    std::byte* left = child % 2 == 0 ? buffer : other;
    std::byte* right = child % 2 == 0 ? other : buffer;
    merge_(left, right);
    pool_.give(right);
    buffer = left;
  }
  sums_[static_cast<std::size_t>(subtree - subtrees_.begin())] = buffer;
}

void tree_sum_rows(double* rows, int leaves, std::size_t width) {
  for (int step = 1; step < leaves; step *= 2)
    for (int i = 0; i + step < leaves; i += 2 * step) {
      double* left = rows + static_cast<std::size_t>(i) * width;
      const double* right = rows + static_cast<std::size_t>(i + step) * width;
      for (std::size_t k = 0; k < width; ++k) left[k] += right[k];
    }
}

}  // namespace reprise::parallel
