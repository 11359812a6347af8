#pragma once
// A graph of layers over samples. Building it checks shapes; planning and running it is graph/plan.hpp and graph/executor.hpp.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "suite/layers/layer.hpp"
#include "suite/losses/loss_kind.hpp"

namespace reprise::graph {

using NodeId = int;

struct Node {
  std::string name;                            ///< "block3.conv1", unique
  std::shared_ptr<const layers::Layer> layer;  ///< null for the input node
  std::vector<NodeId> inputs;
  SampleShape shape;  ///< of its output
  std::vector<layers::ParameterSpec> parameters;
  layers::Cost cost;
};

/// Nodes in order of execution; node 0 is the input. The last node added is the output.
class Graph {
 public:
  explicit Graph(const SampleShape& input);

  /// Adds a layer reading `inputs`; returns its id. Throws ShapeError naming the node, and InputError if a name was
  /// used before or draws the same random numbers as another (random::channel_of), be it a node's or a parameter's.
  NodeId add(const std::string& name, std::shared_ptr<const layers::Layer> layer, const std::vector<NodeId>& inputs);
  /// The same, reading the last node added.
  NodeId add(const std::string& name, std::shared_ptr<const layers::Layer> layer);

  NodeId last() const { return static_cast<NodeId>(nodes_.size()) - 1; }
  NodeId output() const { return last(); }
  void set_loss(losses::LossKind loss) { loss_ = loss; }
  losses::LossKind loss() const { return loss_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& node(NodeId id) const { return nodes_[static_cast<std::size_t>(id)]; }
  /// Throws InputError listing the names when there is none.
  NodeId find(const std::string& name) const;

  std::int64_t trained_parameters() const;
  std::int64_t forward_macs() const;  ///< per sample
  /// Operations of one training sample: 2 per multiply-add, forward + input gradient + weight gradient; no input gradient
  /// for layers that read the input through nothing that has parameters.
  std::int64_t training_flops() const;

 private:
  std::vector<Node> nodes_;
  std::map<std::uint32_t, std::string> node_channels_, parameter_channels_;  ///< which name draws from which
  losses::LossKind loss_ = losses::LossKind::softmax_cross_entropy;
};

}  // namespace reprise::graph
