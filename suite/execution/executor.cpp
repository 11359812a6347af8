#include "suite/execution/executor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "suite/errors.hpp"
#include "suite/execution/partition_stages.hpp"
#include "suite/execution/plan_run.hpp"
#include "suite/execution/weight_packing.hpp"

namespace reprise::execution {

namespace {

/// Update work is handed out in chunks of about this many floats: a few L2 caches' worth of rows.
constexpr std::int64_t kUpdateChunk = 32 * 1024;

/// Throws DivergenceError for the first head whose loss is not finite.
void check_finite(const graph::Graph& graph, const BatchSums& sums, std::uint64_t step) {
  const auto fail = [&](const std::string& thing, double loss) {
    throw DivergenceError(Complaint{fmt::format("{} at step {}", thing, step), "a finite number", fmt::format("{}", loss),
                                    "Training diverged: lower optimizer.learning_rate or add warm-up"});
  };
  const std::vector<graph::Head> heads = graph.heads();
  for (std::size_t h = 0; h < sums.heads.size() && heads.size() > 1; ++h)
    if (!std::isfinite(sums.heads[h])) fail(fmt::format("loss of head '{}'", heads[h].name), sums.heads[h]);
  if (!std::isfinite(sums.loss)) fail("loss", sums.loss);
}

}  // namespace

struct Executor::State {
  State(const graph::Graph& graph_in, const ExecutorOptions& options_in, graph::Parameters& parameters_in, parallel::Workers& workers_in,
        ranks::Team& team_in)
      : graph(graph_in),
        options(options_in),
        parameters(parameters_in),
        workers(workers_in),
        team(team_in),
        net(graph, options.net),
        packing(net.prepared, parameters),
        train(net, {.purpose = PlanOptions::Purpose::train}),
        infer(net, {.purpose = PlanOptions::Purpose::infer}),
        gradients(team.memory(static_cast<std::size_t>(parameters.size()) * sizeof(float))),
        arenas(team),
        train_buffers(net, train, team, workers.threads()),
        infer_buffers(net, infer, team, workers.threads()) {
    const std::size_t fetch_scratch = static_cast<std::size_t>(graph.node(0).shape.size()) * sizeof(float);
    for (const Plan* plan : {&train, &infer}) {
      scratch_bytes = std::max({scratch_bytes, plan->scratch_bytes, fetch_scratch});
      arenas.arena_bytes = std::max(arenas.arena_bytes, aligned(plan->thread_arena_bytes));
    }
    for (const Plan* plan : {&train, &infer}) arenas.fit(net, *plan, scratch_bytes, workers.threads());
    list_updates();
  }

  /// Rows of every parameter that is not updated partition by partition, in chunks.
  void list_updates() {
    for (std::size_t p = 0; p < parameters.list().size(); ++p) {
      const graph::Parameter& parameter = parameters.list()[p];
      if (!parameter.spec.trains || net.partitions[parameter.node] != nullptr) continue;
      const std::int64_t rows = std::max<std::int64_t>(1, kUpdateChunk / parameter.columns());
      for (std::int64_t first = 0; first < parameter.rows(); first += rows)
        updates.push_back({static_cast<int>(p), first, std::min(rows, parameter.rows() - first)});
    }
  }

  /// A training step; `optimizer` null: gradients only.
  BatchSums step(const Batch& batch, optimizers::Optimizer* optimizer, const optimizers::StepTerms* terms) {
    Sinks sinks;
    sinks.gradients = gradients.floats();
    if (progress_of(batch) < options.label_smoothing_until) sinks.label_smoothing = options.label_smoothing;
    sinks.check_loss = [&](const BatchSums& sums) { check_finite(graph, sums, batch.step); };
    sinks.rows_done = [&](int p, std::int64_t first_row, std::int64_t rows, const float* rows_gradient) {
      const graph::Parameter& parameter = parameters.at(p);
      if (optimizer != nullptr)
        optimizer->update_rows(parameters, p, first_row, rows, rows_gradient, *terms);
      else
        std::memcpy(gradients.floats() + parameter.offset + first_row * parameter.columns(), rows_gradient,
                    static_cast<std::size_t>(rows * parameter.columns()) * sizeof(float));
    };
    if (optimizer != nullptr) sinks.update_state = optimizer->state()[0].floats();
    BatchSums sums;
    workers.enter([&] {
      sums = run_plan(net, train, arenas, train_buffers, parameters, workers, batch, layers::Mode::train, sinks);
      if (optimizer == nullptr) return gather_block_rows(net, parameters, team, gradients.floats());
      team.synchronise("gradients");
      const ranks::Range mine = team.local_share(static_cast<std::int64_t>(updates.size()));
      workers.for_each(mine.count(), [&](std::int64_t i, int) {
        const Update& u = updates[static_cast<std::size_t>(mine.first + i)];
        const graph::Parameter& parameter = parameters.at(u.parameter);
        optimizer->update_rows(parameters, u.parameter, u.first_row, u.rows,
                               gradients.floats() + parameter.offset + u.first_row * parameter.columns(), *terms);
      });
      if (const std::int64_t matrices = optimizer->matrices(); matrices > 0) {
        team.synchronise("directions of matrices");
        const ranks::Range of_rank = team.local_share(matrices);
        workers.for_each(of_rank.count(), [&](std::int64_t i, int) { optimizer->update_matrix(parameters, of_rank.first + i, *terms); });
      }
      if (optimizer->reads_all_weights(*terms)) {
        team.synchronise("all updates");
        gather_block_rows(net, parameters, team, parameters.values());
      }
      if (team.leads_node()) optimizer->finish_step(parameters, *terms);
      team.synchronise("update");
      packing.run(workers);
    });
    return sums;
  }

