#include "suite/evaluations/features.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include "datasets/augmentation.hpp"
#include "datasets/resized_images.hpp"
#include "suite/errors.hpp"
#include "suite/graph/larger_input.hpp"
#include "suite/training/backprop_phase.hpp"

namespace reprise::evaluations {

namespace {

constexpr double kShareBelow = 0.9999;

/// Images whose labels are not those of the net.
class Unlabelled : public training::SourceReader {
 public:
  using training::SourceReader::SourceReader;
  std::int32_t label(std::int64_t) const override { return 0; }
};

/// The images as the net sees them: whole at another size, or as the run's test images are seen.
struct Seen {
  std::shared_ptr<const datasets::ImageSet> resized{};
  std::unique_ptr<const datasets::SampleSource> source{};
};

Seen seen(const EvaluationInputs& inputs, const recipes::ProbeRecipe& probe, const datasets::ImageSet& images) {
  const std::string what = fmt::format("probe '{}' on images of '{}'", probe.name, images.name);
  const datasets::ImageSet& fitted = inputs.test.images();
  const bool alike = images.channels == fitted.channels && images.height == fitted.height && images.width == fitted.width;
  if (images.channels != fitted.channels)
    throw InputError(Complaint{what, fmt::format("{} channels, as the net was trained on", fitted.channels),
                               fmt::format("{}", images.channels), "Choose another data set"});
  if ((probe.side > 0 || !alike) && inputs.preprocessing->table() == nullptr)
    throw InputError(Complaint{what, "images of the training images' size, or preprocessing that treats each value by itself",
                               fmt::format("{} x {}, to be seen at {}", images.height, images.width, probe.side),
                               "Remove its side, or choose another preprocessing"});
  // A set that its owner keeps: the source is gone before it.
  const std::shared_ptr<const datasets::ImageSet> own(&images, [](const datasets::ImageSet*) {});
  Seen result;
  if (probe.side > 0) {
    result.resized = datasets::resized(images, static_cast<int>(probe.side));
    result.source = std::make_unique<const datasets::SampleSource>(result.resized, inputs.preprocessing, std::vector<std::string>{});
  } else {
    result.source =
        std::make_unique<const datasets::SampleSource>(own, inputs.preprocessing, datasets::crops_among(inputs.recipe.augmentation));
  }
  return result;
}

std::vector<graph::NodeId> nodes_of(const graph::Graph& net, const recipes::ProbeRecipe& probe) {
  std::vector<graph::NodeId> nodes;
  for (const std::string& name : probe.nodes) nodes.push_back(net.find(name));
  return nodes;
}

/// Columns of each node: its vectors follow each other in the order in which they were asked for.
std::vector<FeatureBlock> blocks_of(const graph::Graph& graph, const recipes::ProbeRecipe& probe) {
  std::vector<FeatureBlock> blocks;
  std::int64_t first = 0;
  for (const std::string& name : probe.nodes) {
    const SampleShape shape = graph.node(graph.find(name)).shape;
    std::int64_t count = 0;
    for (const std::int64_t n : probe.parts) count += n == 0 ? shape.size() : n * n * shape.channels;
    if (shape.positions() == 1) count = shape.channels;
    blocks.push_back({name, first, count});
    first += count;
  }
  return blocks;
}

}  // namespace

struct FeatureNet::State {
  const EvaluationInputs& inputs;
  const recipes::ProbeRecipe& probe;
  graph::Graph graph;
  std::unique_ptr<graph::Parameters> parameters{};
  std::unique_ptr<execution::Executor> executor{};

  void load(training::Learner& learner) {
    if (executor) return;
    parameters = std::make_unique<graph::Parameters>(graph, inputs.team);
    learner.executor();  // brings the weights together
    graph::copy_to_larger_input(learner.parameters(), *parameters, inputs.team);
    executor =
        std::make_unique<execution::Executor>(graph, training::executor_options(inputs.recipe), *parameters, inputs.workers, inputs.team);
  }
};

FeatureNet::FeatureNet(const EvaluationInputs& inputs, const recipes::ProbeRecipe& probe, const datasets::ImageSet& images)
    : state_(new State{inputs, probe,
                       graph::features_over_larger_input(inputs.graph, seen(inputs, probe, images).source->shape(),
                                                         nodes_of(inputs.graph, probe), probe.parts)}) {}

FeatureNet::~FeatureNet() = default;

const graph::Graph& FeatureNet::graph() const {
  return state_->graph;
}

std::optional<FeatureTable> FeatureNet::features(training::Learner& learner, const datasets::ImageSet& images,
                                                 const std::vector<std::int64_t>& places, double from, double to) {
  const EvaluationInputs& inputs = state_->inputs;
  state_->load(learner);
  const Seen set = seen(inputs, state_->probe, images);
  FeatureTable table;
  table.rows = static_cast<std::int64_t>(places.size());
  table.columns = state_->graph.node(state_->graph.output()).shape.size();
  table.blocks = blocks_of(state_->graph, state_->probe);
  table.memory = inputs.team.memory(static_cast<std::size_t>(table.rows * table.columns) * sizeof(float));
  const std::int64_t batch = inputs.recipe.batch;
  std::vector<float> values(static_cast<std::size_t>(batch * table.columns));
  for (std::int64_t first = 0; first < table.rows; first += batch) {
    if (inputs.team.any(inputs.should_stop && inputs.should_stop(), "agreement to stop")) return std::nullopt;
    const Unlabelled reader(*set.source, {.order = &places, .first = first, .view = &set.source->centre()});
    const std::int64_t count = std::min(batch, table.rows - first);
    execution::Readout readout;
    readout.outputs = values.data();
    state_->executor->evaluate({.reader = &reader, .count = count, .seed = inputs.seed}, layers::Mode::infer, readout);
    if (inputs.team.leads_node())
      std::memcpy(table.values() + first * table.columns, values.data(), static_cast<std::size_t>(count * table.columns) * sizeof(float));
    if (inputs.progress)
      inputs.progress(state_->probe.name, from + (to - from) * static_cast<double>(first + count) / static_cast<double>(table.rows));
  }
  inputs.team.synchronise("features");
  return table;
}

std::vector<double> scales_of(const FeatureTable& table) {
  std::vector<double> scales;
  for (const FeatureBlock& block : table.blocks) {
    std::vector<float> all;
    all.reserve(static_cast<std::size_t>(table.rows * block.count));
    for (std::int64_t r = 0; r < table.rows; ++r) {
      const float* row = table.values() + r * table.columns + block.first;
      all.insert(all.end(), row, row + block.count);
    }
    const auto place = static_cast<std::ptrdiff_t>(std::ceil(kShareBelow * static_cast<double>(all.size()))) - 1;
    std::nth_element(all.begin(), all.begin() + place, all.end());
    const double value = all[static_cast<std::size_t>(place)];
    scales.push_back(value != 0 ? value : 1);
  }
  return scales;
}

void divide(FeatureTable& table, const std::vector<double>& scales, ranks::Team& team) {
  team.synchronise("features");
  if (team.leads_node())
    for (std::int64_t r = 0; r < table.rows; ++r)
      for (std::size_t b = 0; b < table.blocks.size(); ++b) {
        float* values = table.values() + r * table.columns + table.blocks[b].first;
        for (std::int64_t j = 0; j < table.blocks[b].count; ++j) values[j] = static_cast<float>(values[j] / scales[b]);
      }
  team.synchronise("features");
}

}  // namespace reprise::evaluations
