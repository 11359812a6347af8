#include "suite/graph/graph.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/errors.hpp"
#include "suite/random/random.hpp"

namespace reprise::graph {

namespace {

void take_channel(std::map<std::uint32_t, std::string>& channels, const std::string& kind, const std::string& name) {
  const auto [found, is_new] = channels.emplace(random::channel_of(name), name);
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
  std::int64_t macs = 0;
  for (const Node& node : nodes_) macs += node.cost.forward_macs;
  return macs;
}

std::int64_t Graph::training_flops() const {
  std::vector<bool> learns(nodes_.size(), false);  // some parameter lies at or before this node
  std::int64_t flops = 0;
  for (std::size_t i = 1; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    bool input_learns = false;
    for (const NodeId input : node.inputs) input_learns = input_learns || learns[static_cast<std::size_t>(input)];
    bool own = false;
    for (const auto& parameter : node.parameters) own = own || parameter.trains;
    learns[i] = input_learns || own;
    flops += 2 * (node.cost.forward_macs + node.cost.grad_weight_macs + (input_learns ? node.cost.grad_input_macs : 0));
  }
  return flops;
}

}  // namespace reprise::graph
