#include "suite/graph/executor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "suite/errors.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/losses/losses.hpp"

namespace reprise::graph {

namespace {

/// Update work is handed out in chunks of about this many floats: a few L2 caches' worth of rows.
constexpr std::int64_t kUpdateChunk = 32 * 1024;

void add_in_place(Precision precision, void* into, const void* from, std::int64_t count) {
  const auto& kernel = kernels::vector_kernels();
  if (precision == Precision::f32)
    kernel.f32.add(static_cast<const float*>(into), static_cast<const float*>(from), static_cast<float*>(into), count);
  else
    kernel.b16.add(static_cast<const kernels::bf16*>(into), static_cast<const kernels::bf16*>(from), static_cast<kernels::bf16*>(into), count);
}

void from_float(Precision precision, const float* from, void* to, std::int64_t count) {
  if (precision == Precision::f32) {
    if (to != from) std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
  } else {
    kernels::vector_kernels().b16.from_float(from, static_cast<kernels::bf16*>(to), count);
  }
}

void to_float(Precision precision, const void* from, float* to, std::int64_t count) {
  if (precision == Precision::f32)
    std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
  else
    kernels::vector_kernels().b16.to_float(static_cast<const kernels::bf16*>(from), to, count);
}

}  // namespace

/// Memory that a plan runs in; grows to the largest plan it was asked for.
struct Arenas {
  std::vector<Memory> threads;
  Memory batch;
  std::size_t arena_bytes = 0;  ///< of a thread's arena; its scratch follows

  void fit(const Plan& plan, std::size_t scratch, int thread_count) {
    threads.resize(static_cast<std::size_t>(thread_count));
    const std::size_t arena = std::max(arena_bytes, aligned(plan.thread_arena_bytes));
    const std::size_t bytes = arena + aligned(scratch);
    arena_bytes = arena;
    for (Memory& memory : threads)
      if (memory.size() < bytes) memory = Memory(bytes);
    if (batch.size() < plan.batch_arena_bytes) batch = Memory(plan.batch_arena_bytes);
  }
};

/// One run of one plan over one batch.
class PlanRun {
 public:
  struct Sinks {
    float* gradients = nullptr;            ///< parameter vector layout
    const Readout* readout = nullptr;
    layers::ReluRule relu_rule = layers::ReluRule::gradient;
    float* maps = nullptr;
    double label_smoothing = 0;
    /// Takes rows of the gradient of a block-cut node's parameter as soon as they are complete.
    std::function<void(int parameter, std::int64_t first_row, std::int64_t rows, const float* gradient)> rows_done;
    std::function<void(double loss)> check_loss;   ///< called once the loss of the batch is known, before any rows_done
  };

  PlanRun(const PreparedNet& net, const Plan& plan, Arenas& arenas, Parameters& parameters, parallel::Workers& workers, std::vector<std::unique_ptr<parallel::BufferPool>>& pools,
          const Batch& batch, layers::Mode mode, const Sinks& sinks)
      : net_(net), plan_(plan), arenas_(arenas), parameters_(parameters), workers_(workers), pools_(pools), batch_(batch), mode_(mode), sinks_(sinks) {
    shards_ = static_cast<int>((batch.count + net.options.shard - 1) / net.options.shard);
    loss_sums_.assign(static_cast<std::size_t>(shards_) * 2, 0.0);
    coupled_.resize(net.graph.nodes().size());
    for (std::int64_t i = 0; i < batch.count; ++i) labels_.push_back(batch.reader->label(i));
  }

  BatchSums run() {
    for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
      const Stage& stage = plan_.stages[s];
      switch (stage.kind) {
        case Stage::Kind::shards: run_shards(stage, s); break;
        case Stage::Kind::finish_forward: finish_forward(stage.node); break;
        case Stage::Kind::finish_backward: finish_backward(stage.node); break;
        case Stage::Kind::blocks_forward: forward_blocks(stage); break;
        case Stage::Kind::blocks_backward: backward_blocks(stage); break;
      }
    }
    return sums_;
  }

 private:
  const Node& node(NodeId n) const { return net_.graph.node(n); }
  Precision precision() const { return net_.options.precision; }
  std::int64_t samples() const { return net_.options.shard; }

