#pragma once
// A graph of layers over samples. Building it checks shapes; planning and running it is graph/plan.hpp and graph/executor.hpp.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "suite/graph/node_map.hpp"
#include "suite/layers/layer.hpp"
#include "suite/losses/loss.hpp"
#include "suite/schedules/schedule.hpp"

namespace reprise::graph {

struct Node {
  std::string name;                            ///< "block3.conv1", unique
  std::shared_ptr<const layers::Layer> layer;  ///< null for the input node
  std::vector<NodeId> inputs;
  SampleShape shape;  ///< of its output
  std::vector<layers::ParameterSpec> parameters;
  layers::Cost cost;
};

/// Where a net is compared with a target. Training minimises the weighted sum of all heads' losses; evaluation computes the main head.
struct Head {
  std::string name = "main";  ///< unique
  NodeId node = 0;
  losses::LossPointer loss;
  losses::Target target = losses::Target::label;
  schedules::Schedule weight = {.value = 1};  ///< of its loss in the sum
  /// In the sum the mean loss of a batch counts as far as it exceeds this; a head below it sends no gradient back. 0: it counts whole.
  double threshold = 0;
};

/// Nodes in order of execution; node 0 is the input. The main head's node is the output.
class Graph {
 public:
  explicit Graph(const SampleShape& input);

  /// Adds a layer reading `inputs`; returns its id. Throws ShapeError naming the node, and InputError if a name was
  /// used before or draws the same random numbers as another (random::name_hash), be it a node's or a parameter's.
  NodeId add(const std::string& name, std::shared_ptr<const layers::Layer> layer, const std::vector<NodeId>& inputs);
  /// The same, reading the last node added.
  NodeId add(const std::string& name, std::shared_ptr<const layers::Layer> layer);

  NodeId last() const { return static_cast<NodeId>(nodes_.size()) - 1; }

  /// The first one is the main head. Throws InputError for a name used twice, a loss that cannot be compared with the target, a negative
  /// threshold and one of a head that shares its node with another, and
  /// ShapeError if the input is the target and has not as many values as the node.
  void add_head(Head head);
  /// Another loss for the main head, which is compared with what it was compared with. Throws InputError as add_head.
  void set_main_loss(losses::LossPointer loss);
  /// Softmax cross-entropy of the last node with the label, where none was added.
  std::vector<Head> heads() const;
  Head main_head() const { return heads().front(); }
  NodeId output() const { return heads_.empty() ? last() : heads_.front().node; }

  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& node(NodeId id) const { return nodes_[static_cast<std::size_t>(id)]; }
  /// Throws InputError listing the names when there is none.
  NodeId find(const std::string& name) const;

  std::int64_t trained_parameters() const;
  /// The net without what the other heads alone need; nodes and parameters keep their names.
  Graph main_branch() const;
  /// The nodes whose channels a node joins, one after the other; itself if it joins none.
  std::vector<NodeId> parts(NodeId node) const;
  /// The nodes that `ends` read, directly or not, and these themselves.
  NodeMap<bool> needed_by(const std::vector<NodeId>& ends) const;
  std::int64_t forward_macs() const;  ///< per sample, of what the main head needs
  /// Operations of one training sample: 2 per multiply-add, forward + input gradient + weight gradient; no input gradient
  /// for layers that read the input through nothing that has parameters; as many times as the losses see a sample.
  std::int64_t training_flops() const;

 private:
  std::vector<Node> nodes_;
  std::map<std::uint32_t, std::string> node_channels_, parameter_channels_;  ///< which name draws from which
  std::vector<Head> heads_;
};

}  // namespace reprise::graph
