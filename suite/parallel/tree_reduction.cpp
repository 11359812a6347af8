#include "suite/parallel/tree_reduction.hpp"

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

TreeReduction::TreeReduction(int leaves, BufferPool& pool, std::function<void(std::byte*, const std::byte*)> merge)
    : leaves_(leaves), pool_(pool), merge_(std::move(merge)) {
  for (int width = leaves; width > 1; width = (width + 1) / 2) waiting_.emplace_back(static_cast<std::size_t>((width + 1) / 2));
}

void TreeReduction::deposit(int leaf, std::byte* buffer) {
  int index = leaf, width = leaves_;
  for (std::size_t level = 0; level < waiting_.size(); ++level, index /= 2, width = (width + 1) / 2) {
    if ((index ^ 1) >= width) continue;  // no sibling: pass on
    std::atomic<std::byte*>& slot = waiting_[level][static_cast<std::size_t>(index / 2)];
    std::byte* first = nullptr;
    if (slot.compare_exchange_strong(first, buffer, std::memory_order_acq_rel)) return;
    std::byte* left = index % 2 == 0 ? buffer : first;
    std::byte* right = index % 2 == 0 ? first : buffer;
    merge_(left, right);
    pool_.give(right);
    buffer = left;
  }
  root_ = buffer;
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