  std::byte* at(BufferId id, int shard, int thread) const {
    if (id == kNoBuffer) return nullptr;
    const Buffer& buffer = plan_.buffers[static_cast<std::size_t>(id)];
    if (!buffer.crosses_stages) return arenas_.threads[static_cast<std::size_t>(thread)].data() + buffer.offset;
    return arenas_.batch.data() + buffer.offset + (buffer.whole ? 0 : static_cast<std::size_t>(shard) * buffer.bytes);
  }

  std::byte* scratch(int thread) const { return arenas_.threads[static_cast<std::size_t>(thread)].data() + arenas_.arena_bytes; }

  int valid(int shard) const { return static_cast<int>(std::min(samples(), batch_.count - shard * samples())); }

  layers::ShardInfo info(int shard) const {
    const std::span<const std::int32_t> labels(labels_);
    return {.seed = batch_.seed, .step = batch_.step, .first_slot = shard * samples(), .valid = valid(shard), .mode = mode_, .relu_rule = sinks_.relu_rule, .count = batch_.count,
            .labels = labels.subspan(static_cast<std::size_t>(shard * samples()), static_cast<std::size_t>(valid(shard)))};
  }

  void run_shards(const Stage& stage, std::size_t stage_index) {
    std::optional<parallel::TreeReduction> reduction;
    if (stage.gradient_floats > 0 && sinks_.gradients != nullptr)
      reduction.emplace(shards_, *pools_[stage_index], [floats = stage.gradient_floats](std::byte* left, const std::byte* right) {
        kernels::vector_kernels().accumulate(reinterpret_cast<float*>(left), reinterpret_cast<const float*>(right), floats);
      });
    const int width = statistics_width(stage);
    statistics_.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(shards_), 0.0);
    bool has_loss = false;
    for (const Operation& operation : stage.operations) has_loss = has_loss || operation.kind == Operation::Kind::loss;

    workers_.for_each(shards_, [&](std::int64_t s, int thread) {
      const int shard = static_cast<int>(s);
      std::byte* gradients = reduction ? pools_[stage_index]->take() : nullptr;
      std::size_t next_gradient = 0;
      for (const Operation& operation : stage.operations) run_operation(stage, operation, shard, thread, gradients, next_gradient);
      if (reduction) reduction->deposit(shard, gradients);
    });

