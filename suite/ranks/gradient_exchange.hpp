#pragma once
// Sums of float32 vectors over all shards, when the shards are spread over ranks, along the one tree over the shards.
//
//   put         every rank lays the sums of its largest subtrees into the node's window
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
#include "suite/ranks/team.hpp"

namespace reprise::ranks {

class GradientExchange {
 public:
  using Add = std::function<void(float* left, const float* right, std::int64_t count)>;
  using Take = std::function<void(std::int64_t first, std::int64_t count, const float* sum)>;

  /// For vectors of `floats` numbers and up to `most_leaves` shards. Collective.
  GradientExchange(Team& team, int most_leaves, std::int64_t floats, Add add);

  /// This rank's subtree sums of a batch of `leaves` shards; `sums[i]` belongs to the i-th subtree of its share.
  void put(int leaves, std::span<const float* const> sums);
  /// Puts this rank's slice together; on one node hands it to `take`.
  void combine(int leaves, const Take& take);
  void start();
  void poll();
  void finish();
  /// This rank's slice of the sum, where there are several nodes.
  void take(const Take& take) const;

 private:
  float* window(int local_rank) const;
  int parts_of(int node) const;
  Range chunk(int node) const { return share_of(floats_, node, team_.nodes()); }
  std::size_t packed(int node) const;

  Team& team_;
  std::int64_t floats_, stride_;
  Add add_;
  std::vector<std::int64_t> window_first_;  ///< per local rank, in vectors
  Memory windows_, packed_, arrived_, result_;
  int leaves_ = 0;
  std::unique_ptr<Messages> messages_;
  std::atomic_flag polling_ = ATOMIC_FLAG_INIT;
};

}  // namespace reprise::ranks
