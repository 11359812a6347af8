#pragma once
// The training loop: shuffled epochs, schedules, evaluation rows, digests, stop and resume.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "datasets/sample_source.hpp"
#include "suite/execution/executor.hpp"
#include "suite/recipes/recipe.hpp"
#include "suite/records/checkpoint.hpp"
#include "suite/records/run_record.hpp"

namespace reprise::training {

struct Progress {
  std::int64_t step = 0, total_steps = 0;  ///< steps, or any measure of the work
  double epoch = 0;
  double loss = 0;  ///< of the last step, per sample; NaN where the phase has none
  double images_per_second = 0;
  double seconds_left = 0;
  std::string phase = "training";
};

/// How a run is steered from outside; nothing here changes what comes out.
struct Controls {
  /// Any rank stops all; empty: never. Trainer asks before every batch, also of an evaluation, HebbianTrainer after every step.
  std::function<bool()> should_stop;
  std::function<void(const Progress&)> progress;  ///< called after every step; empty: nobody listens
  std::function<void(records::Checkpoint)> save;  ///< writes a checkpoint, on the root alone; empty: none is kept
  double least_seconds_between_saves = 30;        ///< lengthened so that saving costs under 2 % of the time
};

/// Evaluation over a whole set.
struct Evaluation {
  double loss = 0;                        ///< mean over samples
  double error_percent = 0;               ///< 0 without labels; of the logits averaged over the recipe's test views
  double plain_error_percent = 0;         ///< of the image alone
  std::vector<std::int32_t> predictions;  ///< [count]; empty without labels
};

/// A procedure that takes a trial from its first weights to its last: what the runner needs of it.
class Learner {
 public:
  virtual ~Learner() = default;

  virtual std::int64_t total_steps() const = 0;
  virtual std::int64_t step() const = 0;

  /// Learns to the end, or until should_stop: then a checkpoint was saved and false is returned.
  virtual bool run(const Controls& controls) = 0;

  virtual records::Checkpoint snapshot() const = 0;
  /// Continues where `snapshot` was taken. Throws InputError if it is of another net or recipe.
  virtual void restore(const records::Checkpoint& checkpoint) = 0;

  /// Metrics, digests, timing and predictions so far.
  virtual void write_to(records::RunRecord& record) const = 0;

  virtual const Evaluation& last_evaluation() const = 0;
  virtual Evaluation evaluate(const datasets::SampleSource& source, layers::Mode mode = layers::Mode::infer, std::uint64_t mask = 0) = 0;

  virtual execution::Executor& executor() = 0;  ///< of the whole net, for analyses
  virtual graph::Parameters& parameters() = 0;
};

/// Labels (or the input itself) and back-propagation. With a team of several ranks construction, run, evaluate, restore and
/// gather_weights are collective.
class Trainer : public Learner {
 public:
  /// Keeps references to all arguments. Throws InputError for a recipe whose numbers do not fit.
  Trainer(const recipes::Recipe& recipe, const graph::Graph& graph, const datasets::SampleSource& train, const datasets::SampleSource& test,
          std::uint64_t seed, parallel::Workers& workers, ranks::Team& team = ranks::Team::alone());
  ~Trainer() override;

  std::int64_t total_steps() const override;
  std::int64_t step() const override;
  bool run(const Controls& controls) override;
  /// After gather_weights the parameters, and a snapshot, are whole on every node.
  void gather_weights();
  records::Checkpoint snapshot() const override;
  void restore(const records::Checkpoint& checkpoint) override;
  void write_to(records::RunRecord& record) const override;
  const Evaluation& last_evaluation() const override;
  Evaluation evaluate(const datasets::SampleSource& source, layers::Mode mode = layers::Mode::infer, std::uint64_t mask = 0) override;
  execution::Executor& executor() override;
  graph::Parameters& parameters() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A batch of consecutive entries of `order` (all samples in order if null) starting at `first`, augmented under `key` or seen through
/// `view`.
class SourceReader : public execution::BatchReader {
 public:
  SourceReader(const datasets::SampleSource& source, const std::vector<std::int64_t>* order, std::int64_t first,
               const datasets::FetchKey* key, const datasets::AxisMaps* view = nullptr)
      : source_(source), order_(order), first_(first), key_(key), view_(view) {}
  void fetch(std::int64_t slot, float* output) const override {
    return view_ != nullptr ? source_.fetch(index(slot), *view_, output) : source_.fetch(index(slot), key_, output);
  }
  std::int32_t label(std::int64_t slot) const override { return source_.label(index(slot)); }

 private:
  std::int64_t index(std::int64_t slot) const {
    return order_ != nullptr ? (*order_)[static_cast<std::size_t>(first_ + slot)] : first_ + slot;
  }
  const datasets::SampleSource& source_;
  const std::vector<std::int64_t>* order_;
  std::int64_t first_;
  const datasets::FetchKey* key_;
  const datasets::AxisMaps* view_;
};

}  // namespace reprise::training
