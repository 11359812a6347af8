#include "suite/training/watched_nodes.hpp"

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/training/batch_source.hpp"
#include "suite/training/phase.hpp"

namespace reprise::training {

void WatchedNodes::watch(const std::vector<Watch>& watches, const graph::Graph& graph, std::int64_t test_images) {
  for (const Watch& watch : watches) {
    const graph::Node& node = graph.node(watch.node);
    Node& mine = nodes_[watch.node];
    mine.entry = "watched/" + node.name;
    mine.found.images = std::max(mine.found.images, std::min(watch.images, test_images));
    mine.found.size = node.shape.size();
  }
}

void WatchedNodes::note(execution::Executor& executor, const datasets::SampleSource& test, std::int64_t batch, std::uint64_t seed) {
  for (auto& [id, node] : nodes_) {
    WatchedValues& found = node.found;
    std::size_t next = found.values.size();
    found.values.resize(next + static_cast<std::size_t>(found.images * found.size));
    for (std::int64_t first = 0; first < found.images; first += batch) {
      const SourceReader reader(test, {.first = first});
      const std::int64_t count = std::min(batch, found.images - first);
      execution::Readout readout;
      readout.node = id;
      readout.values = found.values.data() + next;
      executor.evaluate({&reader, count, seed, 0}, layers::Mode::infer, readout);
      next += static_cast<std::size_t>(count * found.size);
    }
  }
}

const WatchedValues& WatchedNodes::of(graph::NodeId node) const {
  const auto found = nodes_.find(node);
  if (found == nodes_.end())
    throw InputError(Complaint{"values of node " + std::to_string(node) + " over training", "a node that is watched", "one that is not",
                               "Watch it before the run begins"});
  return found->second.found;
}

void WatchedNodes::save_to(records::Checkpoint& checkpoint) const {
  for (const auto& [id, node] : nodes_) {
    const WatchedValues& found = node.found;
    checkpoint.tensors[node.entry] = {{found.rows(), found.images, found.size}, found.values};
  }
}

void WatchedNodes::restore_from(const records::Checkpoint& checkpoint, std::int64_t rows) {
  for (auto& [id, node] : nodes_) {
    WatchedValues& found = node.found;
    found.values.resize(static_cast<std::size_t>(rows * found.images * found.size));
    floats_of(checkpoint, node.entry, found.values.data(), rows * found.images * found.size);
  }
}

}  // namespace reprise::training