    if (has_loss) sum_losses();
    if (width > 0) parallel::tree_sum_rows(statistics_.data(), shards_, static_cast<std::size_t>(width));
    if (reduction) {
      const float* root = reinterpret_cast<const float*>(reduction->root());
      for (std::size_t i = 0; i < stage.gradients.size(); ++i) {
        const Parameter& parameter = parameters_.list()[static_cast<std::size_t>(stage.gradients[i])];
        std::memcpy(sinks_.gradients + parameter.offset, root + stage.gradient_offsets[i], static_cast<std::size_t>(parameter.count) * sizeof(float));
      }
      pools_[stage_index]->give(reduction->root());
    }
  }

  int statistics_width(const Stage& stage) const {
    if (stage.statistics_node < 0) return 0;
    const auto& kernel = *net_.kernels[static_cast<std::size_t>(stage.statistics_node)];
    return stage.operations.back().kind == Operation::Kind::statistics ? kernel.statistics() : kernel.grad_statistics();
  }

  void run_operation(const Stage& stage, const Operation& operation, int shard, int thread, std::byte* gradients, std::size_t& next_gradient) {
    switch (operation.kind) {
      case Operation::Kind::fetch: fetch(operation, shard, thread); break;
      case Operation::Kind::statistics:
      case Operation::Kind::forward: forward(operation, shard, thread); break;
      case Operation::Kind::loss: loss(operation, shard, thread); break;
      case Operation::Kind::seed_gradient: seed_gradient(operation, shard, thread); break;
      case Operation::Kind::grad_statistics: backward(operation, shard, thread, {}); break;
      case Operation::Kind::sum_blocks: sum_blocks(operation, shard, thread); break;
      case Operation::Kind::backward: {
        std::vector<float*> own;
        // A stage's gradients stand in the order of its backward operations.
        while (gradients != nullptr && next_gradient < stage.gradients.size() && parameters_.list()[static_cast<std::size_t>(stage.gradients[next_gradient])].node == operation.node)
          own.push_back(reinterpret_cast<float*>(gradients) + stage.gradient_offsets[next_gradient++]);
        backward(operation, shard, thread, own);
        break;
      }
    }
  }

  void fetch(const Operation& operation, int shard, int thread) {
    const std::int64_t size = node(0).shape.size();
    std::byte* output = at(operation.output, shard, thread);
    const std::size_t bytes = static_cast<std::size_t>(size) * bytes_of(precision());
    for (int n = 0; n < valid(shard); ++n) {
      float* floats = precision() == Precision::f32 ? reinterpret_cast<float*>(output + static_cast<std::size_t>(n) * bytes) : reinterpret_cast<float*>(scratch(thread));
      batch_.reader->fetch(shard * samples() + n, floats);
      from_float(precision(), floats, output + static_cast<std::size_t>(n) * bytes, size);
    }
    std::memset(output + static_cast<std::size_t>(valid(shard)) * bytes, 0, static_cast<std::size_t>(samples() - valid(shard)) * bytes);
  }

  void forward(const Operation& operation, int shard, int thread) {
    const auto& kernel = *net_.kernels[static_cast<std::size_t>(operation.node)];
    std::vector<const void*> inputs;
    for (const BufferId id : operation.inputs) inputs.push_back(at(id, shard, thread));
    const auto& parameters = parameters_.node_values(operation.node);
    layers::ForwardArgs args;
    args.inputs = inputs;
    args.output = at(operation.output, shard, thread);
    args.parameters = parameters;
    args.saved = at(operation.saved, shard, thread);
    args.scratch = scratch(thread);
    args.coupled = coupled_of(operation.node);
    args.shard = info(shard);
    if (operation.kind == Operation::Kind::statistics) {
      kernel.shard_statistics(args, statistics_.data() + static_cast<std::size_t>(shard) * static_cast<std::size_t>(kernel.statistics()));
      return;
    }
    kernel.forward(args);
    if (sinks_.readout != nullptr && sinks_.readout->values != nullptr && sinks_.readout->node == operation.node) {
      const std::int64_t size = node(operation.node).shape.size();
      to_float(precision(), args.output, sinks_.readout->values + shard * samples() * size, valid(shard) * size);
    }
  }

  void backward(const Operation& operation, int shard, int thread, const std::vector<float*>& trained) {
    const auto& kernel = *net_.kernels[static_cast<std::size_t>(operation.node)];
    std::vector<const void*> inputs;
    for (const BufferId id : operation.inputs) inputs.push_back(at(id, shard, thread));
    std::vector<void*> grad_inputs;
    for (const BufferId id : operation.grad_inputs) grad_inputs.push_back(at(id, shard, thread));
    std::vector<float*> grad_parameters;
    if (!trained.empty()) {
      std::size_t next = 0;
      for (const auto& spec : node(operation.node).parameters) grad_parameters.push_back(spec.trains ? trained[next++] : nullptr);
    }
    const auto& parameters = parameters_.node_values(operation.node);
    layers::BackwardArgs args;
    args.inputs = inputs;
    args.output = at(operation.output, shard, thread);
    args.grad_output = at(operation.grad_output, shard, thread);
    args.grad_inputs = grad_inputs;
    args.parameters = parameters;
    args.grad_parameters = grad_parameters;
    args.saved = at(operation.saved, shard, thread);
    args.scratch = scratch(thread);
    args.coupled = coupled_of(operation.node);
    args.shard = info(shard);
    if (operation.kind == Operation::Kind::grad_statistics) {
      kernel.shard_grad_statistics(args, statistics_.data() + static_cast<std::size_t>(shard) * static_cast<std::size_t>(kernel.grad_statistics()));
      return;
    }
    kernel.backward(args);
    for (std::size_t i = 0; i < operation.accumulate.size(); ++i)
      if (operation.accumulate[i] != kNoBuffer)
        add_in_place(precision(), at(operation.accumulate[i], shard, thread), grad_inputs[i], samples() * node(node(operation.node).inputs[i]).shape.size());
    if (sinks_.maps == nullptr) return;
    for (std::size_t i = 0; i < operation.grad_inputs.size(); ++i)
      if (node(operation.node).inputs[i] == 0) {
        const std::int64_t size = node(0).shape.size();
        to_float(precision(), at(plan_.input_gradient, shard, thread), sinks_.maps + shard * samples() * size, valid(shard) * size);
      }
  }

  void loss(const Operation& operation, int shard, int thread) {
    std::vector<std::int32_t> labels;
    const bool has_labels = !plan_.options.target_is_input;
    for (int n = 0; has_labels && n < valid(shard); ++n) labels.push_back(batch_.reader->label(shard * samples() + n));
    const std::int64_t size = node(operation.node).shape.size();
    losses::ShardLoss call;
    call.kind = net_.graph.loss();
    call.precision = precision();
    call.samples = static_cast<int>(samples());
    call.valid = valid(shard);
    call.features = size;
    call.value = at(operation.inputs[0], shard, thread);
    call.target = has_labels ? nullptr : at(operation.inputs[1], shard, thread);
    call.labels = labels;
    call.label_smoothing = plan_.options.purpose == PlanOptions::Purpose::train ? static_cast<float>(sinks_.label_smoothing) : 0.0f;
    call.grad_scale = static_cast<float>(1.0 / static_cast<double>(batch_.count));
    call.grad = at(operation.grad_output, shard, thread);
    if (sinks_.readout != nullptr && sinks_.readout->predictions != nullptr && has_labels) call.predictions = sinks_.readout->predictions + shard * samples();
    const losses::ShardSums sums = losses::shard_loss(call);
    loss_sums_[static_cast<std::size_t>(shard) * 2] = sums.loss;
    loss_sums_[static_cast<std::size_t>(shard) * 2 + 1] = sums.errors;
    if (sinks_.readout != nullptr && sinks_.readout->outputs != nullptr) to_float(precision(), call.value, sinks_.readout->outputs + shard * samples() * size, valid(shard) * size);
  }

  void sum_losses() {
    parallel::tree_sum_rows(loss_sums_.data(), shards_, 2);
    sums_.loss = loss_sums_[0];
    sums_.errors = static_cast<std::int64_t>(std::llround(loss_sums_[1]));
    if (sinks_.check_loss) sinks_.check_loss(sums_.loss);
  }

  void seed_gradient(const Operation& operation, int shard, int thread) {
    const std::int64_t size = node(operation.node).shape.size();
    const std::byte* value = at(operation.inputs[0], shard, thread);
    std::byte* gradient = at(operation.grad_output, shard, thread);
    const std::size_t bytes = static_cast<std::size_t>(size) * bytes_of(precision());
    std::vector<float> seed(static_cast<std::size_t>(size));
    const auto& kernel = kernels::vector_kernels();
    for (std::int64_t n = 0; n < samples(); ++n) {
      const std::byte* row = value + static_cast<std::size_t>(n) * bytes;
      const auto largest = precision() == Precision::f32 ? kernel.f32.first_maximum(reinterpret_cast<const float*>(row), size)
                                                         : kernel.b16.first_maximum(reinterpret_cast<const kernels::bf16*>(row), size);
      std::fill(seed.begin(), seed.end(), 0.0f);
      seed[static_cast<std::size_t>(largest)] = 1.0f;
      from_float(precision(), seed.data(), gradient + static_cast<std::size_t>(n) * bytes, size);
    }
  }

  // --- layers that couple samples

  const float* coupled_of(NodeId n) const { return coupled_[static_cast<std::size_t>(n)].empty() ? nullptr : coupled_[static_cast<std::size_t>(n)].data(); }

  float* coupled_space(NodeId n) {
    auto& space = coupled_[static_cast<std::size_t>(n)];
    space.resize(net_.kernels[static_cast<std::size_t>(n)]->coupled_floats());
    return space.data();
  }

  void finish_forward(NodeId n) {
    std::vector<float*> states;
    for (const int p : parameters_.of_node(n)) {
      const Parameter& parameter = parameters_.list()[static_cast<std::size_t>(p)];
      if (!parameter.spec.trains) states.push_back(parameters_.of(parameter));
    }
    const auto& values = parameters_.node_values(n);
    net_.kernels[static_cast<std::size_t>(n)]->finish_forward(statistics_.data(), batch_.count, values, states, coupled_space(n));
  }

  void finish_backward(NodeId n) {
    std::vector<float*> gradients;
    for (const int p : parameters_.of_node(n)) {
      const Parameter& parameter = parameters_.list()[static_cast<std::size_t>(p)];
      gradients.push_back(parameter.spec.trains && sinks_.gradients != nullptr ? sinks_.gradients + parameter.offset : nullptr);
    }
    const auto& values = parameters_.node_values(n);
    net_.kernels[static_cast<std::size_t>(n)]->finish_backward(statistics_.data(), batch_.count, values, gradients, coupled_space(n));
  }

  // --- layers cut by output features

  void forward_blocks(const Stage& stage) {
    const auto& kernel = *net_.blocks[static_cast<std::size_t>(stage.node)];
    const auto& parameters = parameters_.node_values(stage.node);
    workers_.for_each(kernel.blocks(), [&](std::int64_t block, int thread) {
      kernel.forward(static_cast<int>(block), at(stage.input, 0, 0), at(stage.output, 0, 0), parameters, scratch(thread));
    });
    if (sinks_.readout != nullptr && sinks_.readout->values != nullptr && sinks_.readout->node == stage.node)
      to_float(precision(), at(stage.output, 0, 0), sinks_.readout->values, batch_.count * node(stage.node).shape.size());
  }

  void backward_blocks(const Stage& stage) {
    auto& kernel = *net_.blocks[static_cast<std::size_t>(stage.node)];
    const std::int64_t rows = net_.options.shards() * samples(), in_size = node(node(stage.node).inputs[0]).shape.size();
    const std::size_t row_bytes = static_cast<std::size_t>(node(stage.node).shape.size()) * bytes_of(precision());
    // Shards that this (last, smaller) batch does not have must add nothing.
    std::memset(at(stage.grad_output, 0, 0) + static_cast<std::size_t>(shards_ * samples()) * row_bytes, 0, static_cast<std::size_t>(rows - shards_ * samples()) * row_bytes);
    layers::BlockKernel::RowsDone rows_done;
    if (sinks_.rows_done)
      rows_done = [&, first = parameters_.of_node(stage.node)](int parameter, std::int64_t first_row, std::int64_t count, const float* gradient) {
        sinks_.rows_done(first[static_cast<std::size_t>(parameter)], first_row, count, gradient);
      };
    const auto& values = parameters_.node_values(stage.node);
    workers_.for_each(kernel.blocks(), [&](std::int64_t b, int thread) {
      const int block = static_cast<int>(b);
      float* partial = stage.partial == kNoBuffer ? nullptr : reinterpret_cast<float*>(at(stage.partial, 0, 0)) + b * rows * in_size;
      kernel.backward(block, at(stage.input, 0, 0), at(stage.grad_output, 0, 0), partial, values, rows_done, scratch(thread));
    });
  }

  /// grad_input rows of the shard = sum over blocks of the partial gradients, along a binary tree over the block index.
  void sum_blocks(const Operation& operation, int shard, int thread) {
    const auto& kernel = *net_.blocks[static_cast<std::size_t>(operation.node)];
    const std::int64_t size = node(node(operation.node).inputs[0]).shape.size(), rows = net_.options.shards() * samples(), count = samples() * size;
    float* partial = reinterpret_cast<float*>(at(operation.inputs[0], shard, thread)) + shard * count;
    const auto& vector = kernels::vector_kernels();
    for (int step = 1; step < kernel.blocks(); step *= 2)
      for (int b = 0; b + step < kernel.blocks(); b += 2 * step) vector.accumulate(partial + b * rows * size, partial + (b + step) * rows * size, count);
    std::byte* output = at(operation.grad_inputs[0], shard, thread);
    from_float(precision(), partial, output, count);
    if (operation.accumulate[0] != kNoBuffer) add_in_place(precision(), at(operation.accumulate[0], shard, thread), output, count);
    if (sinks_.maps != nullptr && node(operation.node).inputs[0] == 0) to_float(precision(), at(plan_.input_gradient, shard, thread), sinks_.maps + shard * samples() * size, valid(shard) * size);
  }

  const PreparedNet& net_;
  const Plan& plan_;
  Arenas& arenas_;
  Parameters& parameters_;
  parallel::Workers& workers_;
  std::vector<std::unique_ptr<parallel::BufferPool>>& pools_;
  const Batch& batch_;
  layers::Mode mode_;
  const Sinks& sinks_;
  int shards_ = 0;
  std::vector<double> statistics_, loss_sums_;
  std::vector<std::vector<float>> coupled_;
  std::vector<std::int32_t> labels_;   ///< of the batch
  BatchSums sums_;
};

