#include "suite/execution/plan_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <optional>

#include "suite/errors.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/losses/losses.hpp"

namespace reprise::execution {

namespace {

void add_in_place(Precision precision, void* into, const void* from, std::int64_t count) {
  const auto& kernel = kernels::vector_kernels();
  if (precision == Precision::f32)
    kernel.f32.add(static_cast<const float*>(into), static_cast<const float*>(from), static_cast<float*>(into), count);
  else
    kernel.b16.add(static_cast<const kernels::bf16*>(into), static_cast<const kernels::bf16*>(from), static_cast<kernels::bf16*>(into),
                   count);
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

/// One run of one plan over one batch.
class PlanRun {
 public:
  PlanRun(const PreparedNet& net, const Plan& plan, Arenas& arenas, PlanBuffers& buffers, graph::Parameters& parameters,
          parallel::Workers& workers, const Batch& batch, layers::Mode mode, const Sinks& sinks)
      : net_(net),
        plan_(plan),
        arenas_(arenas),
        team_(arenas.team),
        buffers_(buffers),
        parameters_(parameters),
        workers_(workers),
        batch_(batch),
        mode_(mode),
        sinks_(sinks) {
    shards_ = static_cast<int>((batch.count + net.options.shard - 1) / net.options.shard);
    coupled_.resize(net.graph.nodes().size());
    for (std::int64_t i = 0; i < batch.count; ++i) labels_.push_back(batch.reader->label(i));
  }

  BatchSums run() {
    for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
      const Stage& stage = plan_.stages[s];
      switch (stage.kind) {
        case Stage::Kind::shards:
          run_shards(stage, s);
          break;
        case Stage::Kind::finish_forward:
          finish_forward(stage.node);
          break;
        case Stage::Kind::finish_backward:
          finish_backward(stage.node);
          break;
        case Stage::Kind::blocks_forward:
          forward_blocks(stage);
          break;
        case Stage::Kind::blocks_backward:
          backward_blocks(stage);
          break;
      }
    }
    finish_exchanges();
    return sums_;
  }

  static constexpr std::size_t kLossColumns = 4;  ///< a row: loss, errors, and one column for each signal

 private:
  const graph::Node& node(graph::NodeId n) const { return net_.graph.node(n); }
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
    return {.seed = batch_.seed,
            .step = batch_.step,
            .first_slot = shard * samples(),
            .valid = valid(shard),
            .mode = mode_,
            .relu_rule = sinks_.relu_rule,
            .count = batch_.count,
            .labels = labels.subspan(static_cast<std::size_t>(shard * samples()), static_cast<std::size_t>(valid(shard)))};
  }

  void run_shards(const Stage& stage, std::size_t stage_index) {
    const ranks::Range mine = team_.share(shards_);
    std::optional<parallel::TreeReduction> reduction;
    if (stage.gradient_floats > 0 && sinks_.gradients != nullptr)
      reduction.emplace(static_cast<int>(mine.first), static_cast<int>(mine.last), shards_, buffers_.pool(stage_index),
                        [floats = stage.gradient_floats](std::byte* left, const std::byte* right) {
                          kernels::vector_kernels().accumulate(reinterpret_cast<float*>(left), reinterpret_cast<const float*>(right),
                                                               floats);
                        });
    width_ = static_cast<std::size_t>(statistics_width(stage));
    arenas_.turn ^= 1;
    std::fill_n(loss_row(static_cast<int>(mine.first)), static_cast<std::size_t>(mine.count()) * kLossColumns, 0.0);
    std::fill_n(statistics_row(static_cast<int>(mine.first)), static_cast<std::size_t>(mine.count()) * width_, 0.0);

    workers_.for_each(mine.count(), [&](std::int64_t s, int thread) {
      const int shard = static_cast<int>(mine.first + s);
      std::byte* gradients = reduction ? buffers_.pool(stage_index).take() : nullptr;
      std::size_t next_gradient = 0;
      for (const Operation& operation : stage.operations) {
        run_named(stage, operation, shard, thread, gradients, next_gradient);
        for (ranks::GradientExchange* exchange : started_) exchange->poll();
      }
      if (reduction) reduction->deposit(shard, gradients);
    });

    if (reduction) put_gradients(stage, stage_index, *reduction);
    if (stage_index + 1 < plan_.stages.size() && plan_.stages[stage_index + 1].kind == Stage::Kind::blocks_backward)
      clear_missing_rows(plan_.stages[stage_index + 1]);
    const bool has_loss =
        std::any_of(stage.operations.begin(), stage.operations.end(), [](const Operation& o) { return o.kind == Operation::Kind::loss; });
    if (has_loss)
      sum_losses();
    else if (width_ == 0)
      team_.synchronise("end of a stage");
    if (width_ > 0) sum_statistics();
    if (reduction) combine_gradients(stage, stage_index);
  }

