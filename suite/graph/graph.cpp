#include "suite/graph/graph.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/errors.hpp"
#include "suite/losses/softmax_cross_entropy.hpp"
#include "suite/random/random.hpp"

namespace reprise::graph {

namespace {

void take_channel(std::map<std::uint32_t, std::string>& channels, const std::string& kind, const std::string& name) {
  const auto [found, is_new] = channels.emplace(random::name_hash(name), name);
  if (is_new) return;
  const bool same = found->second == name;
  throw InputError(Complaint{
      fmt::format("{} '{}'", kind, name), same ? "a name used once" : "a name with random numbers of its own",
      same ? fmt::format("a second {} of this name", kind) : fmt::format("the hash of '{}', so both would draw the same", found->second),
      "Rename one"});
}

}  // namespace

Graph::Graph(const SampleShape& input) {
  nodes_.push_back({.name = "input", .layer = nullptr, .inputs = {}, .shape = input, .parameters = {}, .cost = {}});
  take_channel(node_channels_, "node", nodes_.front().name);
}

NodeId Graph::add(const std::string& name, std::shared_ptr<const layers::Layer> layer, const std::vector<NodeId>& inputs) {
  std::vector<SampleShape> shapes;
  for (const NodeId input : inputs) {
    if (input < 0 || input > last())
      throw ShapeError(Complaint{fmt::format("node '{}'", name), fmt::format("inputs between 0 and {}", last()), std::to_string(input),
                                 "Add a node after the nodes it reads"});
    shapes.push_back(node(input).shape);
  }
  Node added{.name = name, .layer = std::move(layer), .inputs = inputs, .shape = {}, .parameters = {}, .cost = {}};
  try {
    added.shape = added.layer->output_shape(shapes);
    added.parameters = added.layer->parameters(shapes);
    added.cost = added.layer->cost(shapes);
  } catch (const ShapeError& error) {
    throw ShapeError(fmt::format("node '{}' reading {}: {}", name, inputs.empty() ? "nothing" : node(inputs.front()).name, error.what()));
  }
  take_channel(node_channels_, "node", name);
  for (const auto& parameter : added.parameters) take_channel(parameter_channels_, "parameter", name + "/" + parameter.name);
  nodes_.push_back(std::move(added));
  return last();
}

NodeId Graph::add(const std::string& name, std::shared_ptr<const layers::Layer> layer) {
  return add(name, std::move(layer), {last()});
}

void Graph::add_head(Head head) {
  const std::string thing = fmt::format("head '{}'", head.name);
  if (head.node < 1 || head.node > last())
    throw ShapeError(Complaint{thing, fmt::format("a node between 1 and {}", last()), std::to_string(head.node), "Add its node first"});
  if (!(head.threshold >= 0))
    throw InputError(Complaint{thing, "a threshold of at least 0", fmt::format("{}", head.threshold), "Correct the threshold"});
  for (const Head& other : heads_)
    if (other.node == head.node && (other.threshold > 0 || head.threshold > 0))
      throw InputError(Complaint{thing, "a node of its own, where one of two heads has a threshold",
                                 fmt::format("'{}', which head '{}' reads, too", node(head.node).name, other.name), "Add a node"});
  for (const Head& other : heads_)
    if (other.name == head.name) throw InputError(Complaint{thing, "a name used once", "a second head of this name", "Rename one"});
  if (head.target == losses::Target::input) {
    const SampleShape &value = node(head.node).shape, &input = node(0).shape;
    if (!head.loss->compares_values())
      throw InputError(Complaint{thing, "a loss that compares values with the input", std::string(head.loss->name()),
                                 "Choose another loss, or the label as its target"});
    if (value.size() != input.size())
      throw ShapeError(Complaint{thing, fmt::format("as many values as the input has: {} {}", input.size(), input.text()),
                                 fmt::format("{} {} of node '{}'", value.size(), value.text(), node(head.node).name), "Mend the net"});
  }
  heads_.push_back(std::move(head));
}

void Graph::set_main_loss(losses::LossPointer loss) {
  std::vector<Head> all = heads();
  all.front().loss = std::move(loss);
  heads_.clear();
  for (Head& head : all) add_head(std::move(head));
}

std::vector<Head> Graph::heads() const {
  if (!heads_.empty()) return heads_;
  return {{.node = last(), .loss = std::make_shared<losses::SoftmaxCrossEntropy>()}};
}

NodeId Graph::find(const std::string& name) const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].name == name) return static_cast<NodeId>(i);
    names.push_back(nodes_[i].name);
  }
  throw InputError(Complaint{"node", fmt::format("one of {}", fmt::join(names, ", ")), "'" + name + "'", "Use the name of a node"});
}

std::int64_t Graph::trained_parameters() const {
  std::int64_t count = 0;
  for (const Node& node : nodes_)
    for (const auto& parameter : node.parameters)
      if (parameter.trains) count += parameter.count();
  return count;
}

std::int64_t Graph::forward_macs() const {
  const NodeMap<bool> needed = needed_by({output()});
  std::int64_t macs = 0;
  for (NodeId n = 0; n <= last(); ++n) macs += needed[n] ? node(n).cost.forward_macs : 0;
  return macs;
}

Graph Graph::main_branch() const {
  const NodeMap<bool> needed = needed_by({output()});
  NodeMap<NodeId> ids(nodes_.size(), 0);
  Graph branch(node(0).shape);
  for (NodeId n = 1; n <= last(); ++n) {
    if (!needed[n]) continue;
    std::vector<NodeId> inputs;
    for (const NodeId input : node(n).inputs) inputs.push_back(ids[input]);
    ids[n] = branch.add(node(n).name, node(n).layer, inputs);
  }
  Head head = main_head();
  head.node = ids[head.node];
  branch.add_head(std::move(head));
  return branch;
}

std::vector<NodeId> Graph::parts(NodeId joined) const {
  const Node& end = node(joined);
  if (end.layer == nullptr || !end.layer->joins_channels()) return {joined};
  std::vector<NodeId> all;
  for (const NodeId input : end.inputs) {
    const std::vector<NodeId> more = parts(input);
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

NodeMap<bool> Graph::needed_by(const std::vector<NodeId>& ends) const {
  NodeMap<bool> needed(nodes_.size(), false);
  for (const NodeId end : ends) needed[end] = true;
  for (NodeId n = last(); n >= 1; --n)
    if (needed[n])
      for (const NodeId input : node(n).inputs) needed[input] = true;
  return needed;
}

std::int64_t Graph::training_flops() const {
  NodeMap<bool> learns(nodes_.size(), false);  // some parameter lies at or before this node
  std::int64_t flops = 0, views = 1;
  for (const Head& head : heads()) views = std::max<std::int64_t>(views, head.loss->views());
  for (NodeId n = 1; n <= last(); ++n) {
    const Node& layer = node(n);
    bool input_learns = false;
    for (const NodeId input : layer.inputs) input_learns = input_learns || learns[input];
    bool own = false;
    for (const auto& parameter : layer.parameters) own = own || parameter.trains;
    learns[n] = input_learns || own;
    flops += 2 * (layer.cost.forward_macs + layer.cost.grad_weight_macs + (input_learns ? layer.cost.grad_input_macs : 0));
  }
  return views * flops;
}

}  // namespace reprise::graph
