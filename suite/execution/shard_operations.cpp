#include "suite/execution/shard_operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "suite/errors.hpp"
#include "suite/execution/partition_stages.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::execution {

void ShardOperations::run(const Operation& operation, int shard, int thread, std::span<float* const> grad_parameters) const {
  try {
    run_unnamed(operation, shard, thread, grad_parameters);
  } catch (const InputError&) {
    throw;
  } catch (const RunError&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw RunError(fmt::format("step {}, layer {}, samples from {}: {}", context_.batch.step, context_.node(operation.node).name,
                               shard * context_.samples(), error.what()));
  }
}

void ShardOperations::run_unnamed(const Operation& operation, int shard, int thread, std::span<float* const> grad_parameters) const {
  switch (operation.kind) {
    case Operation::Kind::fetch:
      return fetch(operation, shard, thread);
    case Operation::Kind::channel_sums:
      return channel_sums(operation, shard, thread);
    case Operation::Kind::statistics:
    case Operation::Kind::forward:
      return forward(operation, shard, thread);
    case Operation::Kind::loss:
      return loss(operation, shard, thread);
    case Operation::Kind::gate:
      return gate(operation, shard, thread);
    case Operation::Kind::seed_gradient:
      return seed_gradient(operation, shard, thread);
    case Operation::Kind::grad_statistics:
    case Operation::Kind::backward:
      return backward(operation, shard, thread, grad_parameters);
    case Operation::Kind::sum_blocks:
      return sum_blocks(context_, operation, shard, thread);
  }
}

void ShardOperations::fetch(const Operation& operation, int shard, int thread) const {
  const RunContext& c = context_;
  const std::int64_t size = c.node(0).shape.size();
  const auto valid = static_cast<std::size_t>(c.valid(shard));
  std::byte* output = c.at(operation.output, shard, thread);
  const std::size_t bytes = c.row_bytes(0);
  for (std::size_t n = 0; n < valid; ++n) {
    float* floats = reinterpret_cast<float*>(c.precision() == Precision::f32 ? output + n * bytes : c.scratch(thread));
    c.batch.reader->fetch(shard * c.samples() + static_cast<std::int64_t>(n), floats);
    from_float(c.precision(), floats, output + n * bytes, size);
  }
  std::memset(output + valid * bytes, 0, (static_cast<std::size_t>(c.samples()) - valid) * bytes);
}

void ShardOperations::channel_sums(const Operation& operation, int shard, int thread) const {
  const RunContext& c = context_;
  const SampleShape& shape = c.node(operation.node).shape;
  const std::byte* value = c.at(operation.inputs[0], shard, thread);
  double* sums = c.statistics_row(shard) + operation.sums_at;
  const auto& kernel = kernels::vector_kernels();
  const std::int64_t rows = c.valid(shard) * shape.positions();
  if (c.precision() == Precision::f32)
    kernel.f32.sums(reinterpret_cast<const float*>(value), rows, shape.channels, sums, sums + shape.channels);
  else
    kernel.b16.sums(reinterpret_cast<const kernels::bf16*>(value), rows, shape.channels, sums, sums + shape.channels);
}

void ShardOperations::forward(const Operation& operation, int shard, int thread) const {
  const RunContext& c = context_;
  const auto& prepared = *c.net.prepared[operation.node];
  std::vector<const void*> inputs;
  for (const BufferId id : operation.inputs) inputs.push_back(c.at(id, shard, thread));
  layers::ForwardArgs args;
  args.inputs = inputs;
  args.input_pitch = pitch_of(operation.inputs[0]);
  args.output = c.at(operation.output, shard, thread);
  args.output_pitch = pitch_of(operation.output);
  args.parameters = c.parameters.node_values(operation.node);
  args.saved = c.at(operation.saved, shard, thread);
  args.scratch = c.scratch(thread);
  args.coupled = coupled_of(operation.node);
  args.shard = c.info(shard);
  if (operation.kind == Operation::Kind::statistics) return prepared.shard_statistics(args, c.statistics_row(shard) + operation.sums_at);
  prepared.forward(args);
  const Readout* readout = c.sinks.readout;
  if (readout != nullptr && readout->values != nullptr && readout->node == operation.node) {
    const SampleShape& shape = c.node(operation.node).shape;
    const bool adjacent = args.output_pitch == 0;
    const std::int64_t rows = adjacent ? 1 : c.valid(shard) * shape.positions();
    const std::int64_t count = adjacent ? c.valid(shard) * shape.size() : shape.channels;
    float* values = readout->values + shard * c.samples() * shape.size();
    const auto* output = static_cast<const std::byte*>(args.output);
    for (std::int64_t row = 0; row < rows; ++row)
      to_float(c.precision(), output + static_cast<std::size_t>(row * args.output_pitch) * bytes_of(c.precision()), values + row * count,
               count);
  }
}

