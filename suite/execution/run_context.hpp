#pragma once
// What one run of one plan over one batch works on, and where its values lie.

#include <functional>
#include <vector>

#include "suite/execution/executor.hpp"
#include "suite/ranks/team.hpp"

namespace reprise::execution {

/// Memory that plans run in; grows to the largest plan it was asked for. Growing is collective.
struct Arenas {
  explicit Arenas(ranks::Team& team_in) : team(team_in) {}

  ranks::Team& team;
  std::vector<Memory> threads;  ///< each rank's own
  Memory batch;                 ///< shared by a node
  std::size_t arena_bytes = 0;  ///< of a thread's arena; its scratch follows
  Memory rows;                  ///< shared: two turns of a few doubles a shard
  std::size_t turn_doubles = 0;
  int turn = 0;
  Memory columns;  ///< shared: outputs of a partitioned layer on their way to other nodes

  void fit(const PreparedNet& net, const Plan& plan, std::size_t scratch, int thread_count);
};

/// Where results go.
struct Sinks {
  float* gradients = nullptr;        ///< parameter vector layout, shared by a node
  const Readout* readout = nullptr;  ///< each rank fills in the rows of its own shards
  layers::ReluRule relu_rule = layers::ReluRule::gradient;
  std::int64_t map_channel = -1;  ///< of the node that maps start from; -1: any
  float* maps = nullptr;
  double label_smoothing = 0;
  /// Takes rows of the gradient of a partitioned node's parameter as soon as they are complete.
  std::function<void(int parameter, std::int64_t first_row, std::int64_t rows, const float* gradient)> rows_done;
  const float* update_state = nullptr;                    ///< laid out as the parameters: what rows_done reads besides them
  std::function<void(const BatchSums& sums)> check_loss;  ///< called once the losses of the batch are known, before any rows_done
};

/// Columns of a shard's row of sums: these, then one loss for each head of the net.
enum LossColumn : std::size_t { kErrors, kStop, kSave, kFirstLoss };
inline std::size_t loss_columns(const PreparedNet& net) {
  return kFirstLoss + net.heads.size();
}

/// How far a batch's phase has got: the share of its steps that are done.
inline double progress_of(const Batch& batch) {
  return static_cast<double>(batch.schedule_step) / static_cast<double>(batch.schedule_steps);
}

/// Plain access for the parts of a run; the sums that a stage gathers lie in rows of doubles, one a shard.
struct RunContext {
  const PreparedNet& net;
  const Plan& plan;
  Arenas& arenas;
  graph::Parameters& parameters;
  parallel::Workers& workers;
  const Batch& batch;
  layers::Mode mode;
  const Sinks& sinks;
  int shards;                                  ///< of this batch
  std::vector<std::int32_t> labels;            ///< of the batch
  std::vector<losses::MixedLabel> mixed;       ///< of the batch; empty if its samples are not mixed
  graph::NodeMap<std::vector<float>> coupled;  ///< what finish_forward and finish_backward of a coupled layer wrote
  std::size_t statistics_width = 0;            ///< doubles a shard of the stage that runs
  std::vector<double> head_losses = {};        ///< sums over the batch, of the heads whose losses are known

  ranks::Team& team() const { return arenas.team; }
  const graph::Node& node(graph::NodeId n) const { return net.graph.node(n); }
  Precision precision() const { return net.options.precision; }
  std::int64_t samples() const { return net.options.shard; }
  std::int64_t padded_rows() const { return net.options.shards() * samples(); }
  int valid(int shard) const;  ///< samples of the shard that are real
  std::span<const std::int32_t> labels_of(int shard) const;
  std::span<const losses::MixedLabel> mixed_labels_of(int shard) const;
  layers::ShardInfo info(int shard) const;
  std::size_t row_bytes(graph::NodeId n) const { return static_cast<std::size_t>(node(n).shape.size()) * bytes_of(precision()); }
  double head_weight(int head) const;
  double excess_loss(int head) const;  ///< what counts of a head's loss: its sum over the batch, less the head's threshold a sample

  std::byte* at(BufferId id, int shard, int thread) const;  ///< null for kNoBuffer
  std::byte* scratch(int thread) const { return arenas.threads[static_cast<std::size_t>(thread)].data() + arenas.arena_bytes; }
  double* loss_row(int shard) const;
  double* statistics_row(int shard) const;
};

/// Stored values in the net's precision.
void add_in_place(Precision precision, void* into, const void* from, std::int64_t count);
/// Rows of `into` lie `pitch` apart; 0: they are adjacent.
void add_rows(Precision precision, void* into, std::int64_t pitch, const void* from, std::int64_t rows, std::int64_t channels);
void from_float(Precision precision, const float* from, void* to, std::int64_t count);
void to_float(Precision precision, const void* from, float* to, std::int64_t count);

}  // namespace reprise::execution
