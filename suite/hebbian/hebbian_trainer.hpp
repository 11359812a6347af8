#pragma once
// Procedure "hebbian": plastic layers learn without labels, then a classifier learns on their frozen features.
//
//   1. Hebbian phase     passes over the training images; all plastic layers at once, or one after the other
//   2. features          of all labelled training and test images, computed once (again after a restart: they are not in checkpoints)
//   3. classifier        the nodes behind "features", by back-propagation through them alone
//
// Steps count Hebbian batches and classifier batches. Everything depends on recipe, data and seed alone, whatever the ranks, threads and
// restarts. With a team of several ranks construction, run, evaluate, restore and executor are collective.

#include "suite/training/trainer.hpp"

namespace reprise::hebbian {

class HebbianTrainer : public training::Learner {
 public:
  /// Keeps references. `labelled`: the training images that the classifier sees. Throws InputError for a recipe or a net that does not fit,
  /// or features that would not fit into memory.
  HebbianTrainer(const recipes::Recipe& recipe, const graph::Graph& graph, const datasets::SampleSource& train,
                 const datasets::SampleSource& labelled, const datasets::SampleSource& test, std::uint64_t seed, parallel::Workers& workers,
                 ranks::Team& team = ranks::Team::alone());
  ~HebbianTrainer() override;

  std::int64_t total_steps() const override;
  std::int64_t step() const override;
  bool run(const training::Controls& controls) override;
  records::Checkpoint snapshot() const override;
  void restore(const records::Checkpoint& checkpoint) override;
  void write_to(records::RunRecord& record) const override;
  const training::Evaluation& last_evaluation() const override;
  training::Evaluation evaluate(const datasets::SampleSource& source, layers::Mode mode = layers::Mode::infer,
                                std::uint64_t mask = 0) override;
  execution::Executor& executor() override;
  graph::Parameters& parameters() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The node whose values the classifier reads: "features". Throws InputError if the net has none.
graph::NodeId features_node(const graph::Graph& graph);
/// The nodes behind `features` as a net of its own, whose input is the features.
graph::Graph classifier_of(const graph::Graph& graph, graph::NodeId features);

/// Lengths of the phases.
struct PhaseLengths {
  std::int64_t hebbian_steps_per_pass = 0, hebbian_steps_per_phase = 0, hebbian_phases = 0;
  std::int64_t classifier_steps_per_epoch = 0, classifier_steps = 0;
  std::int64_t hebbian_steps() const { return hebbian_steps_per_phase * hebbian_phases; }
};
PhaseLengths phase_lengths(const recipes::Recipe& recipe, std::int64_t plastic_layers, std::int64_t train_images,
                           std::int64_t labelled_images);

}  // namespace reprise::hebbian