  /// Rows of a readout, which each rank has of its own shards, from every rank to all.
  void share_rows(void* rows, std::size_t row_bytes, std::int64_t count) {
    if (rows == nullptr || team.size() == 1) return;
    if (staged.size() < row_bytes * static_cast<std::size_t>(count))
      staged = team.memory(row_bytes * static_cast<std::size_t>(options.net.batch));
    const std::int64_t shards = (count + options.net.shard - 1) / options.net.shard;
    std::vector<std::size_t> offsets;
    for (std::int64_t s = 0; s <= shards; ++s)
      offsets.push_back(static_cast<std::size_t>(std::min(s * options.net.shard, count)) * row_bytes);
    const ranks::Range mine = team.share(shards);
    const std::size_t first = offsets[static_cast<std::size_t>(mine.first)], bytes = offsets[static_cast<std::size_t>(mine.last)] - first;
    std::memcpy(staged.data() + first, static_cast<std::byte*>(rows) + first, bytes);
    team.gather(staged.data(), offsets, "readout");
    std::memcpy(rows, staged.data(), offsets.back());
    team.synchronise("readout");
  }

  void share_readout(const Readout& readout, std::int64_t count) {
    share_rows(readout.predictions, sizeof(std::int32_t), count);
    share_rows(readout.outputs, static_cast<std::size_t>(graph.node(graph.output()).shape.size()) * sizeof(float), count);
    if (readout.node >= 0 && net.partitions[readout.node] == nullptr)
      share_rows(readout.values, static_cast<std::size_t>(graph.node(readout.node).shape.size()) * sizeof(float), count);
  }

  struct Update {
    int parameter;
    std::int64_t first_row, rows;
  };

  const graph::Graph& graph;
  ExecutorOptions options;
  graph::Parameters& parameters;
  parallel::Workers& workers;
  ranks::Team& team;
  PreparedNet net;
  WeightPacking packing;
  Plan train, infer;
  Memory gradients;
  std::size_t scratch_bytes = 0;
  Arenas arenas;
  PlanBuffers train_buffers, infer_buffers;
  Memory staged;  ///< shared: rows of a readout on their way to the other ranks
  std::vector<Update> updates;
};

Executor::Executor(const graph::Graph& graph, const ExecutorOptions& options, graph::Parameters& parameters, parallel::Workers& workers,
                   ranks::Team& team)
    : state_(std::make_unique<State>(graph, options, parameters, workers, team)) {
  load_weights();
}

Executor::~Executor() = default;

void Executor::load_weights() {
  state_->team.synchronise("new weights");
  state_->workers.enter([&] { state_->packing.run(state_->workers); });
}

BatchSums Executor::train_step(const Batch& batch, optimizers::Optimizer& optimizer, const optimizers::StepTerms& terms) {
  return state_->step(batch, &optimizer, &terms);
}

BatchSums Executor::compute_gradients(const Batch& batch) {
  return state_->step(batch, nullptr, nullptr);
}

const float* Executor::gradients() const {
  return state_->gradients.floats();
}

BatchSums Executor::evaluate(const Batch& batch, layers::Mode mode, const Readout& readout) {
  if (mode == layers::Mode::train) throw InputError(Complaint{"evaluation", "a mode of inference", "train", "Use compute_gradients"});
  if (readout.node >= 0 && state_->infer.values[readout.node] == kNoBuffer)
    throw InputError(Complaint{"readout", "a node that the output needs", "'" + state_->graph.node(readout.node).name + "'",
                               "Choose a node before the output"});
  Sinks sinks;
  sinks.readout = &readout;
  BatchSums sums;
  state_->workers.enter([&] {
    sums = run_plan(state_->net, state_->infer, state_->arenas, state_->infer_buffers, state_->parameters, state_->workers, batch, mode,
                    sinks);
  });
  state_->share_readout(readout, batch.count);
  return sums;
}

void Executor::gather_weights(optimizers::Optimizer& optimizer) {
  gather_block_rows(state_->net, state_->parameters, state_->team, state_->parameters.values());
  for (Memory& slot : optimizer.state()) gather_block_rows(state_->net, state_->parameters, state_->team, slot.floats());
}

int Executor::training_stages() const {
  return static_cast<int>(state_->train.stages.size());
}

Executor::MemoryUse Executor::memory() const {
  MemoryUse use;
  for (const Memory& memory : state_->arenas.threads) use.thread_arenas += memory.size();
  use.batch_arena = state_->arenas.batch.size();
  use.packed_weights = state_->net.packed_bytes();
  use.gradients = state_->gradients.size();
  use.gradients += state_->train_buffers.allocated_bytes();
  return use;
}

void input_maps(const graph::Graph& graph, const NetOptions& options, const graph::Parameters& parameters, parallel::Workers& workers,
                const Batch& batch, const MapTarget& target, float* maps) {
  PreparedNet net(graph, options, true);
  const Plan plan(net, {.purpose = PlanOptions::Purpose::maps, .map_node = target.node});
  Arenas arenas(ranks::Team::alone());
  arenas.fit(net, plan, std::max(plan.scratch_bytes, static_cast<std::size_t>(graph.node(0).shape.size()) * sizeof(float)),
             workers.threads());
  PlanBuffers buffers(net, plan, ranks::Team::alone(), workers.threads());
  Sinks sinks;
  sinks.relu_rule = target.rule;
  sinks.map_channel = target.channel;
  sinks.maps = maps;
  auto& mutable_parameters = const_cast<graph::Parameters&>(parameters);  // inference writes no state
  const WeightPacking packing(net.prepared, parameters);
  workers.enter([&] {
    packing.run(workers);
    run_plan(net, plan, arenas, buffers, mutable_parameters, workers, batch, layers::Mode::infer, sinks);
  });
}

}  // namespace reprise::execution
