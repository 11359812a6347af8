#pragma once
// Sums along one binary tree over shard indices (see subtrees.hpp), so that the sum's bits depend on the shards alone.
// The second child to finish does the merge, left += right, so nobody waits.

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "suite/parallel/subtrees.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::parallel {

/// Buffers of one size that tasks borrow and give back.
class BufferPool {
 public:
  explicit BufferPool(std::size_t bytes) : bytes_(bytes) {}
  /// Hands out `buffers` first, memory of somebody else's, and makes more only when these are all out.
  BufferPool(std::size_t bytes, std::vector<std::byte*> buffers) : bytes_(bytes), free_(std::move(buffers)) {}
  std::byte* take();
  void give(std::byte* buffer);
  /// A free buffer that `wanted` says yes to; there must be one.
  std::byte* take_within(const std::function<bool(const std::byte*)>& wanted);
  std::size_t bytes() const { return bytes_; }
  std::size_t allocated_bytes() const { return owned_.size() * bytes_; }

 private:
  std::size_t bytes_;
  std::mutex mutex_;
  std::vector<Memory> owned_;
  std::vector<std::byte*> free_;
};

/// One reduction over the leaves [first, last) of a tree of `leaves`, in buffers of a pool; `merge(left, right)` adds right to
/// left. What comes out is one sum for each of the largest subtrees in the range: the root alone for the whole range.
class TreeReduction {
 public:
  using Merge = std::function<void(std::byte* left, const std::byte* right)>;
  TreeReduction(int first, int last, int leaves, BufferPool& pool, Merge merge);
  TreeReduction(int leaves, BufferPool& pool, Merge merge) : TreeReduction(0, leaves, leaves, pool, std::move(merge)) {}
  /// Hands over leaf `leaf`'s buffer. Thread-safe; each leaf once.
  void deposit(int leaf, std::byte* buffer);
  /// The largest subtrees of the range, and their sums once all leaves were deposited; the caller gives the buffers back.
  const std::vector<Subtree>& subtrees() const { return subtrees_; }
  const std::vector<std::byte*>& sums() const { return sums_; }
  /// The sum over the whole tree, of a reduction over the whole range.
  std::byte* root() const { return sums_.front(); }

 private:
  int first_, leaves_;
  BufferPool& pool_;
  Merge merge_;
  std::vector<std::vector<std::atomic<std::byte*>>> waiting_;  ///< per level above the leaves: the child that came first
  std::vector<Subtree> subtrees_;
  std::vector<std::byte*> sums_;
};

/// The same tree for a few doubles a leaf, serially: rows [leaves, width] -> row 0 holds the sums. Overwrites rows.
void tree_sum_rows(double* rows, int leaves, std::size_t width);

}  // namespace reprise::parallel
