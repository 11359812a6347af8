#include "suite/graph/larger_input.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "suite/errors.hpp"
#include "suite/layers/concat.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/flatten.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/part_max_pool.hpp"
#include "suite/losses/softmax_cross_entropy.hpp"

namespace reprise::graph {

namespace {

constexpr const char* kWhat = "net over a larger input";
constexpr const char* kAverage = "average over places";

bool has_one_place(const SampleShape& shape) {
  return shape.height == 1 && shape.width == 1;
}

/// The layer that computes a dense layer at every place where maps of `shape` fit.
std::shared_ptr<const layers::Layer> at_every_place(const Node& node, const layers::Dense& dense, const SampleShape& shape) {
  if (shape.height != shape.width)
    throw InputError(Complaint{fmt::format("{}: dense layer '{}'", kWhat, node.name), "square maps as its input", shape.text(),
                               "Evaluate crops of the training size instead"});
  return std::make_shared<layers::Conv2d>(
      layers::Conv2d::Options{.filters = dense.options().features, .filter_size = shape.height, .bias = dense.options().bias});
}

void require_same_parameters(const Node& of_net, const Node& now) {
  std::vector<std::int64_t> before, after;
  for (const layers::ParameterSpec& parameter : of_net.parameters) before.push_back(parameter.count());
  for (const layers::ParameterSpec& parameter : now.parameters) after.push_back(parameter.count());
  if (before != after)
    throw InputError(Complaint{fmt::format("{}: node '{}'", kWhat, of_net.name), fmt::format("parameters [{}]", fmt::join(before, ", ")),
                               fmt::format("[{}]: they go with the places of its input", fmt::join(after, ", ")),
                               "Evaluate crops of the training size instead"});
}

/// Filters [K, (y, x, c)] of a dense layer as [K, c, y, x] of a convolution.
void to_filters(const float* rows, const std::vector<std::int64_t>& shape, float* filters) {
  const std::int64_t channels = shape[1], area = shape[2] * shape[3];
  for (std::int64_t k = 0; k < shape[0]; ++k, rows += area * channels, filters += area * channels)
    for (std::int64_t place = 0; place < area; ++place)
      for (std::int64_t c = 0; c < channels; ++c) filters[c * area + place] = rows[place * channels + c];
}

}  // namespace

LargerNet nodes_over_larger_input(const Graph& net, const SampleShape& input, const std::vector<NodeId>& ends) {
  const SampleShape& before = net.node(0).shape;
  if (input.channels != before.channels || input.height < before.height || input.width < before.width)
    throw InputError(Complaint{kWhat, "an input of at least " + before.text(), input.text(), "Give a larger size"});
  const std::size_t count = net.nodes().size();
  const NodeMap<bool> needed = net.needed_by(ends);
  std::vector<NodeId> ids(count, 0);             // of a node of the net in the larger one
  std::vector<SampleShape> maps(count, before);  // its value's shape in the net, had nothing been flattened
  LargerNet larger{Graph(input), {}};
  for (NodeId n = 1; n <= net.last(); ++n) {
    if (!needed[n]) continue;
    const Node& node = net.node(n);
    const auto at = static_cast<std::size_t>(n), source = static_cast<std::size_t>(node.inputs.front());
    maps[at] = node.shape;
    if (dynamic_cast<const layers::Flatten*>(node.layer.get()) != nullptr) {
      ids[at] = ids[source];
      maps[at] = maps[source];
      continue;
    }
    std::shared_ptr<const layers::Layer> layer = node.layer;
    const auto* dense = dynamic_cast<const layers::Dense*>(node.layer.get());
    if (dense != nullptr && !(has_one_place(maps[source]) && has_one_place(larger.graph.node(ids[source]).shape)))
      layer = at_every_place(node, *dense, maps[source]);
    std::vector<NodeId> inputs;
    for (const NodeId id : node.inputs) inputs.push_back(ids[static_cast<std::size_t>(id)]);
    ids[at] = larger.graph.add(node.name, std::move(layer), inputs);
    require_same_parameters(node, larger.graph.node(ids[at]));
  }
  for (const NodeId end : ends) larger.ends.push_back(ids[static_cast<std::size_t>(end)]);
  return larger;
}

Graph over_larger_input(const Graph& net, const SampleShape& input) {
  const Graph branch = net.main_branch();
  Head head = branch.main_head();
  LargerNet larger = nodes_over_larger_input(branch, input, {head.node});
  if (!has_one_place(branch.node(head.node).shape))
    throw InputError(Complaint{kWhat, "one vector as its output", branch.node(head.node).shape.text(), "Evaluate at the training size"});
  head.node = larger.ends.front();
  if (!has_one_place(larger.graph.node(head.node).shape))
    head.node = larger.graph.add(kAverage, std::make_shared<layers::GlobalAveragePool>(), {head.node});
  larger.graph.add_head(std::move(head));
  return std::move(larger.graph);
}

Graph features_over_larger_input(const Graph& net, const SampleShape& input, const std::vector<NodeId>& ends,
                                 const std::vector<std::int64_t>& parts) {
  LargerNet larger = nodes_over_larger_input(net, input, ends);
  Graph& graph = larger.graph;
  std::vector<NodeId> vectors;
  const auto add_vector = [&](const std::string& name, NodeId map) {
    vectors.push_back(graph.add(name + " as features", std::make_shared<layers::Flatten>(), {map}));
  };
  for (std::size_t e = 0; e < ends.size(); ++e) {
    const NodeId end = larger.ends[e];
    const std::string name = net.node(ends[e]).name;
    const SampleShape shape = graph.node(end).shape;
    if (has_one_place(shape)) {
      add_vector(name, end);
      continue;
    }
    for (const std::int64_t n : parts) {
      const std::string part = fmt::format("{} in {} parts", name, n * n);
      if (n > std::min(shape.height, shape.width))
        throw InputError(Complaint{fmt::format("features of node '{}'", name),
                                   fmt::format("at most {} parts a side", std::min(shape.height, shape.width)), fmt::format("{}", n),
                                   "Lower the number of parts, or leave the node out"});
      add_vector(part,
                 n == 0 ? end : graph.add(part, std::make_shared<layers::PartMaxPool>(layers::PartMaxPool::Options{.parts = n}), {end}));
    }
  }
  const NodeId output =
      vectors.size() == 1 ? vectors.front() : graph.add("features of all nodes", std::make_shared<layers::Concat>(), vectors);
  graph.add_head({.node = output, .loss = std::make_shared<losses::SoftmaxCrossEntropy>()});
  return std::move(graph);
}

void copy_to_larger_input(const Parameters& from, Parameters& to, ranks::Team& team) {
  team.synchronise("weights of a net over a larger input");
  for (const Parameter& target : to.list()) {
    const auto source = std::find_if(from.list().begin(), from.list().end(), [&](const Parameter& p) { return p.name == target.name; });
    if (source == from.list().end() || source->count != target.count)
      throw InputError(Complaint{kWhat, fmt::format("{} values of '{}'", target.count, target.name),
                                 source == from.list().end() ? "none" : fmt::format("{}", source->count),
                                 "Take the net that it is made of"});
    if (!team.leads_node()) continue;
    if (source->spec.shape.size() == 2 && target.spec.shape.size() == 4)
      to_filters(from.of(*source), target.spec.shape, to.of(target));
    else
      std::copy_n(from.of(*source), source->count, to.of(target));
  }
  team.synchronise("weights of a net over a larger input");
}

}  // namespace reprise::graph
