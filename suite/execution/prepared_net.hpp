#pragma once
// The layers of a graph made ready for one shard size and precision.

#include <cstdint>
#include <memory>
#include <vector>

#include "suite/graph/graph.hpp"
#include "suite/graph/parameters.hpp"

namespace reprise::execution {

struct NetOptions {
  Precision precision = Precision::f32;
  std::int64_t batch = 128;  ///< the global batch
  std::int64_t shard = 8;    ///< samples of one shard
  /// Every value in memory of its own until its gradient is known, every sum taken where it is used: the same bits. What tests and
  /// measurements compare with.
  bool keeps_everything = false;
  std::int64_t shards() const { return (batch + shard - 1) / shard; }
};

/// The prepared layers of a graph for one shard size and precision, with their packed weights; shared by all plans of the graph.
struct PreparedNet {
  PreparedNet(const graph::Graph& graph, const NetOptions& options, bool wants_input_gradient = false);

  const graph::Graph& graph;
  NetOptions options;
  graph::NodeMap<std::unique_ptr<layers::PreparedLayer>> prepared;         ///< null for the input and for partitioned nodes
  graph::NodeMap<std::unique_ptr<layers::PreparedPartitions>> partitions;  ///< null unless partitioned
  graph::NodeMap<bool> needs_gradient;                                     ///< a parameter lies at or before it
  std::vector<graph::Head> heads;                                          ///< of the graph, the main one first
  std::size_t packed_bytes() const;
};

}  // namespace reprise::execution
