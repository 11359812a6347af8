#pragma once
// Learning by back-propagation: shuffled epochs, schedules, evaluation rows.

#include <memory>
#include <optional>

#include "datasets/mixing.hpp"
#include "suite/optimizers/optimizer.hpp"
#include "suite/training/batch_source.hpp"
#include "suite/training/evaluation.hpp"
#include "suite/training/phase.hpp"

namespace reprise::training {

struct BackpropOptions {
  std::string name = "training";
  int test_views = 0;
  std::shared_ptr<const recipes::Recipe> recipe = nullptr;  ///< in place of the run's: that of one phase of several
};

class BackpropPhase : public Phase {
 public:
  /// `part`: the nodes that learn, as a net of their own whose parameters have the whole net's names; null: the whole net. Keeps the run's
  /// references. Throws InputError for a recipe whose numbers do not fit.
  BackpropPhase(const RunContext& run, std::shared_ptr<const graph::Graph> part, std::unique_ptr<const BatchSource> train,
                std::unique_ptr<const BatchSource> test, const BackpropOptions& options);

  std::string name(std::int64_t) const override { return options_.name; }
  std::int64_t steps() const override { return steps_; }
  std::int64_t epochs() const override { return (steps_ + steps_per_epoch_ - 1) / steps_per_epoch_; }
  StepOutcome step(const StepPosition& position, execution::Signals mine) override;
  Work work(std::int64_t step) const override;
  const std::vector<std::int64_t>& row_steps() const override { return row_steps_; }
  std::optional<Evaluation> evaluate(const std::function<bool()>& should_stop) override;
  void add_to_row(const Evaluation& evaluation, const std::function<void(const std::string&, double)>& add) const override;
  bool has_labels() const override { return net().main_head().target == losses::Target::label; }
  void publish() override;
  void adopt() override;
  std::vector<const Memory*> optimizer_state() const override;
  void save_to(records::Checkpoint& checkpoint, bool is_current) const override;
  void restore_from(const records::Checkpoint& checkpoint, bool is_current) override;
  execution::Executor* whole_net() override { return part_ ? nullptr : executor_.get(); }

 private:
  const graph::Graph& net() const { return part_ ? *part_ : run_.graph; }
  graph::Parameters& parameters() { return own_parameters_ ? *own_parameters_ : run_.parameters; }
  const graph::Parameters& parameters() const { return own_parameters_ ? *own_parameters_ : run_.parameters; }
  void check_teacher() const;
  std::vector<int> measured() const;
  void add_norms(bool begins_row);
  std::vector<std::pair<std::string, double>> mean_norms() const;
  execution::Signals agree(execution::Signals mine, std::int64_t images) const;

  RunContext run_;
  BackpropOptions options_;
  std::shared_ptr<const graph::Graph> part_;
  std::unique_ptr<const BatchSource> train_, test_;
  std::optional<graph::Parameters> own_parameters_;
  std::unique_ptr<optimizers::Optimizer> optimizer_;
  std::unique_ptr<execution::Executor> executor_;
  std::int64_t steps_per_epoch_ = 1, steps_ = 1;
  std::int64_t sample_flops_ = 0;  ///< floating-point operations to train on one sample, its teacher's among them
  int views_ = 1;                  ///< slots of the executor's batch that a sample takes
  std::vector<std::int64_t> row_steps_;
  std::vector<std::int64_t> order_;
  std::int64_t order_epoch_ = -1;
  std::unique_ptr<const datasets::Mixing> mixing_;  ///< null: samples are not mixed
  std::vector<double> norm_sums_;                   ///< with gradient_norms: by parameter, of the steps since the last row; then how many
};

/// How an executor runs a recipe's net. Throws InputError for a batch or shard that does not fit.
execution::ExecutorOptions executor_options(const recipes::Recipe& recipe);

}  // namespace reprise::training