  /// An error of a library below gets the place where it happened.
  void run_named(const Stage& stage, const Operation& operation, int shard, int thread, std::byte* gradients, std::size_t& next_gradient) {
    try {
      run_operation(stage, operation, shard, thread, gradients, next_gradient);
    } catch (const InputError&) {
      throw;
    } catch (const RunError&) {
      throw;
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      throw RunError(
          fmt::format("step {}, layer {}, samples from {}: {}", batch_.step, node(operation.node).name, shard * samples(), error.what()));
    }
  }

  // --- sums over all shards. Rows of doubles are written by each shard's rank and added up by everybody in the tree's order.

  double* loss_row(int shard) const {
    return reinterpret_cast<double*>(arenas_.rows.data()) + static_cast<std::size_t>(arenas_.turn) * arenas_.turn_doubles +
           static_cast<std::size_t>(shard) * kLossColumns;
  }
  double* statistics_row(int shard) const {
    return loss_row(0) + static_cast<std::size_t>(net_.options.shards()) * kLossColumns + static_cast<std::size_t>(shard) * width_;
  }

  std::vector<double> sum_rows(double* rows, std::size_t width, const char* what) {
    team_.gather(reinterpret_cast<std::byte*>(rows), width * sizeof(double), shards_, what);
    std::vector<double> own(rows, rows + static_cast<std::size_t>(shards_) * width);
    parallel::tree_sum_rows(own.data(), shards_, width);
    own.resize(width);
    return own;
  }

  void sum_losses() {
    const std::vector<double> sums = sum_rows(loss_row(0), kLossColumns, "sum of the loss");
    sums_.loss = sums[0];
    sums_.errors = static_cast<std::int64_t>(std::llround(sums[1]));
    sums_.signals = {.stop = sums[2] > 0, .save = sums[3] > 0};
    if (sinks_.check_loss) sinks_.check_loss(sums_.loss);
  }

  void sum_statistics() { statistics_ = sum_rows(statistics_row(0), width_, "sum of statistics"); }

  void put_gradients(const Stage& stage, std::size_t stage_index, const parallel::TreeReduction& reduction) {
    if (buffers_.exchanges[stage_index] == nullptr) {
      take_gradients(stage, 0, stage.gradient_floats, reinterpret_cast<const float*>(reduction.root()), nullptr);
      buffers_.pool(stage_index).give(reduction.root());
    } else {
      buffers_.exchanges[stage_index]->put(shards_, reduction.sums());
    }
  }

  void combine_gradients(const Stage& stage, std::size_t stage_index) {
    ranks::GradientExchange* exchange = buffers_.exchanges[stage_index].get();
    if (exchange == nullptr) return;
    exchange->combine(shards_, [&](std::int64_t first, std::int64_t count, const float* left, const float* right) {
      take_gradients(stage, first, count, left, right);
    });
    if (team_.nodes() == 1) return;
    team_.synchronise("combining gradients");
    exchange->start();
    started_.push_back(exchange);
    started_stages_.push_back(&stage);
  }

  void finish_exchanges() {
    if (started_.empty()) return;
    for (ranks::GradientExchange* exchange : started_) exchange->finish();
    team_.synchronise("exchange of gradients");
    for (std::size_t i = 0; i < started_.size(); ++i)
      started_[i]->take([&](std::int64_t first, std::int64_t count, const float* left, const float* right) {
        take_gradients(*started_stages_[i], first, count, left, right);
      });
    started_.clear();
  }

