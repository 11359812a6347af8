#pragma once
// A run is a list of phases. A phase is a way to learn (or to prepare for learning); the learner (training/learner.hpp) owns the loop, the
// rows of the history, digests, checkpoints and progress.

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datasets/sample_source.hpp"
#include "suite/execution/executor.hpp"
#include "suite/recipes/recipe.hpp"
#include "suite/records/checkpoint.hpp"
#include "suite/records/run_record.hpp"

namespace reprise::training {

/// The images of a run. `labelled`: the training images whose labels may be used.
struct RunSamples {
  const datasets::SampleSource& train;
  const datasets::SampleSource& labelled;
  const datasets::SampleSource& test;
};

class Teacher;

/// What the phases of a run share. A phase changes the parameters, and they are whole on every node after its publish().
struct RunContext {
  const recipes::Recipe& recipe;
  const graph::Graph& graph;
  RunSamples samples;
  std::uint64_t seed;
  parallel::Workers& workers;
  ranks::Team& team;
  graph::Parameters& parameters;
  Teacher* teacher = nullptr;  ///< null: labels alone teach
};

/// Where a step stands. Random draws are named by the run's own counts, so that no two phases share any; schedules follow the phase's.
struct StepPosition {
  std::int64_t phase_step = 0;   ///< steps of this phase before it
  std::int64_t run_step = 0;     ///< steps of the run before it
  std::int64_t first_epoch = 0;  ///< epochs of the phases before this one
};

/// What one step, or one part of a phase without steps, came to.
struct StepOutcome {
  double loss = 0;  ///< sum over samples; of a plastic step the largest change of a weight
  std::int64_t errors = 0;
  std::int64_t samples = 0;
  double operations = 0;                                   ///< floating-point operations
  execution::Signals signals = {};                         ///< raised on any rank
  double rate = std::numeric_limits<double>::quiet_NaN();  ///< learning rate, where there is one
  std::vector<double> heads = {};  ///< loss of each head, summed over samples, not weighted; empty for a net with one
};

/// Evaluation over a whole set.
struct Evaluation {
  double loss = 0;                        ///< mean over samples
  double error_percent = 0;               ///< 0 without labels; of the logits averaged over the recipe's test views
  double plain_error_percent = 0;         ///< of the image alone
  double top5_error_percent = 0;          ///< of the five largest averages; 0 unless asked for
  std::vector<std::int32_t> predictions;  ///< [count]; empty without labels
};

/// How far a phase is, in whatever its work is measured.
struct Work {
  double done = 0, total = 0;
  double images = 0;  ///< of those done
  double epoch = 0;   ///< epochs so far
};

/// Construction, step, evaluate, publish and adopt are collective over the run's team.
class Phase {
 public:
  virtual ~Phase() = default;

  /// What it does at `step`, for progress and timing: "training".
  virtual std::string name(std::int64_t step) const = 0;
  /// Steps that count as the run's. 0: it only prepares what later phases read, and is done again after a restart.
  virtual std::int64_t steps() const = 0;
  /// Passes over images, each shuffled under a number of its own.
  virtual std::int64_t epochs() const = 0;
  virtual bool is_done(std::int64_t step) const { return step >= steps(); }

  /// One step. `mine`: what this rank asks for.
  virtual StepOutcome step(const StepPosition& position, execution::Signals mine) = 0;
  virtual Work work(std::int64_t step) const = 0;
  virtual bool shows_loss() const { return true; }

  /// Steps of this phase after which a row of the history is due, ascending.
  virtual const std::vector<std::int64_t>& row_steps() const;
  /// On the test images. Nothing if `should_stop` (of any rank) said so.
  virtual std::optional<Evaluation> evaluate(const std::function<bool()>& should_stop);
  /// Series of the rows besides loss and error: names of metrics::find, and values.
  virtual void add_to_row(const Evaluation& evaluation, const std::function<void(const std::string& name, double value)>& add) const;
  /// Whether samples have labels that the output is compared with.
  virtual bool has_labels() const { return true; }

  /// Makes the run's parameters whole on every node.
  virtual void publish() {}
  /// The run's parameters were changed from outside.
  virtual void adopt() = 0;
  /// For digests and checkpoints; each array is laid out as the phase's own parameters.
  virtual std::vector<const Memory*> optimizer_state() const { return {}; }

  /// Besides parameters. `is_current`: false for a phase that has not begun or is over.
  virtual void save_to(records::Checkpoint& checkpoint, bool is_current) const = 0;
  virtual void restore_from(const records::Checkpoint& checkpoint, bool is_current) = 0;
  /// Besides what the learner writes.
  virtual void write_to(records::RunRecord& record) const { (void)record; }

  /// An executor of the whole net, if the phase has one.
  virtual execution::Executor* whole_net() { return nullptr; }
};

/// What all ranks agree on: each wish that any of them has. One message where nobody wishes anything.
execution::Signals agree_on_signals(ranks::Team& team, execution::Signals mine);

/// Rows of the history: at the end of epochs, evenly spread, about `evaluations`, and at the last step.
std::vector<std::int64_t> evenly_spread_rows(std::int64_t steps, std::int64_t steps_per_epoch, int evaluations);

/// A checkpoint's entry. Throw InputError naming it if it is missing or has another length.
std::int64_t number_of(const records::Checkpoint& checkpoint, const std::string& name);
void floats_of(const records::Checkpoint& checkpoint, const std::string& name, float* to, std::int64_t count);
/// Throws InputError if they differ: the checkpoint is of another recipe.
void require_equal(const std::string& what, std::int64_t expected, std::int64_t found);

}  // namespace reprise::training
