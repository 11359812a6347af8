#pragma once
// Plastic layers learn without labels, all at once or one after the other.

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "suite/hebbian/plastic_net.hpp"
#include "suite/training/phase.hpp"

namespace reprise::hebbian {

/// Passes over the training images: `hebbian.epochs` of them, for all plastic layers at once or for each of them in turn, the earlier ones
/// frozen.
struct PlasticLengths {
  std::int64_t steps_per_epoch = 0, steps_per_turn = 0, turns = 0;
  std::int64_t steps() const { return steps_per_turn * turns; }
  std::int64_t epochs_per_turn() const { return (steps_per_turn + steps_per_epoch - 1) / steps_per_epoch; }
};
PlasticLengths plastic_lengths(const recipes::HebbianRecipe& recipe, std::int64_t plastic_layers, std::int64_t train_images);

class PlasticPhase : public training::Phase {
 public:
  /// `net` learns on the run's training images.
  PlasticPhase(const training::RunContext& run, std::shared_ptr<PlasticNet> net);

  std::string name(std::int64_t step) const override;
  std::int64_t steps() const override { return lengths_.steps(); }
  std::int64_t epochs() const override { return lengths_.turns * lengths_.epochs_per_turn(); }
  training::StepOutcome step(const training::StepPosition& position, execution::Signals mine) override;
  training::Work work(std::int64_t step) const override;
  bool shows_loss() const override { return false; }
  void adopt() override { net_->load_weights(); }
  void save_to(records::Checkpoint& checkpoint, bool is_current) const override;
  void restore_from(const records::Checkpoint& checkpoint, bool is_current) override;
  /// Table "kernel_norms"; results "mean_norm_LAYER" and "share_at_norm_1_LAYER".
  void write_to(records::RunRecord& record) const override;

 private:
  std::pair<int, int> learning_layers(std::int64_t step) const;
  double work_before(std::int64_t step) const;
  void add_norms(std::int64_t step);
  const std::string& layer_name(int layer) const { return run_.graph.node(net_->node_of(layer)).name; }

  training::RunContext run_;
  std::shared_ptr<PlasticNet> net_;
  PlasticLengths lengths_;
  std::vector<std::int64_t> order_;
  std::int64_t order_epoch_ = -1;
  std::map<std::string, std::vector<double>> norms_;  ///< "step" and each layer's mean
};

}  // namespace reprise::hebbian
