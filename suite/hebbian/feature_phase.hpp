#pragma once
// Features of all labelled training and test images, computed once by the frozen plastic layers and kept in memory: they are not in
// checkpoints, a restart computes them again to the same bits.

#include <memory>

#include "suite/hebbian/feature_store.hpp"
#include "suite/hebbian/plastic_net.hpp"
#include "suite/training/phase.hpp"

namespace reprise::hebbian {

/// The node whose values a classifier reads: "features". Throws InputError if the net has none.
graph::NodeId features_node(const graph::Graph& graph);
/// The nodes behind `features` as a net of their own, whose input is the features. Throws InputError unless they are a chain.
graph::Graph classifier_of(const graph::Graph& graph, graph::NodeId features);

struct FeatureStores {
  FeatureStore labelled, test;
};

class FeaturePhase : public training::Phase {
 public:
  /// Fills `stores`. Throws InputError if the features would not fit into memory.
  FeaturePhase(const training::RunContext& run, std::shared_ptr<PlasticNet> net, std::shared_ptr<FeatureStores> stores);

  std::string name(std::int64_t) const override { return "computing features"; }
  std::int64_t steps() const override { return 0; }
  std::int64_t epochs() const override { return 0; }
  bool is_done(std::int64_t) const override { return stored_ == images(); }
  training::StepOutcome step(const training::StepPosition& position, execution::Signals mine) override;
  training::Work work(std::int64_t step) const override;
  bool shows_loss() const override { return false; }
  void adopt() override { stored_ = 0; }
  void save_to(records::Checkpoint&, bool) const override {}
  void restore_from(const records::Checkpoint&, bool) override {}

 private:
  std::int64_t images() const { return run_.samples.labelled.count() + run_.samples.test.count(); }
  std::int64_t feature_size() const { return run_.graph.node(features_node(run_.graph)).shape.size(); }

  training::RunContext run_;
  std::shared_ptr<PlasticNet> net_;
  std::shared_ptr<FeatureStores> stores_;
  std::int64_t stored_ = 0;  ///< images whose features are there; labelled ones come first
};

}  // namespace reprise::hebbian
