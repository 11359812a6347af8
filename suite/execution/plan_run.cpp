#include "suite/execution/plan_run.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "suite/execution/partition_stages.hpp"
#include "suite/execution/shard_operations.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::execution {

namespace {

/// One run of one plan over one batch.
class PlanRun {
 public:
  PlanRun(RunContext context, PlanBuffers& buffers)
      : c_(std::move(context)), operations_(c_), buffers_(buffers), channel_sums_(c_.net.graph.nodes().size()) {}

  BatchSums run() {
    for (std::size_t s = 0; s < c_.plan.stages.size(); ++s) {
      const Stage& stage = c_.plan.stages[s];
      switch (stage.kind) {
        case Stage::Kind::shards:
          run_shards(stage, s);
          break;
        case Stage::Kind::finish_forward:
          finish_forward(stage);
          break;
        case Stage::Kind::finish_backward:
          finish_backward(stage.node);
          break;
        case Stage::Kind::blocks_forward:
          forward_blocks(c_, stage);
          break;
        case Stage::Kind::blocks_backward:
          backward_blocks(c_, stage);
          break;
      }
    }
    finish_exchanges();
    return sums_;
  }

 private:
  void run_shards(const Stage& stage, std::size_t stage_index) {
    const ranks::Range mine = c_.team().share(c_.shards);
    std::optional<parallel::TreeReduction> reduction;
    if (stage.gradient_floats > 0 && c_.sinks.gradients != nullptr)
      reduction.emplace(static_cast<int>(mine.first), static_cast<int>(mine.last), c_.shards, buffers_.pool(stage_index),
                        [floats = stage.gradient_floats](std::byte* left, const std::byte* right) {
                          kernels::vector_kernels().accumulate(reinterpret_cast<float*>(left), reinterpret_cast<const float*>(right),
                                                               floats);
                        });
    c_.statistics_width = stage.sums;
    c_.arenas.turn ^= 1;
    std::fill_n(c_.loss_row(static_cast<int>(mine.first)), static_cast<std::size_t>(mine.count()) * loss_columns(c_.net), 0.0);
    std::fill_n(c_.statistics_row(static_cast<int>(mine.first)), static_cast<std::size_t>(mine.count()) * c_.statistics_width, 0.0);

    c_.workers.for_each(mine.count(), [&](std::int64_t s, int thread) {
      const int shard = static_cast<int>(mine.first + s);
      std::byte* gradients = reduction ? buffers_.pool(stage_index).take() : nullptr;
      std::size_t next_gradient = 0;
      for (const Operation& operation : stage.operations) {
        operations_.run(operation, shard, thread, gradients_of(stage, operation, gradients, next_gradient));
        for (ranks::GradientExchange* exchange : started_) exchange->poll();
      }
      if (reduction) reduction->deposit(shard, gradients);
    });

    ranks::GradientExchange* exchange = reduction ? buffers_.exchanges[stage_index].get() : nullptr;
    if (exchange != nullptr) {
      exchange->put(c_.shards, reduction->sums());
    } else if (reduction) {
      take_gradients(stage, 0, stage.gradient_floats, reinterpret_cast<const float*>(reduction->root()), nullptr);
      buffers_.pool(stage_index).give(reduction->root());
    }
    if (stage_index + 1 < c_.plan.stages.size() && c_.plan.stages[stage_index + 1].kind == Stage::Kind::blocks_backward)
      clear_missing_rows(c_, c_.plan.stages[stage_index + 1]);
    const bool has_loss =
        std::any_of(stage.operations.begin(), stage.operations.end(), [](const Operation& o) { return o.kind == Operation::Kind::loss; });
    if (has_loss) sum_losses();
    if (c_.statistics_width > 0) keep_statistics(stage, sum_rows(c_.statistics_row(0), c_.statistics_width, "sum of statistics"));
    if (exchange != nullptr)
      combine_gradients(*exchange, stage);
    else if (!has_loss && c_.statistics_width == 0)
      c_.team().synchronise("end of a stage");
  }

