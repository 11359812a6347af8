#include "suite/execution/run_context.hpp"

#include <algorithm>
#include <cstring>

#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::execution {

void Arenas::fit(const PreparedNet& net, const Plan& plan, std::size_t scratch, int thread_count) {
  threads.resize(static_cast<std::size_t>(thread_count));
  arena_bytes = std::max(arena_bytes, aligned(plan.thread_arena_bytes));
  const std::size_t bytes = arena_bytes + aligned(scratch);
  for (Memory& memory : threads)
    if (memory.size() < bytes) memory = Memory(bytes);
  if (batch.size() < plan.batch_arena_bytes) batch = team.memory(plan.batch_arena_bytes);

  std::size_t width = 0, columns_bytes = 0;
  for (const auto& layer : net.prepared)
    if (layer) width = std::max({width, static_cast<std::size_t>(layer->statistics()), static_cast<std::size_t>(layer->grad_statistics())});
  turn_doubles = static_cast<std::size_t>(net.options.shards()) * (loss_columns(net) + width);
  if (rows.size() < 2 * turn_doubles * sizeof(double)) rows = team.memory(2 * turn_doubles * sizeof(double));
  for (graph::NodeId n = 0; n < net.partitions.size(); ++n)
    if (net.partitions[n])
      columns_bytes =
          std::max(columns_bytes, static_cast<std::size_t>(net.options.shards() * net.options.shard * net.graph.node(n).shape.size()) *
                                      bytes_of(net.options.precision));
  if (team.nodes() > 1 && columns.size() < columns_bytes) columns = team.memory(columns_bytes);
}

int RunContext::valid(int shard) const {
  return static_cast<int>(std::min(samples(), batch.count - shard * samples()));
}

std::span<const std::int32_t> RunContext::labels_of(int shard) const {
  return std::span(labels).subspan(static_cast<std::size_t>(shard * samples()), static_cast<std::size_t>(valid(shard)));
}

std::span<const losses::MixedLabel> RunContext::mixed_labels_of(int shard) const {
  if (mixed.empty()) return {};
  return std::span(mixed).subspan(static_cast<std::size_t>(shard * samples()), static_cast<std::size_t>(valid(shard)));
}

layers::ShardInfo RunContext::info(int shard) const {
  return {.seed = batch.seed,
          .step = batch.step,
          .first_slot = shard * samples(),
          .valid = valid(shard),
          .mode = mode,
          .relu_rule = sinks.relu_rule,
          .count = batch.count,
          .labels = labels_of(shard),
          .progress = mode == layers::Mode::train ? progress_of(batch) : 1,
          .mixing = batch.reader->row_mixing()};
}

double RunContext::head_weight(int head) const {
  const bool trains = plan.options.purpose == PlanOptions::Purpose::train;
  return trains ? net.heads[static_cast<std::size_t>(head)].weight.at(batch.schedule_step, batch.schedule_steps) : 1;
}

double RunContext::excess_loss(int head) const {
  const double loss = head_losses[static_cast<std::size_t>(head)], threshold = net.heads[static_cast<std::size_t>(head)].threshold;
  if (threshold == 0 || plan.options.purpose != PlanOptions::Purpose::train) return loss;
  return std::max(loss - threshold * static_cast<double>(batch.count), 0.0);
}

std::byte* RunContext::at(BufferId id, int shard, int thread) const {
  if (id == kNoBuffer) return nullptr;
  const Buffer& buffer = plan.buffer(id);
  if (!buffer.crosses_stages) return arenas.threads[static_cast<std::size_t>(thread)].data() + buffer.offset;
  return arenas.batch.data() + buffer.offset + (buffer.whole ? 0 : static_cast<std::size_t>(shard) * buffer.bytes);
}

double* RunContext::loss_row(int shard) const {
  return reinterpret_cast<double*>(arenas.rows.data()) + static_cast<std::size_t>(arenas.turn) * arenas.turn_doubles +
         static_cast<std::size_t>(shard) * loss_columns(net);
}

double* RunContext::statistics_row(int shard) const {
  return loss_row(0) + static_cast<std::size_t>(net.options.shards()) * loss_columns(net) +
         static_cast<std::size_t>(shard) * statistics_width;
}

void add_in_place(Precision precision, void* into, const void* from, std::int64_t count) {
  const auto& kernel = kernels::vector_kernels();
  if (precision == Precision::f32)
    kernel.f32.add(static_cast<const float*>(into), static_cast<const float*>(from), static_cast<float*>(into), count);
  else
    kernel.b16.add(static_cast<const kernels::bf16*>(into), static_cast<const kernels::bf16*>(from), static_cast<kernels::bf16*>(into),
                   count);
}

void add_rows(Precision precision, void* into, std::int64_t pitch, const void* from, std::int64_t rows, std::int64_t channels) {
  if (pitch == 0) return add_in_place(precision, into, from, rows * channels);
  const auto& kernel = kernels::vector_kernels();
  if (precision == Precision::f32)
    kernel.f32.add_rows(static_cast<float*>(into), pitch, static_cast<const float*>(from), rows, channels);
  else
    kernel.b16.add_rows(static_cast<kernels::bf16*>(into), pitch, static_cast<const kernels::bf16*>(from), rows, channels);
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

}  // namespace reprise::execution
