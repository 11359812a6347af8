#pragma once
// Takes a trial from its first weights to its last: the loop over phases, rows of the history, digests, stop and resume.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "suite/records/checkpoint.hpp"
#include "suite/records/run_record.hpp"
#include "suite/training/phase.hpp"
#include "suite/training/watched_nodes.hpp"

namespace reprise::training {

struct Progress {
  std::int64_t step = 0, total_steps = 0;  ///< of the run
  double share = 0;                        ///< of the phase's work that is done
  double epoch = 0;
  double loss = 0;  ///< of the last step, per sample; NaN where the phase has none
  double rate = 0;  ///< learning rate of the last step; NaN where the phase has none
  double images_per_second = 0;
  double seconds_left = 0;  ///< of the phase; 0: not known
  std::string phase;
};

/// A row of the history, when it is made.
struct EvaluatedRow {
  std::int64_t step = 0;
  double epoch = 0;
  std::map<std::string, double> metrics;
};

/// How a run is steered from outside; nothing here changes what comes out.
struct Controls {
  /// Any rank stops all; empty: never. Asked before every step and every batch of an evaluation.
  std::function<bool()> should_stop;
  std::function<void(const Progress&)> progress;       ///< called after every step; empty: nobody listens
  std::function<void(const EvaluatedRow&)> evaluated;  ///< called after every evaluation; empty: nobody listens
  std::function<void(records::Checkpoint)> save;       ///< writes a checkpoint, on the root alone; empty: none is kept
  double min_seconds_between_checkpoints = 30;         ///< lengthened so that saving costs under 2 % of the time
};

/// The phases of a run. Called when the parameters hold their initial values.
using MakePhases = std::function<std::vector<std::unique_ptr<Phase>>(const RunContext& run)>;
/// Changes initial values after they were drawn, on all ranks together. Empty: they stay.
using InitialValues = std::function<void(graph::Parameters&)>;

/// With a team of several ranks construction, run, evaluate, restore and executor are collective.
class Learner {
 public:
  /// Keeps references to all but the functions. Throws InputError for a recipe, a net or images that do not fit.
  Learner(const recipes::Recipe& recipe, const graph::Graph& graph, const RunSamples& samples, std::uint64_t seed,
          parallel::Workers& workers, ranks::Team& team, const MakePhases& make_phases, const InitialValues& initial = {});
  ~Learner();

  std::int64_t total_steps() const;
  std::int64_t step() const;

  /// To be called before run and restore.
  void watch(const std::vector<Watch>& watches);
  /// So far. Throws InputError for a node that is not watched.
  const WatchedValues& watched(graph::NodeId node) const;

  /// Learns to the end, or until should_stop: then a checkpoint was saved and false is returned.
  bool run(const Controls& controls);

  /// Whole on every node after run.
  records::Checkpoint snapshot() const;
  /// Continues where `snapshot` was taken. Throws InputError if it is of another net or recipe.
  void restore(const records::Checkpoint& checkpoint);

  /// Metrics, digests, timing and predictions so far.
  void write_to(records::RunRecord& record) const;

  const Evaluation& last_evaluation() const;
  /// Of the whole net, as it is now.
  Evaluation evaluate(const datasets::SampleSource& source, layers::Mode mode = layers::Mode::infer, std::uint64_t mask = 0);

  execution::Executor& executor();  ///< of the whole net, for analyses
  graph::Parameters& parameters();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reprise::training