  /// A stage's gradients stand in the order of its backward operations.
  std::vector<float*> gradients_of(const Stage& stage, const Operation& operation, std::byte* gradients, std::size_t& next) const {
    std::vector<float*> own;
    if (operation.kind != Operation::Kind::backward || gradients == nullptr) return own;
    while (next < stage.gradients.size() && c_.parameters.at(stage.gradients[next]).node == operation.node)
      own.push_back(reinterpret_cast<float*>(gradients) + stage.gradient_offsets[next++]);
    return own;
  }

  // --- sums over all shards. Rows of doubles are written by each shard's rank and added up by everybody in the tree's order.

  std::vector<double> sum_rows(double* rows, std::size_t width, const char* what) {
    c_.team().gather(reinterpret_cast<std::byte*>(rows), width * sizeof(double), c_.shards, what);
    std::vector<double> own(rows, rows + static_cast<std::size_t>(c_.shards) * width);
    parallel::tree_sum_rows(own.data(), c_.shards, width);
    own.resize(width);
    return own;
  }

  void sum_losses() {
    const std::vector<double> sums = sum_rows(c_.loss_row(0), loss_columns(c_.net), "sum of the losses");
    sums_.errors = static_cast<std::int64_t>(std::llround(sums[kErrors]));
    sums_.signals = {.stop = sums[kStop] > 0, .save = sums[kSave] > 0};
    const bool trains = c_.plan.options.purpose == PlanOptions::Purpose::train;
    sums_.heads.assign(sums.begin() + kFirstLoss, trains ? sums.end() : sums.begin() + kFirstLoss + 1);
    c_.head_losses = sums_.heads;
    sums_.loss = c_.head_weight(0) * c_.excess_loss(0);
    for (int h = 1; h < static_cast<int>(sums_.heads.size()); ++h) sums_.loss += c_.head_weight(h) * c_.excess_loss(h);
    if (c_.sinks.check_loss) c_.sinks.check_loss(sums_);
  }

  void keep_statistics(const Stage& stage, std::vector<double> sums) {
    statistics_ = std::move(sums);
    for (const Operation& operation : stage.operations) {
      if (operation.kind != Operation::Kind::channel_sums) continue;
      const auto first = statistics_.begin() + static_cast<std::ptrdiff_t>(operation.sums_at);
      channel_sums_[operation.node].assign(first, first + static_cast<std::ptrdiff_t>(2 * c_.node(operation.node).shape.channels));
    }
  }

  /// What a layer's finish_forward takes: the sums of its parts, or those of the stage before.
  std::vector<double> statistics_of(const Stage& stage) const {
    if (stage.parts.empty()) return statistics_;
    std::vector<double> joined;
    for (const graph::NodeId part : stage.parts) joined.insert(joined.end(), channel_sums_[part].begin(), channel_sums_[part].end());
    return joined;
  }

  // --- gradients

  void combine_gradients(ranks::GradientExchange& exchange, const Stage& stage) {
    const bool starts = exchange.combine([&](std::int64_t first, std::int64_t count, const float* left, const float* right) {
      take_gradients(stage, first, count, left, right);
    });
    if (!starts) return;
    started_.push_back(&exchange);
    started_stages_.push_back(&stage);
  }

  void finish_exchanges() {
    ranks::GradientExchange::finish(started_, [&](std::size_t i, std::int64_t first, std::int64_t count, const float* sum) {
      take_gradients(*started_stages_[i], first, count, sum, nullptr);
    });
  }

  /// Floats [first, first + count) of a stage's gradients to their parameters: left + right, or left alone.
  void take_gradients(const Stage& stage, std::int64_t first, std::int64_t count, const float* left, const float* right) {
    for (std::size_t i = 0; i < stage.gradients.size(); ++i) {
      const graph::Parameter& parameter = c_.parameters.at(stage.gradients[i]);
      const std::int64_t start = stage.gradient_offsets[i];
      const std::int64_t begin = std::max(first, start), end = std::min(first + count, start + parameter.count);
      if (begin >= end) continue;
      float* to = c_.sinks.gradients + parameter.offset + begin - start;
      if (right != nullptr)
        kernels::vector_kernels().f32.add(left + begin - first, right + begin - first, to, end - begin);
      else
        std::memcpy(to, left + begin - first, static_cast<std::size_t>(end - begin) * sizeof(float));
    }
  }

  // --- layers that couple samples