void ShardOperations::backward(const Operation& operation, int shard, int thread, std::span<float* const> trained) const {
  const RunContext& c = context_;
  const graph::Node& node = c.node(operation.node);
  const auto& prepared = *c.net.prepared[operation.node];
  std::vector<const void*> inputs;
  for (const BufferId id : operation.inputs) inputs.push_back(c.at(id, shard, thread));
  std::vector<void*> grad_inputs;
  for (const BufferId id : operation.grad_inputs) grad_inputs.push_back(c.at(id, shard, thread));
  std::vector<float*> grad_parameters;
  if (!trained.empty()) {
    std::size_t next = 0;
    for (const auto& spec : node.parameters) grad_parameters.push_back(spec.trains ? trained[next++] : nullptr);
  }
  layers::BackwardArgs args;
  args.inputs = inputs;
  args.input_pitch = pitch_of(operation.inputs[0]);
  args.output = c.at(operation.output, shard, thread);
  args.grad_output = c.at(operation.grad_output, shard, thread);
  args.grad_output_pitch = pitch_of(operation.grad_output);
  args.grad_inputs = grad_inputs;
  args.parameters = c.parameters.node_values(operation.node);
  args.grad_parameters = grad_parameters;
  args.saved = c.at(operation.saved, shard, thread);
  args.scratch = c.scratch(thread);
  args.coupled = coupled_of(operation.node);
  args.shard = c.info(shard);
  if (operation.kind == Operation::Kind::grad_statistics)
    return prepared.shard_grad_statistics(args, c.statistics_row(shard) + operation.sums_at);
  prepared.backward(args);
  for (std::size_t i = 0; i < operation.accumulate.size(); ++i)
    if (operation.accumulate[i] != kNoBuffer)
      add_rows(c.precision(), c.at(operation.accumulate[i], shard, thread), pitch_of(operation.accumulate[i]), grad_inputs[i],
               c.samples() * c.node(node.inputs[i]).shape.positions(), c.node(node.inputs[i]).shape.channels);
  if (c.sinks.maps == nullptr) return;
  const std::int64_t size = c.node(0).shape.size();
  for (const graph::NodeId input : node.inputs)
    if (input == 0)
      to_float(c.precision(), c.at(c.plan.input_gradient, shard, thread), c.sinks.maps + shard * c.samples() * size, c.valid(shard) * size);
}

void ShardOperations::loss(const Operation& operation, int shard, int thread) const {
  const RunContext& c = context_;
  const graph::Head& head = c.net.heads[static_cast<std::size_t>(operation.head)];
  const bool is_main = operation.head == 0, has_labels = head.target == losses::Target::label;
  const Readout* readout = is_main ? c.sinks.readout : nullptr;
  const std::int64_t size = c.node(operation.node).shape.size();
  losses::ShardLoss call;
  call.precision = c.precision();
  call.samples = static_cast<int>(c.samples());
  call.valid = c.valid(shard);
  call.features = size;
  call.value = c.at(operation.inputs[0], shard, thread);
  if (has_labels)
    call.labels = c.labels_of(shard), call.mixed = c.mixed_labels_of(shard);
  else
    call.target = c.at(operation.inputs[1], shard, thread);
  call.views = c.batch.reader->views();
  if (c.batch.teacher_scores != nullptr && is_main) call.teacher = c.batch.teacher_scores + shard * c.samples() * size;
  call.label_smoothing = c.plan.options.purpose == PlanOptions::Purpose::train ? static_cast<float>(c.sinks.label_smoothing) : 0.0f;
  call.grad_scale = static_cast<float>(c.head_weight(operation.head) / static_cast<double>(c.batch.count));
  call.grad = c.at(operation.grad_output, shard, thread);
  if (readout != nullptr && readout->predictions != nullptr && has_labels) call.predictions = readout->predictions + shard * c.samples();
  const losses::ShardSums sums = head.loss->shard(call);
  if (call.grad != nullptr && operation.accumulate[0] != kNoBuffer)
    add_in_place(c.precision(), c.at(operation.accumulate[0], shard, thread), call.grad, c.samples() * size);
  double* row = c.loss_row(shard);
  row[kFirstLoss + static_cast<std::size_t>(operation.head)] = sums.loss;
  if (is_main) {
    row[kErrors] = sums.errors;
    row[kStop] = c.batch.signals.stop ? 1 : 0;
    row[kSave] = c.batch.signals.save ? 1 : 0;
  }
  if (readout != nullptr && readout->outputs != nullptr)
    to_float(c.precision(), call.value, readout->outputs + shard * c.samples() * size, c.valid(shard) * size);
}

void ShardOperations::gate(const Operation& operation, int shard, int thread) const {
  const RunContext& c = context_;
  if (c.excess_loss(operation.head) > 0) return;
  std::memset(c.at(operation.grad_output, shard, thread), 0, c.row_bytes(operation.node) * static_cast<std::size_t>(c.samples()));
}

void ShardOperations::seed_gradient(const Operation& operation, int shard, int thread) const {
  const RunContext& c = context_;
  const std::int64_t size = c.node(operation.node).shape.size();
  const std::byte* value = c.at(operation.inputs[0], shard, thread);
  std::byte* gradient = c.at(operation.grad_output, shard, thread);
  const std::size_t bytes = c.row_bytes(operation.node);
  const std::int64_t channels = c.node(operation.node).shape.channels, channel = c.sinks.map_channel;
  std::vector<float> row(static_cast<std::size_t>(size));
  for (std::int64_t n = 0; n < c.samples(); ++n) {
    to_float(c.precision(), value + static_cast<std::size_t>(n) * bytes, row.data(), size);
    std::int64_t largest = std::max<std::int64_t>(0, channel);
    for (std::int64_t i = largest; i < size; i += channel < 0 ? 1 : channels)
      if (row[static_cast<std::size_t>(i)] > row[static_cast<std::size_t>(largest)]) largest = i;
    std::fill(row.begin(), row.end(), 0.0f);
    row[static_cast<std::size_t>(largest)] = 1.0f;
    from_float(c.precision(), row.data(), gradient + static_cast<std::size_t>(n) * bytes, size);
  }
}

}  // namespace reprise::execution