struct Executor::State {
  State(const Graph& graph_in, const ExecutorOptions& options_in, Parameters& parameters_in, parallel::Workers& workers_in)
      : graph(graph_in), options(options_in), parameters(parameters_in), workers(workers_in), net(graph, options.net),
        train(net, {.purpose = PlanOptions::Purpose::train, .target_is_input = options.target_is_input}),
        infer(net, {.purpose = PlanOptions::Purpose::infer, .target_is_input = options.target_is_input}),
        gradients(static_cast<std::size_t>(parameters.size()) * sizeof(float)) {
    const std::size_t fetch_scratch = static_cast<std::size_t>(graph.node(0).shape.size()) * sizeof(float);
    for (const Plan* plan : {&train, &infer}) {
      scratch_bytes = std::max({scratch_bytes, plan->scratch_bytes, fetch_scratch});
      arenas.arena_bytes = std::max(arenas.arena_bytes, aligned(plan->thread_arena_bytes));
    }
    for (const Plan* plan : {&train, &infer}) arenas.fit(*plan, scratch_bytes, workers.threads());
    for (const Stage& stage : train.stages) train_pools.push_back(std::make_unique<parallel::BufferPool>(static_cast<std::size_t>(stage.gradient_floats) * sizeof(float)));
    for (std::size_t i = 0; i < infer.stages.size(); ++i) infer_pools.push_back(std::make_unique<parallel::BufferPool>(0));
    list_updates();
  }

