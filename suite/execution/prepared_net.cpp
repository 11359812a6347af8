#include "suite/execution/prepared_net.hpp"

#include <algorithm>

#include "suite/random/random.hpp"

namespace reprise::execution {

namespace {

std::vector<SampleShape> input_shapes(const graph::Graph& graph, const graph::Node& node) {
  std::vector<SampleShape> shapes;
  for (const graph::NodeId input : node.inputs) shapes.push_back(graph.node(input).shape);
  return shapes;
}

bool has_trained_parameters(const graph::Node& node) {
  return std::any_of(node.parameters.begin(), node.parameters.end(), [](const auto& p) { return p.trains; });
}

}  // namespace

PreparedNet::PreparedNet(const graph::Graph& graph_in, const NetOptions& options_in, bool wants_input_gradient)
    : graph(graph_in), options(options_in) {
  const std::size_t nodes = graph.nodes().size();
  prepared = graph::NodeMap<std::unique_ptr<layers::PreparedLayer>>(nodes);
  partitions = graph::NodeMap<std::unique_ptr<layers::PreparedPartitions>>(nodes);
  needs_gradient = graph::NodeMap<bool>(nodes, wants_input_gradient);
  heads = graph.heads();
  for (graph::NodeId n = 1; n <= graph.last(); ++n) {
    const graph::Node& node = graph.node(n);
    bool input_needs = false;
    for (const graph::NodeId input : node.inputs) input_needs = input_needs || needs_gradient[input];
    needs_gradient[n] = input_needs || has_trained_parameters(node);
    const auto shapes = input_shapes(graph, node);
    layers::PrepareOptions prepare{.precision = options.precision,
                                   .samples = static_cast<int>(options.shard),
                                   .wants_grad_input = input_needs,
                                   .name_hash = random::name_hash(node.name)};
    for (const graph::NodeId part : graph.parts(node.inputs.empty() ? n : node.inputs.front()))
      prepare.parts.push_back(graph.node(part).shape.channels);
    if (node.layer->output_partitions(shapes) > 0) {
      prepare.samples = static_cast<int>(options.shards() * options.shard);
      partitions[n] = node.layer->prepare_partitions(shapes, prepare);
    } else {
      prepared[n] = node.layer->prepare(shapes, prepare);
    }
  }
}

std::size_t PreparedNet::packed_bytes() const {
  std::size_t bytes = 0;
  for (const auto& layer : prepared) bytes += layer ? layer->packed_bytes() : 0;
  return bytes;
}

}  // namespace reprise::execution
