#pragma once
// Runs plans: training steps, evaluation, maps. One executor a net, used by one thread that owns the workers.

#include <cstdint>
#include <memory>
#include <vector>

#include "suite/execution/plan.hpp"
#include "suite/graph/parameters.hpp"
#include "suite/optimizers/optimizer.hpp"
#include "suite/parallel/tree_reduction.hpp"
#include "suite/parallel/workers.hpp"
#include "suite/ranks/team.hpp"

namespace reprise::execution {

/// Where a batch comes from: slot i of the global batch. Called from many threads at once.
class BatchReader {
 public:
  virtual ~BatchReader() = default;
  virtual void fetch(std::int64_t slot, float* output) const = 0;  ///< [H, W, C]
  virtual std::int32_t label(std::int64_t slot) const = 0;
  /// Samples are mixed with others of the batch: mixed_label() is their target, label() its main class.
  virtual bool mixes() const { return false; }
  virtual losses::MixedLabel mixed_label(std::int64_t slot) const { return (void)slot, losses::MixedLabel{}; }
  /// Slots of one sample, one after another.
  virtual int views() const { return 1; }
  /// Where the net mixes its rows; null: nowhere.
  virtual const layers::RowMixing* row_mixing() const { return nullptr; }
};

/// Signals that are OR-reduced over ranks together with the loss: raised on one rank, seen by all.
struct Signals {
  bool stop = false, save = false;
};

struct Batch {
  const BatchReader* reader = nullptr;
  std::int64_t count = 0;  ///< real samples, at most NetOptions::batch
  std::uint64_t seed = 0;
  std::uint64_t step = 0;  ///< names the dropout masks
  Signals signals = {};
  std::int64_t schedule_step = 0, schedule_steps = 1;  ///< what weights of heads follow: how far its phase has got
  const float* teacher_scores = nullptr;  ///< [count, K], what another net makes of the samples, which the main head's loss learns from
};

struct BatchSums {
  double loss = 0;  ///< sum over samples; in training the weighted sum of all heads', in evaluation the main head's
  std::int64_t errors = 0;
  Signals signals = {};            ///< raised on any rank that has samples
  std::vector<double> heads = {};  ///< loss of each head, not weighted; in evaluation of the main head alone
};

/// What to read out of an evaluation besides its sums; null where not wanted.
struct Readout {
  std::int32_t* predictions = nullptr;  ///< [count]
  float* outputs = nullptr;             ///< [count, K], the output node's values
  graph::NodeId node = -1;              ///< a node whose values are wanted
  float* values = nullptr;              ///< [count, size of that node]
};

struct ExecutorOptions {
  NetOptions net;
  double label_smoothing = 0;        ///< in training
  double label_smoothing_until = 1;  ///< share of the phase's steps; hard labels from there on
};

/// With a team of several ranks every call but gradients() and memory() is collective, with the same batch on every rank.
class Executor {
 public:
  /// Keeps references to all but the options. `parameters` (and the optimizer's state) must be of the same team.
  Executor(const graph::Graph& graph, const ExecutorOptions& options, graph::Parameters& parameters, parallel::Workers& workers,
           ranks::Team& team = ranks::Team::alone());
  ~Executor();

  /// Packs the master weights; to be called after they were changed from outside.
  void load_weights();

  /// Forward, backward, update. Throws RunError naming step and head if a loss is not finite; trained weights are then unchanged (running
  /// statistics are not).
  BatchSums train_step(const Batch& batch, optimizers::Optimizer& optimizer, const optimizers::StepTerms& terms);

  /// Gradients of the last compute_gradients, plain layout, as the parameter vector (tests, analyses).
  const float* gradients() const;
  /// Forward and backward without an update.
  BatchSums compute_gradients(const Batch& batch);

  /// Weights and optimizer state of layers cut by output features live with their owners; this brings them to every node.
  void gather_weights(optimizers::Optimizer& optimizer);

  /// Forward pass and loss of the main head. Throws InputError for Mode::train, which gathers statistics, and if `readout.node` is none
  /// that the output needs.
  BatchSums evaluate(const Batch& batch, layers::Mode mode, const Readout& readout = {});

  struct MemoryUse {
    std::size_t thread_arenas = 0, batch_arena = 0, packed_weights = 0, gradients = 0;
    std::size_t total() const { return thread_arenas + batch_arena + packed_weights + gradients; }
  };
  MemoryUse memory() const;
  /// Stages of a training step. Between two of them all threads and ranks wait for each other.
  int training_stages() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What is projected to the input: the largest value of a node, or of one of its channels.
struct MapTarget {
  graph::NodeId node = -1;
  std::int64_t channel = -1;  ///< -1: of any
  layers::ReluRule rule = layers::ReluRule::gradient;
};

/// Maps of what a node responds to: per sample, the gradient of the target with respect to the input, under its rule for ReLU.
/// maps [count, H, W, C] is overwritten. Dropout is off, batch norm uses running statistics. Springenberg et al. 2015, section 3.4
/// (arXiv 1412.6806).
void input_maps(const graph::Graph& graph, const NetOptions& options, const graph::Parameters& parameters, parallel::Workers& workers,
                const Batch& batch, const MapTarget& target, float* maps);

}  // namespace reprise::execution
