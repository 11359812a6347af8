#pragma once
// A graph of layers over samples. Building it checks shapes; planning and running it is graph/plan.hpp and graph/executor.hpp.

#include <memory>
#include <string>
#include <vector>

#include "suite/layers/layer.hpp"

namespace reprise::graph {

/// What the last value is compared with.
enum class LossKind {
  softmax_cross_entropy,   ///< last value = logits [classes]; target = label
  squared_error,           ///< mean over features of (value - target)^2 / 2; target = one-hot label, or the input (autoencoder)
  margin,                  ///< last value = capsule lengths [classes]; target = label; Sabour et al. 2017, equation 4 (arXiv 1710.09829)
  logistic_cross_entropy,  ///< last value = logits [D]; target = the input in [0, 1] (autoencoder) or one-hot label
};

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

  /// Adds a layer reading `inputs`; returns its id. Throws ShapeError naming the node.
  NodeId add(const std::string& name, std::shared_ptr<const layers::Layer> layer, const std::vector<NodeId>& inputs);
  /// The same, reading the last node added.
  NodeId add(const std::string& name, std::shared_ptr<const layers::Layer> layer);

  NodeId last() const { return static_cast<NodeId>(nodes_.size()) - 1; }
  NodeId output() const { return last(); }
  void set_loss(LossKind loss) { loss_ = loss; }
  LossKind loss() const { return loss_; }
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
  LossKind loss_ = LossKind::softmax_cross_entropy;
};

}  // namespace reprise::graph