  /// Rows of every parameter that is not updated block by block, in chunks.
  void list_updates() {
    for (std::size_t p = 0; p < parameters.list().size(); ++p) {
      const Parameter& parameter = parameters.list()[p];
      if (!parameter.spec.trains || net.blocks[static_cast<std::size_t>(parameter.node)] != nullptr) continue;
      const std::int64_t rows = std::max<std::int64_t>(1, kUpdateChunk / parameter.columns());
      for (std::int64_t first = 0; first < parameter.rows(); first += rows) updates.push_back({static_cast<int>(p), first, std::min(rows, parameter.rows() - first)});
    }
  }

  void pack_shard_nodes() {
    workers.for_each(static_cast<std::int64_t>(net.kernels.size()), [&](std::int64_t n, int) {
      if (net.kernels[static_cast<std::size_t>(n)] == nullptr || parameters.of_node(static_cast<NodeId>(n)).empty()) return;
      const auto& values = parameters.node_values(static_cast<NodeId>(n));
      net.kernels[static_cast<std::size_t>(n)]->load_weights(values);
    });
  }

  void pack_block(NodeId n, int block) {
    const auto& values = parameters.node_values(n);
    net.blocks[static_cast<std::size_t>(n)]->load_block(block, values);
  }

  /// A training step; `optimizer` null: gradients only.
  BatchSums step(const Batch& batch, optimizers::Optimizer* optimizer, const kernels::UpdateTerms* terms) {
    PlanRun::Sinks sinks;
    sinks.gradients = gradients.floats();
    sinks.label_smoothing = options.label_smoothing;
    sinks.check_loss = [&](double loss) {
      if (std::isfinite(loss)) return;
      throw RunError(Complaint{fmt::format("loss at step {}", batch.step), "a finite number", fmt::format("{}", loss), "Training diverged: lower optimizer.learning_rate or add warm-up"});
    };
    sinks.rows_done = [&](int p, std::int64_t first_row, std::int64_t rows, const float* rows_gradient) {
      const Parameter& parameter = parameters.list()[static_cast<std::size_t>(p)];
      if (optimizer != nullptr)
        optimizer->update_rows(parameters, p, first_row, rows, rows_gradient, *terms);
      else
        std::memcpy(gradients.floats() + parameter.offset + first_row * parameter.columns(), rows_gradient, static_cast<std::size_t>(rows * parameter.columns()) * sizeof(float));
    };
    BatchSums sums;
    workers.enter([&] {
      sums = PlanRun(net, train, arenas, parameters, workers, train_pools, batch, layers::Mode::train, sinks).run();
      if (optimizer == nullptr) return;
      workers.for_each(static_cast<std::int64_t>(updates.size()), [&](std::int64_t i, int) {
        const Update& u = updates[static_cast<std::size_t>(i)];
        const Parameter& parameter = parameters.list()[static_cast<std::size_t>(u.parameter)];
        optimizer->update_rows(parameters, u.parameter, u.first_row, u.rows, gradients.floats() + parameter.offset + u.first_row * parameter.columns(), *terms);
      });
      pack_shard_nodes();
    });
    return sums;
  }

