#pragma once
// The part of a net up to its features: steps of unsupervised learning, and features of images.
//
// A step runs shard by shard like any other (one thread a shard, single-threaded primitives); shards meet where batch norm takes its
// statistics and where weights change. A shard's part of a change stays in the convolution's own format; the parts are summed along the
// shard tree, unit of rows by unit of rows, so every thread sums, unpacks and updates other rows. Weights are the same bits on any number
// of threads. Ranks: each computes a range of shards; their changes and moments lie in memory that a node shares and are brought to every
// node, where the ranks sum and update other units of rows. A node thus sends its shards' changes whole, not one sum: the batches are
// small.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "suite/execution/executor.hpp"
#include "suite/layers/plastic.hpp"

namespace reprise::hebbian {

class PlasticNet {
 public:
  /// Keeps references; the parameters belong to the same team. Construction, load_weights, learn and features are collective over it.
  /// `features` is the last node that is computed. Throws InputError unless the nodes up to it are a chain with at least
  /// one plastic layer.
  PlasticNet(const graph::Graph& graph, graph::NodeId features, const execution::NetOptions& options, graph::Parameters& parameters,
             parallel::Workers& workers, ranks::Team& team = ranks::Team::alone());
  ~PlasticNet();

  /// Plastic layers, in order of execution.
  int layers() const;
  graph::NodeId node_of(int layer) const;

  /// Packs the master weights; to be called after they were changed from outside.
  void load_weights();

  /// One batch: layers [first, last] learn, all from the weights before the step; their batch norm uses the batch and moves its running
  /// statistics. Earlier layers are frozen, later ones are not computed. `progress`: how much of the layers' epochs is over, from 0 to 1.
  /// Returns the sum over these layers of the largest change of a weight, before the rate. Throws RunError naming layer and step if a
  /// change is not finite.
  double learn(const execution::Batch& batch, int first, int last, double progress = 0);

  /// Operations of one image in learn(first, last): 2 per multiply-add, forward and change of weights.
  double learning_flops(int first, int last) const;
  double feature_flops() const;

  /// Takes the features of slots [first, first + count): values [count, size of the features node] as stored. Called from many threads.
  using Sink = std::function<void(std::int64_t first, std::int64_t count, const void* values)>;
  /// Frozen features of `count` images, any number: every rank takes those of its share of the shards (first_slots).
  void features(const execution::BatchReader& reader, std::int64_t count, const Sink& sink);

  /// The first slot of every shard of `count` images, and `count`: rank r's share of the shards is team.share(shards).
  std::vector<std::int64_t> first_slots(std::int64_t count) const;

  /// Euclidean norms of a layer's neurons.
  std::vector<double> norms(int layer) const;

  std::size_t memory_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reprise::hebbian
