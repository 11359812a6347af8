#pragma once
// Sums along one binary tree over shard indices, so that the sum's bits depend on the shards alone.
//
// Node (level, i) covers leaves [i 2^level, (i + 1) 2^level); a node whose right half has no leaf passes its left half on.
// The second child to finish does the merge, left += right, so nobody waits.

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "suite/tensor/memory.hpp"

namespace reprise::parallel {

/// Buffers of one size that tasks borrow and give back.
class BufferPool {
 public:
  explicit BufferPool(std::size_t bytes) : bytes_(bytes) {}
  std::byte* take();
  void give(std::byte* buffer);
  std::size_t bytes() const { return bytes_; }
  std::size_t allocated_bytes() const { return owned_.size() * bytes_; }

 private:
  std::size_t bytes_;
  std::mutex mutex_;
  std::vector<Memory> owned_;
  std::vector<std::byte*> free_;
};

/// One reduction over `leaves` buffers of a pool; `merge(left, right)` adds right to left.
class TreeReduction {
 public:
  TreeReduction(int leaves, BufferPool& pool, std::function<void(std::byte* left, const std::byte* right)> merge);
  /// Hands over leaf `leaf`'s buffer. Thread-safe; each leaf once.
  void deposit(int leaf, std::byte* buffer);
  /// The sum, after all leaves were deposited; the caller gives the buffer back to the pool.
  std::byte* root() const { return root_; }

 private:
  int leaves_;
  BufferPool& pool_;
  std::function<void(std::byte*, const std::byte*)> merge_;
  std::vector<std::vector<std::atomic<std::byte*>>> waiting_;  ///< per level above the leaves: the child that came first
  std::byte* root_ = nullptr;
};

/// The same tree for a few doubles a leaf, serially: rows [leaves, width] -> row 0 holds the sums. Overwrites rows.
void tree_sum_rows(double* rows, int leaves, std::size_t width);

}  // namespace reprise::parallel