  struct Update {
    int parameter;
    std::int64_t first_row, rows;
  };

  const Graph& graph;
  ExecutorOptions options;
  Parameters& parameters;
  parallel::Workers& workers;
  PreparedNet net;
  Plan train, infer;
  Memory gradients;
  std::size_t scratch_bytes = 0;
  Arenas arenas;
  std::vector<std::unique_ptr<parallel::BufferPool>> train_pools, infer_pools;
  std::vector<Update> updates;
};

Executor::Executor(const Graph& graph, const ExecutorOptions& options, Parameters& parameters, parallel::Workers& workers)
    : state_(std::make_unique<State>(graph, options, parameters, workers)) {
  load_weights();
}

Executor::~Executor() = default;

void Executor::load_weights() {
  state_->workers.enter([&] {
    state_->pack_shard_nodes();
    for (std::size_t n = 0; n < state_->net.blocks.size(); ++n)
      if (state_->net.blocks[n] != nullptr)
        state_->workers.for_each(state_->net.blocks[n]->blocks(), [&](std::int64_t b, int) { state_->pack_block(static_cast<NodeId>(n), static_cast<int>(b)); });
  });
}

BatchSums Executor::train_step(const Batch& batch, optimizers::Optimizer& optimizer, const kernels::UpdateTerms& terms) { return state_->step(batch, &optimizer, &terms); }

