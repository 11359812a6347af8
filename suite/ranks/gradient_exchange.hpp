#pragma once
// Sums of float32 vectors over all shards, when the shards are spread over ranks, along the one tree over the shards.
//
//   put         every rank tells where in the node's window the sums of its largest subtrees lie: its pool hands out that memory
//   combine     the ranks of a node, each a slice of the floats, put these together to the node's largest subtrees. On one node that is
//               the sum. Of several, each sends every other its chunk: reduce-scatter, which `poll` moves on meanwhile
//   finish      the leaders of nodes add up their own chunks in the order of the tree and exchange the results: all-gather
//
// The barriers between these steps are placed here.

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

  /// For vectors of `floats` numbers and up to `max_leaves` shards; `threads` of this rank, not necessarily as many as
  /// of others, take buffers at once. Collective.
  GradientExchange(Team& team, int max_leaves, std::int64_t floats, int threads, Add add);

  /// Buffers of `floats` numbers for this rank's tree reduction, as far as they last in the node's window.
  parallel::BufferPool& pool() { return *pool_; }

  /// This rank's subtree sums of a batch of `leaves` shards, in buffers of the pool; `sums[i]` belongs to the i-th subtree of its
  /// share. They go back to the pool at the next put, between which and this batch's combine() all ranks must have met: they do at the
  /// update. Not collective.
  void put(int leaves, std::span<std::byte* const> sums);
  /// After every rank's put. On one node hands this rank's slice of the sum to `take` and returns false; on several starts the messages,
  /// and true says that finish() is due. Collective.
  bool combine(const Take& take);
  void poll();
  /// This rank's slices of the sums of exchanges whose combine() returned true, in the same order on all ranks. Collective.
  using TakeFinished = std::function<void(std::size_t exchange, std::int64_t first, std::int64_t count, const float* sum)>;
  static void finish(std::span<GradientExchange* const> started, const TakeFinished& take);

 private:
  void start();
  void finish();
  int parts_of(int node) const;
  Range chunk(int node) const { return share_of(floats_, node, team_.nodes()); }
  std::size_t packed(int node) const;
  void pack(std::int64_t w, std::int64_t first, std::int64_t count, const float* left, const float* right);

  Team& team_;
  std::int64_t floats_, stride_;
  Add add_;
  Memory windows_;  ///< the ranks' buffers, rank after rank
  Memory places_;   ///< [local ranks, max_parts_]: where each rank's sums lie, in floats from the start of windows_
  std::size_t max_parts_ = 1;
  std::unique_ptr<parallel::BufferPool> pool_;
  std::vector<std::byte*> lent_;
  Memory packed_, arrived_, result_;
  int leaves_ = 0;
  std::unique_ptr<Messages> messages_;
  std::atomic_flag polling_;
};

}  // namespace reprise::ranks