  float* coupled_space(graph::NodeId n) {
    auto& space = c_.coupled[n];
    space.resize(c_.net.prepared[n]->coupled_floats());
    return space.data();
  }

  /// All ranks do the same sums; one of each node writes what it shares with the others, the others write here.
  float* shared_or_spare(float* shared, std::int64_t count, std::vector<std::vector<float>>& spare) const {
    if (c_.team().leads_node()) return shared;
    spare.emplace_back(static_cast<std::size_t>(count));
    return spare.back().data();
  }

  void finish_forward(const Stage& stage) {
    const graph::NodeId n = stage.node;
    std::vector<std::vector<float>> spare;
    std::vector<float*> states;
    for (const int p : c_.parameters.of_node(n)) {
      const graph::Parameter& parameter = c_.parameters.at(p);
      if (!parameter.spec.trains) states.push_back(shared_or_spare(c_.parameters.of(parameter), parameter.count, spare));
    }
    c_.net.prepared[n]->finish_forward(statistics_of(stage).data(), c_.batch.count, c_.parameters.node_values(n), states, coupled_space(n));
  }

  void finish_backward(graph::NodeId n) {
    std::vector<std::vector<float>> spare;
    std::vector<float*> gradients;
    for (const int p : c_.parameters.of_node(n)) {
      const graph::Parameter& parameter = c_.parameters.at(p);
      const bool wanted = parameter.spec.trains && c_.sinks.gradients != nullptr;
      gradients.push_back(wanted ? shared_or_spare(c_.sinks.gradients + parameter.offset, parameter.count, spare) : nullptr);
    }
    c_.net.prepared[n]->finish_backward(statistics_.data(), c_.batch.count, c_.parameters.node_values(n), gradients, coupled_space(n));
  }

  RunContext c_;
  ShardOperations operations_;
  PlanBuffers& buffers_;
  std::vector<double> statistics_;                    ///< of the stage before, summed over the shards
  graph::NodeMap<std::vector<double>> channel_sums_;  ///< of the nodes that had some, likewise
  std::vector<ranks::GradientExchange*> started_;
  std::vector<const Stage*> started_stages_;
  BatchSums sums_;
};

}  // namespace

PlanBuffers::PlanBuffers(const PreparedNet& net, const Plan& plan, ranks::Team& team, int threads) {
  const bool exchanges_gradients = team.size() > 1 && plan.options.purpose == PlanOptions::Purpose::train;
  for (const Stage& stage : plan.stages) {
    pools.push_back(nullptr);
    exchanges.push_back(nullptr);
    if (exchanges_gradients && stage.gradient_floats > 0)
      exchanges.back() = std::make_unique<ranks::GradientExchange>(team, static_cast<int>(net.options.shards()), stage.gradient_floats,
                                                                   threads, kernels::vector_kernels().f32.add);
    else
      pools.back() = std::make_unique<parallel::BufferPool>(static_cast<std::size_t>(stage.gradient_floats) * sizeof(float));
  }
}

std::size_t PlanBuffers::allocated_bytes() const {
  std::size_t bytes = 0;
  for (const auto& pool : pools) bytes += pool ? pool->allocated_bytes() : 0;
  return bytes;
}

BatchSums run_plan(const PreparedNet& net, const Plan& plan, Arenas& arenas, PlanBuffers& buffers, graph::Parameters& parameters,
                   parallel::Workers& workers, const Batch& batch, layers::Mode mode, const Sinks& sinks) {
  RunContext context{.net = net,
                     .plan = plan,
                     .arenas = arenas,
                     .parameters = parameters,
                     .workers = workers,
                     .batch = batch,
                     .mode = mode,
                     .sinks = sinks,
                     .shards = static_cast<int>((batch.count + net.options.shard - 1) / net.options.shard),
                     .labels = {},
                     .mixed = {},
                     .coupled = graph::NodeMap<std::vector<float>>(net.graph.nodes().size())};
  for (std::int64_t i = 0; i < batch.count; ++i) context.labels.push_back(batch.reader->label(i));
  if (batch.reader->mixes())
    for (std::int64_t i = 0; i < batch.count; ++i) context.mixed.push_back(batch.reader->mixed_label(i));
  return PlanRun(std::move(context), buffers).run();
}

}  // namespace reprise::execution