BatchSums Executor::compute_gradients(const Batch& batch) { return state_->step(batch, nullptr, nullptr); }

const float* Executor::gradients() const { return state_->gradients.floats(); }

BatchSums Executor::evaluate(const Batch& batch, layers::Mode mode, const Readout& readout) {
  PlanRun::Sinks sinks;
  sinks.readout = &readout;
  BatchSums sums;
  state_->workers.enter([&] { sums = PlanRun(state_->net, state_->infer, state_->arenas, state_->parameters, state_->workers, state_->infer_pools, batch, mode, sinks).run(); });
  return sums;
}

Executor::MemoryUse Executor::memory() const {
  MemoryUse use;
  for (const Memory& memory : state_->arenas.threads) use.thread_arenas += memory.size();
  use.batch_arena = state_->arenas.batch.size();
  use.packed_weights = state_->net.packed_bytes();
  use.gradients = state_->gradients.size();
  for (const auto& pool : state_->train_pools) use.gradients += pool->allocated_bytes();
  return use;
}

void input_maps(const Graph& graph, const NetOptions& options, const Parameters& parameters, parallel::Workers& workers, const Batch& batch, NodeId map_node, layers::ReluRule rule, float* maps) {
  PreparedNet net(graph, options, true);
  const Plan plan(net, {.purpose = PlanOptions::Purpose::maps, .map_node = map_node});
  Arenas arenas;
  arenas.fit(plan, std::max(plan.scratch_bytes, static_cast<std::size_t>(graph.node(0).shape.size()) * sizeof(float)), workers.threads());
  std::vector<std::unique_ptr<parallel::BufferPool>> pools;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) pools.push_back(std::make_unique<parallel::BufferPool>(0));
  PlanRun::Sinks sinks;
  sinks.relu_rule = rule;
  sinks.maps = maps;
  auto& mutable_parameters = const_cast<Parameters&>(parameters);  // inference writes no state
  for (std::size_t n = 0; n < net.kernels.size(); ++n) {
    const auto& values = parameters.node_values(static_cast<NodeId>(n));
    if (net.kernels[n] != nullptr && !values.empty()) net.kernels[n]->load_weights(values);
    if (net.blocks[n] != nullptr)
      for (int b = 0; b < net.blocks[n]->blocks(); ++b) net.blocks[n]->load_block(b, values);
  }
  workers.enter([&] { PlanRun(net, plan, arenas, mutable_parameters, workers, pools, batch, layers::Mode::infer, sinks).run(); });
}

}  // namespace reprise::graph