  /// Floats [first, first + count) of a stage's gradients to their parameters: left + right, or left alone.
  void take_gradients(const Stage& stage, std::int64_t first, std::int64_t count, const float* left, const float* right) {
    for (std::size_t i = 0; i < stage.gradients.size(); ++i) {
      const graph::Parameter& parameter = parameters_.list()[static_cast<std::size_t>(stage.gradients[i])];
      const std::int64_t start = stage.gradient_offsets[i];
      const std::int64_t begin = std::max(first, start), end = std::min(first + count, start + parameter.count);
      if (begin >= end) continue;
      float* to = sinks_.gradients + parameter.offset + begin - start;
      if (right != nullptr)
        kernels::vector_kernels().f32.add(left + begin - first, right + begin - first, to, end - begin);
      else
        std::memcpy(to, left + begin - first, static_cast<std::size_t>(end - begin) * sizeof(float));
    }
  }

  int statistics_width(const Stage& stage) const {
    if (stage.statistics_node < 0) return 0;
    const auto& kernel = *net_.kernels[static_cast<std::size_t>(stage.statistics_node)];
    return stage.operations.back().kind == Operation::Kind::statistics ? kernel.statistics() : kernel.grad_statistics();
  }

  void run_operation(const Stage& stage, const Operation& operation, int shard, int thread, std::byte* gradients,
                     std::size_t& next_gradient) {
    switch (operation.kind) {
      case Operation::Kind::fetch:
        fetch(operation, shard, thread);
        break;
      case Operation::Kind::statistics:
      case Operation::Kind::forward:
        forward(operation, shard, thread);
        break;
      case Operation::Kind::loss:
        loss(operation, shard, thread);
        break;
      case Operation::Kind::seed_gradient:
        seed_gradient(operation, shard, thread);
        break;
      case Operation::Kind::grad_statistics:
        backward(operation, shard, thread, {});
        break;
      case Operation::Kind::sum_blocks:
        sum_blocks(operation, shard, thread);
        break;
      case Operation::Kind::backward: {
        std::vector<float*> own;
        // A stage's gradients stand in the order of its backward operations.
        while (gradients != nullptr && next_gradient < stage.gradients.size() &&
               parameters_.list()[static_cast<std::size_t>(stage.gradients[next_gradient])].node == operation.node)
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
      float* floats = precision() == Precision::f32 ? reinterpret_cast<float*>(output + static_cast<std::size_t>(n) * bytes)
                                                    : reinterpret_cast<float*>(scratch(thread));
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
      kernel.shard_statistics(args, statistics_row(shard));
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
      kernel.shard_grad_statistics(args, statistics_row(shard));
      return;
    }
    kernel.backward(args);
    for (std::size_t i = 0; i < operation.accumulate.size(); ++i)
      if (operation.accumulate[i] != kNoBuffer)
        add_in_place(precision(), at(operation.accumulate[i], shard, thread), grad_inputs[i],
                     samples() * node(node(operation.node).inputs[i]).shape.size());
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
    if (sinks_.readout != nullptr && sinks_.readout->predictions != nullptr && has_labels)
      call.predictions = sinks_.readout->predictions + shard * samples();
    const losses::ShardSums sums = losses::shard_loss(call);
    const double row[kLossColumns] = {sums.loss, static_cast<double>(sums.errors), batch_.signals.stop ? 1.0 : 0.0,
                                      batch_.signals.save ? 1.0 : 0.0};
    std::copy(row, row + kLossColumns, loss_row(shard));
    if (sinks_.readout != nullptr && sinks_.readout->outputs != nullptr)
      to_float(precision(), call.value, sinks_.readout->outputs + shard * samples() * size, valid(shard) * size);
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

  const float* coupled_of(graph::NodeId n) const {
    return coupled_[static_cast<std::size_t>(n)].empty() ? nullptr : coupled_[static_cast<std::size_t>(n)].data();
  }

  float* coupled_space(graph::NodeId n) {
    auto& space = coupled_[static_cast<std::size_t>(n)];
    space.resize(net_.kernels[static_cast<std::size_t>(n)]->coupled_floats());
    return space.data();
  }

  /// All ranks do the same sums; one of each node writes what it shares with the others, the others write here.
  float* shared_or_spare(float* shared, std::int64_t count, std::vector<std::vector<float>>& spare) const {
    if (team_.leads_node()) return shared;
    spare.emplace_back(static_cast<std::size_t>(count));
    return spare.back().data();
  }

  void finish_forward(graph::NodeId n) {
    std::vector<std::vector<float>> spare;
    std::vector<float*> states;
    for (const int p : parameters_.of_node(n)) {
      const graph::Parameter& parameter = parameters_.list()[static_cast<std::size_t>(p)];
      if (!parameter.spec.trains) states.push_back(shared_or_spare(parameters_.of(parameter), parameter.count, spare));
    }
    const auto& values = parameters_.node_values(n);
    net_.kernels[static_cast<std::size_t>(n)]->finish_forward(statistics_.data(), batch_.count, values, states, coupled_space(n));
  }

  void finish_backward(graph::NodeId n) {
    std::vector<std::vector<float>> spare;
    std::vector<float*> gradients;
    for (const int p : parameters_.of_node(n)) {
      const graph::Parameter& parameter = parameters_.list()[static_cast<std::size_t>(p)];
      const bool wanted = parameter.spec.trains && sinks_.gradients != nullptr;
      gradients.push_back(wanted ? shared_or_spare(sinks_.gradients + parameter.offset, parameter.count, spare) : nullptr);
    }
    const auto& values = parameters_.node_values(n);
    net_.kernels[static_cast<std::size_t>(n)]->finish_backward(statistics_.data(), batch_.count, values, gradients, coupled_space(n));
  }

  // --- layers cut by output features

  std::size_t row_bytes(graph::NodeId n) const { return static_cast<std::size_t>(node(n).shape.size()) * bytes_of(precision()); }

  /// A stage's buffer of all shards, from the ranks that computed them to every node.
  void gather_rows(BufferId id, graph::NodeId n) {
    if (team_.nodes() > 1)
      team_.gather(at(id, 0, 0), row_bytes(n) * static_cast<std::size_t>(samples()), shards_, "exchange of activations");
  }

  void forward_blocks(const Stage& stage) {
    const auto& kernel = *net_.blocks[static_cast<std::size_t>(stage.node)];
    const auto& parameters = parameters_.node_values(stage.node);
    gather_rows(stage.input, node(stage.node).inputs[0]);
    const ranks::Range mine = team_.share(kernel.blocks());
    workers_.for_each(mine.count(), [&](std::int64_t block, int thread) {
      kernel.forward(static_cast<int>(mine.first + block), at(stage.input, 0, 0), at(stage.output, 0, 0), parameters, scratch(thread));
    });
    if (team_.nodes() > 1) exchange_columns(kernel, stage);
    team_.synchronise("outputs of a layer");
    if (sinks_.readout != nullptr && sinks_.readout->values != nullptr && sinks_.readout->node == stage.node)
      to_float(precision(), at(stage.output, 0, 0), sinks_.readout->values, batch_.count * node(stage.node).shape.size());
  }

  /// Columns of the output, which each node has of its own blocks, from every node to all; packed block by block on the way.
  void exchange_columns(const layers::BlockKernel& kernel, const Stage& stage) {
    const std::size_t width = bytes_of(precision()), stride = row_bytes(stage.node),
                      rows = static_cast<std::size_t>(net_.options.shards() * samples());
    std::vector<std::size_t> offsets;
    for (int b = 0; b <= kernel.blocks(); ++b) offsets.push_back(static_cast<std::size_t>(kernel.first_row(b)) * width * rows);
    std::byte* output = at(stage.output, 0, 0);
    const auto copy = [&](const ranks::Range& blocks, const ranks::Range& lines, bool pack) {
      for (std::int64_t b = blocks.first; b < blocks.last; ++b) {
        const std::size_t first = static_cast<std::size_t>(kernel.first_row(static_cast<int>(b))) * width,
                          bytes = static_cast<std::size_t>(kernel.first_row(static_cast<int>(b) + 1)) * width - first;
        for (std::int64_t n = lines.first; n < lines.last; ++n) {
          std::byte* packed = arenas_.columns.data() + offsets[static_cast<std::size_t>(b)] + static_cast<std::size_t>(n) * bytes;
          std::byte* outside = output + static_cast<std::size_t>(n) * stride + first;
          std::memcpy(pack ? packed : outside, pack ? outside : packed, bytes);
        }
      }
    };
    copy(team_.share(kernel.blocks()), {0, static_cast<std::int64_t>(rows)}, true);
    team_.gather(arenas_.columns.data(), offsets, "exchange of activations");
    const ranks::Range own = team_.node_share(kernel.blocks(), team_.node()), lines = team_.local_share(static_cast<std::int64_t>(rows));
    copy({0, own.first}, lines, false);
    copy({own.last, kernel.blocks()}, lines, false);
  }

  /// Shards that this (last, smaller) batch does not have must add nothing: neither gradients of the batch before nor, as zero times
  /// what is left in their place, inputs that are no numbers.
  void clear_missing_rows(const Stage& stage) {
    if (!team_.leads_node()) return;
    const std::size_t there = static_cast<std::size_t>(shards_ * samples()),
                      rows = static_cast<std::size_t>(net_.options.shards() * samples());
    const auto clear = [&](int buffer, graph::NodeId of) {
      std::memset(at(buffer, 0, 0) + there * row_bytes(of), 0, (rows - there) * row_bytes(of));
    };
    clear(stage.grad_output, stage.node);
    clear(stage.input, node(stage.node).inputs[0]);
  }

  void backward_blocks(const Stage& stage) {
    const auto& kernel = *net_.blocks[static_cast<std::size_t>(stage.node)];
    const std::int64_t rows = net_.options.shards() * samples(), in_size = node(node(stage.node).inputs[0]).shape.size();
    gather_rows(stage.grad_output, stage.node);
    layers::BlockKernel::RowsDone rows_done;
    if (sinks_.rows_done)
      rows_done = [&, first = parameters_.of_node(stage.node)](int parameter, std::int64_t first_row, std::int64_t count,
                                                               const float* gradient) {
        sinks_.rows_done(first[static_cast<std::size_t>(parameter)], first_row, count, gradient);
      };
    const auto& values = parameters_.node_values(stage.node);
    const float* state =
        sinks_.update_state == nullptr
            ? nullptr
            : sinks_.update_state + parameters_.list()[static_cast<std::size_t>(parameters_.of_node(stage.node)[0])].offset;
    const ranks::Range mine = team_.share(kernel.blocks());
    float* partials = stage.partial == kNoBuffer ? nullptr : reinterpret_cast<float*>(at(stage.partial, 0, 0));
    workers_.for_each(mine.count(), [&](std::int64_t b, int thread) {
      const std::int64_t block = mine.first + b;
      kernel.backward(static_cast<int>(block), at(stage.input, 0, 0), at(stage.grad_output, 0, 0),
                      partials == nullptr ? nullptr : partials + block * rows * in_size, values, rows_done, state, scratch(thread));
    });
    if (partials != nullptr)
      team_.gather(reinterpret_cast<std::byte*>(partials), static_cast<std::size_t>(rows * in_size) * sizeof(float), kernel.blocks(),
                   "exchange of input gradients");
    else
      team_.synchronise("end of a stage");
  }

  /// grad_input rows of the shard = sum over blocks of the partial gradients, along a binary tree over the block index.
  void sum_blocks(const Operation& operation, int shard, int thread) {
    const auto& kernel = *net_.blocks[static_cast<std::size_t>(operation.node)];
    const std::int64_t size = node(node(operation.node).inputs[0]).shape.size(), rows = net_.options.shards() * samples(),
                       count = samples() * size;
    float* partial = reinterpret_cast<float*>(at(operation.inputs[0], shard, thread)) + shard * count;
    const auto& vector = kernels::vector_kernels();
    for (int step = 1; step < kernel.blocks(); step *= 2)
      for (int b = 0; b + step < kernel.blocks(); b += 2 * step)
        vector.accumulate(partial + b * rows * size, partial + (b + step) * rows * size, count);
    std::byte* output = at(operation.grad_inputs[0], shard, thread);
    from_float(precision(), partial, output, count);
    if (operation.accumulate[0] != kNoBuffer) add_in_place(precision(), at(operation.accumulate[0], shard, thread), output, count);
    if (sinks_.maps != nullptr && node(operation.node).inputs[0] == 0)
      to_float(precision(), at(plan_.input_gradient, shard, thread), sinks_.maps + shard * samples() * size, valid(shard) * size);
  }

  const PreparedNet& net_;
  const Plan& plan_;
  Arenas& arenas_;
  ranks::Team& team_;
  PlanBuffers& buffers_;
  graph::Parameters& parameters_;
  parallel::Workers& workers_;
  const Batch& batch_;
  layers::Mode mode_;
  const Sinks& sinks_;
  int shards_ = 0;
  std::size_t width_ = 0;           ///< of this stage's statistics
  std::vector<double> statistics_;  ///< summed over the shards
  std::vector<std::vector<float>> coupled_;
  std::vector<std::int32_t> labels_;  ///< of the batch
  std::vector<ranks::GradientExchange*> started_;
  std::vector<const Stage*> started_stages_;
  BatchSums sums_;
};

}  // namespace

void Arenas::fit(const PreparedNet& net, const Plan& plan, std::size_t scratch, int thread_count) {
  threads.resize(static_cast<std::size_t>(thread_count));
  arena_bytes = std::max(arena_bytes, aligned(plan.thread_arena_bytes));
  const std::size_t bytes = arena_bytes + aligned(scratch);
  for (Memory& memory : threads)
    if (memory.size() < bytes) memory = Memory(bytes);
  if (batch.size() < plan.batch_arena_bytes) batch = team.memory(plan.batch_arena_bytes);

  std::size_t width = 0, columns_bytes = 0;
  for (const auto& kernel : net.kernels)
    if (kernel)
      width = std::max({width, static_cast<std::size_t>(kernel->statistics()), static_cast<std::size_t>(kernel->grad_statistics())});
  turn_doubles = static_cast<std::size_t>(net.options.shards()) * (PlanRun::kLossColumns + width);
  if (rows.size() < 2 * turn_doubles * sizeof(double)) rows = team.memory(2 * turn_doubles * sizeof(double));
  for (std::size_t n = 0; n < net.blocks.size(); ++n)
    if (net.blocks[n])
      columns_bytes = std::max(columns_bytes, static_cast<std::size_t>(net.options.shards() * net.options.shard *
                                                                       net.graph.node(static_cast<graph::NodeId>(n)).shape.size()) *
                                                  bytes_of(net.options.precision));
  if (team.nodes() > 1 && columns.size() < columns_bytes) columns = team.memory(columns_bytes);
}

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
  return PlanRun(net, plan, arenas, buffers, parameters, workers, batch, mode, sinks).run();
}

void gather_block_rows(const PreparedNet& net, const graph::Parameters& parameters, ranks::Team& team, float* values) {
  for (std::size_t n = 0; n < net.blocks.size(); ++n) {
    if (net.blocks[n] == nullptr) continue;
    for (const int p : parameters.of_node(static_cast<graph::NodeId>(n))) {
      const graph::Parameter& parameter = parameters.list()[static_cast<std::size_t>(p)];
      std::vector<std::size_t> offsets;
      for (int b = 0; b <= net.blocks[n]->blocks(); ++b)
        offsets.push_back(static_cast<std::size_t>(parameter.offset + net.blocks[n]->first_row(b) * parameter.columns()) * sizeof(float));
      team.gather(reinterpret_cast<std::byte*>(values), offsets, "exchange of weights");
    }
  }
  team.synchronise("exchange of weights");
}

}  // namespace reprise::execution
