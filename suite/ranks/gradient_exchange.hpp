#pragma once
// Sums of float32 vectors over all shards, when the shards are spread over ranks, along the one tree over the shards.
//
//   put         every rank tells where in the node's window the sums of its largest subtrees lie: its pool hands out that memory
//   (synchronise)
//   combine     the ranks of a node, each a slice of the floats, put these together to the node's largest subtrees
//   (synchronise, if there are several nodes)
//   start       the node's leader sends every other node its chunk of them: reduce-scatter; `poll` moves it on meanwhile
//   finish      the leader adds up its own chunk in the order of the tree and exchanges the results: all-gather
//   (synchronise)
//   take        the sum, in slices
//
// On one node `combine` hands out the sum itself and the rest does nothing.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "suite/parallel/subtrees.hpp"
#include "suite/parallel/tree_reduction.hpp"
#include "suite/ranks/team.hpp"

namespace reprise::ranks {

class GradientExchange {
 public:
  /// output = left + right, element by element; output may be left.
  using Add = std::function<void(const float* left, const float* right, float* output, std::int64_t count)>;
  /// The sum of elements [first, first + count): left + right, or left alone if right is null.
  using Take = std::function<void(std::int64_t first, std::int64_t count, const float* left, const float* right)>;

  /// For vectors of `floats` numbers and up to `most_leaves` shards; `threads` of this rank, not necessarily as many as
  /// of others, take buffers at once. Collective.
  GradientExchange(Team& team, int most_leaves, std::int64_t floats, int threads, Add add);

  /// Buffers of `floats` numbers for this rank's tree reduction, as far as they last in the node's window.
  parallel::BufferPool& pool() { return *pool_; }

  /// This rank's subtree sums of a batch of `leaves` shards, in buffers of the pool; `sums[i]` belongs to the i-th subtree of its
  /// share. They go back to the pool at the next put, by which time all ranks must have passed a synchronise after `combine`.
  void put(int leaves, std::span<std::byte* const> sums);
  /// Puts this rank's slice together; on one node hands it to `take`.
  void combine(int leaves, const Take& take);
  void start();
  void poll();
  void finish();
  /// This rank's slice of the sum, where there are several nodes.
  void take(const Take& take) const;

 private:
  int parts_of(int node) const;
  Range chunk(int node) const { return share_of(floats_, node, team_.nodes()); }
  std::size_t packed(int node) const;
  void pack(std::int64_t w, std::int64_t first, std::int64_t count, const float* left, const float* right);

  Team& team_;
  std::int64_t floats_, stride_;
  Add add_;
  Memory windows_;  ///< the ranks' buffers, rank after rank
  Memory places_;   ///< [local ranks, most_parts_]: where each rank's sums lie, in floats from the start of windows_
  std::size_t most_parts_ = 1;
  std::unique_ptr<parallel::BufferPool> pool_;
  std::vector<std::byte*> lent_;
  Memory packed_, arrived_, result_;
  int leaves_ = 0;
  std::unique_ptr<Messages> messages_;
  std::atomic_flag polling_ = ATOMIC_FLAG_INIT;
};

}  // namespace reprise::ranks
