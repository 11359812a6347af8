#include "suite/hebbian/feature_phase.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/training/batch_source.hpp"

namespace reprise::hebbian {

namespace {

constexpr std::int64_t kChunk = 500;  // images between two looks at should_stop

}  // namespace

graph::NodeId features_node(const graph::Graph& graph) {
  return graph.find("features");
}

graph::Graph classifier_of(const graph::Graph& graph, graph::NodeId features) {
  graph::Graph head(graph.node(features).shape);
  for (graph::NodeId n = features + 1; n <= graph.last(); ++n) {
    const graph::Node& node = graph.node(n);
    if (node.inputs != std::vector<graph::NodeId>{n - 1})
      throw InputError(Complaint{fmt::format("procedure hebbian, node '{}'", node.name), "a classifier that is a chain of layers",
                                 "other inputs than the layer before", "Choose another model or procedure"});
    head.add(node.name, node.layer);
  }
  if (head.last() < 1)
    throw InputError(Complaint{"procedure hebbian", "a classifier behind the features", "none", "Choose another model or procedure"});
  for (graph::Head head_of_net : graph.heads()) {
    head_of_net.node = head.find(graph.node(head_of_net.node).name);
    head.add_head(std::move(head_of_net));
  }
  return head;
}

FeaturePhase::FeaturePhase(const training::RunContext& run, std::shared_ptr<PlasticNet> net, std::shared_ptr<FeatureStores> stores)
    : run_(run), net_(std::move(net)), stores_(std::move(stores)) {
  const Precision precision = run_.recipe.hebbian.features;
  require_memory(FeatureStore::bytes(images(), feature_size(), precision), precision);
}

training::StepOutcome FeaturePhase::step(const training::StepPosition&, execution::Signals mine) {
  if (stored_ == 0) {
    stores_->labelled = FeatureStore(run_.samples.labelled.count(), feature_size(), run_.recipe.hebbian.features, run_.team);
    stores_->test = FeatureStore(run_.samples.test.count(), feature_size(), run_.recipe.hebbian.features, run_.team);
  }
  const std::int64_t labelled = run_.samples.labelled.count();
  const bool is_labelled = stored_ < labelled;
  const datasets::SampleSource& source = is_labelled ? run_.samples.labelled : run_.samples.test;
  FeatureStore& store = is_labelled ? stores_->labelled : stores_->test;
  const std::int64_t first = is_labelled ? stored_ : stored_ - labelled, count = std::min(kChunk, source.count() - first);
  const training::SourceReader reader(source, {.first = first});
  net_->features(reader, count, [&](std::int64_t slot, std::int64_t images, const void* values) {
    store.put(first + slot, images, values, run_.recipe.precision);
  });
  store.gather(run_.team, first, net_->first_slots(count));
  stored_ += count;
  return {.loss = 0,
          .errors = 0,
          .samples = count,
          .operations = net_->feature_flops() * static_cast<double>(count),
          .signals = training::agree_on_signals(run_.team, mine)};
}

training::Work FeaturePhase::work(std::int64_t) const {
  const auto done = static_cast<double>(stored_);
  return {.done = done, .total = static_cast<double>(images()), .images = done, .epoch = 0};
}

}  // namespace reprise::hebbian
