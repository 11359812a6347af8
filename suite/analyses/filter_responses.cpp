#include "suite/analyses/filter_responses.hpp"

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/layers/average_pool2d.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/soft_hebb_conv2d.hpp"

namespace reprise::analyses {

Field field_of(const graph::Graph& graph, graph::NodeId node) {
  Field field;
  for (graph::NodeId n = 1; n <= node; ++n) {
    const layers::Layer* layer = graph.node(n).layer.get();
    if (const auto* plastic = dynamic_cast<const layers::SoftHebbConv2d*>(layer))
      field.widen(plastic->options().filter_size, 1, plastic->options().padding);
    if (const auto* conv = dynamic_cast<const layers::Conv2d*>(layer))
      field.widen(conv->options().filter_size, conv->options().stride, conv->options().padding);
    if (const auto* pool = dynamic_cast<const layers::MaxPool2d*>(layer))
      field.widen(pool->options().window, pool->options().stride, pool->options().padding);
    if (const auto* pool = dynamic_cast<const layers::AveragePool2d*>(layer))
      field.widen(pool->options().window, pool->options().stride, pool->options().padding);
    if (layer->kind() == "flatten") return {0, std::max(graph.node(0).shape.height, graph.node(0).shape.width), 1};
  }
  return field;
}

std::vector<graph::NodeId> nodes_with_filters(const graph::Graph& graph, const std::string& analysis) {
  std::vector<graph::NodeId> nodes;
  for (graph::NodeId n = 1; n <= graph.last(); ++n) {
    const layers::Layer* layer = graph.node(n).layer.get();
    if (dynamic_cast<const layers::PlasticLayer*>(layer) != nullptr || dynamic_cast<const layers::Conv2d*>(layer) != nullptr)
      nodes.push_back(n);
  }
  if (nodes.empty()) throw InputError(Complaint{"analysis " + analysis, "a net with a convolution", "none", "Drop the analysis"});
  return nodes;
}

std::vector<std::int64_t> some_filters(const graph::Graph& graph, graph::NodeId node, std::int64_t count) {
  const std::int64_t channels = graph.node(node).shape.channels, chosen = std::min(count, channels);
  std::vector<std::int64_t> filters;
  for (std::int64_t i = 0; i < chosen; ++i) filters.push_back(i * channels / chosen);
  return filters;
}

std::vector<std::vector<Excitation>> strongest(const AnalysisInputs& in, graph::NodeId node, const std::vector<std::int64_t>& filters,
                                               std::int64_t images) {
  const SampleShape shape = in.graph.node(node).shape;
  execution::Executor& executor = in.learner.executor();
  std::vector<float> values(static_cast<std::size_t>(in.recipe.batch * shape.size()));
  std::vector<std::vector<Excitation>> found(filters.size(), std::vector<Excitation>(static_cast<std::size_t>(images)));
  for (std::int64_t first = 0; first < images; first += in.recipe.batch) {
    const training::SourceReader reader(in.test, {.first = first});
    const execution::Batch batch{&reader, std::min(in.recipe.batch, images - first), in.seed, 0};
    execution::Readout readout;
    readout.node = node;
    readout.values = values.data();
    executor.evaluate(batch, layers::Mode::infer, readout);
    for (std::int64_t i = 0; i < batch.count; ++i)
      for (std::size_t f = 0; f < filters.size(); ++f) {
        Excitation& best = found[f][static_cast<std::size_t>(first + i)];
        best.image = first + i;
        for (std::int64_t p = 0; p < shape.positions(); ++p) {
          const float value = values[static_cast<std::size_t>((i * shape.positions() + p) * shape.channels + filters[f])];
          if (value > best.value) best = {value, first + i, p};
        }
      }
  }
  for (auto& of_filter : found)
    std::stable_sort(of_filter.begin(), of_filter.end(), [](const Excitation& a, const Excitation& b) { return a.value > b.value; });
  return found;
}

}  // namespace reprise::analyses
