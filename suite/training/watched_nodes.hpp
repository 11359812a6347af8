#pragma once
// What some nodes of a net made of the first test images as it learned: before the first step, and at each row of the history.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "datasets/sample_source.hpp"
#include "suite/execution/executor.hpp"
#include "suite/records/checkpoint.hpp"

namespace reprise::training {

struct Watch {
  graph::NodeId node = -1;
  std::int64_t images = 0;  ///< of the test set, at most
};

/// values [rows, images, size]
struct WatchedValues {
  std::int64_t images = 0, size = 0;
  std::vector<float> values = {};

  std::int64_t rows() const { return static_cast<std::int64_t>(values.size()) / (images * size); }
  const float* at(std::int64_t row, std::int64_t image) const { return values.data() + (row * images + image) * size; }
};

class WatchedNodes {
 public:
  /// Of several watches of one node, the one of most images.
  void watch(const std::vector<Watch>& watches, const graph::Graph& graph, std::int64_t test_images);

  bool empty() const { return nodes_.empty(); }

  /// A row more. Collective over the executor's team; afterwards all ranks have the values.
  void note(execution::Executor& executor, const datasets::SampleSource& test, std::int64_t batch, std::uint64_t seed);

  /// Throws InputError if the node is not watched.
  const WatchedValues& of(graph::NodeId node) const;

  void save_to(records::Checkpoint& checkpoint) const;
  /// Throws InputError unless the checkpoint has that many rows of each.
  void restore_from(const records::Checkpoint& checkpoint, std::int64_t rows);

 private:
  struct Node {
    std::string entry;  ///< of the checkpoint
    WatchedValues found;
  };
  std::map<graph::NodeId, Node> nodes_;
};

}  // namespace reprise::training
