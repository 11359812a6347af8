#include "suite/execution/partition_stages.hpp"

#include <cstring>

#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::execution {

namespace {

/// A stage's buffer of all shards, from the ranks that computed them to every node.
void gather_rows(const RunContext& c, BufferId id, graph::NodeId n) {
  if (c.team().nodes() > 1)
    c.team().gather(c.at(id, 0, 0), c.row_bytes(n) * static_cast<std::size_t>(c.samples()), c.shards, "exchange of activations");
}

/// Columns of the output, which each node has of its own partitions, from every node to all; packed partition by partition on the way.
void exchange_columns(const RunContext& c, const layers::PreparedPartitions& prepared, const Stage& stage) {
  ranks::Team& team = c.team();
  const std::size_t width = bytes_of(c.precision()), stride = c.row_bytes(stage.node), rows = static_cast<std::size_t>(c.padded_rows());
  const auto column = [&](std::int64_t partition) {
    return static_cast<std::size_t>(prepared.first_row(static_cast<int>(partition))) * width;
  };
  std::vector<std::size_t> offsets;
  for (int b = 0; b <= prepared.partitions(); ++b) offsets.push_back(column(b) * rows);
  std::byte* output = c.at(stage.output, 0, 0);
  const auto copy = [&](const ranks::Range& partitions, const ranks::Range& lines, bool pack) {
    for (std::int64_t b = partitions.first; b < partitions.last; ++b) {
      const std::size_t first = column(b), bytes = column(b + 1) - first;
      for (std::int64_t n = lines.first; n < lines.last; ++n) {
        std::byte* packed = c.arenas.columns.data() + first * rows + static_cast<std::size_t>(n) * bytes;
        std::byte* outside = output + static_cast<std::size_t>(n) * stride + first;
        std::memcpy(pack ? packed : outside, pack ? outside : packed, bytes);
      }
    }
  };
  copy(team.share(prepared.partitions()), {0, c.padded_rows()}, true);
  team.gather(c.arenas.columns.data(), offsets, "exchange of activations");
  const ranks::Range own = team.node_share(prepared.partitions(), team.node()), lines = team.local_share(c.padded_rows());
  copy({0, own.first}, lines, false);
  copy({own.last, prepared.partitions()}, lines, false);
}

}  // namespace

void forward_blocks(const RunContext& c, const Stage& stage) {
  const auto& prepared = *c.net.partitions[stage.node];
  const auto& parameters = c.parameters.node_values(stage.node);
  gather_rows(c, stage.input, c.node(stage.node).inputs[0]);
  const ranks::Range mine = c.team().share(prepared.partitions());
  c.workers.for_each(mine.count(), [&](std::int64_t partition, int thread) {
    prepared.forward(static_cast<int>(mine.first + partition), c.at(stage.input, 0, 0), c.at(stage.output, 0, 0), parameters,
                     c.scratch(thread));
  });
  if (c.team().nodes() > 1) exchange_columns(c, prepared, stage);
  c.team().synchronise("outputs of a layer");
  const Readout* readout = c.sinks.readout;
  if (readout != nullptr && readout->values != nullptr && readout->node == stage.node)
    to_float(c.precision(), c.at(stage.output, 0, 0), readout->values, c.batch.count * c.node(stage.node).shape.size());
}

void clear_missing_rows(const RunContext& c, const Stage& stage) {
  if (!c.team().leads_node()) return;
  const auto there = static_cast<std::size_t>(c.shards * c.samples()), rows = static_cast<std::size_t>(c.padded_rows());
  const auto clear = [&](BufferId buffer, graph::NodeId of) {
    std::memset(c.at(buffer, 0, 0) + there * c.row_bytes(of), 0, (rows - there) * c.row_bytes(of));
  };
  clear(stage.grad_output, stage.node);
  clear(stage.input, c.node(stage.node).inputs[0]);
}

void backward_blocks(const RunContext& c, const Stage& stage) {
  const auto& prepared = *c.net.partitions[stage.node];
  const std::int64_t rows = c.padded_rows(), in_size = c.node(c.node(stage.node).inputs[0]).shape.size();
  const std::vector<int>& of_node = c.parameters.of_node(stage.node);
  gather_rows(c, stage.grad_output, stage.node);
  layers::PreparedPartitions::RowsDone rows_done;
  if (c.sinks.rows_done)
    rows_done = [&](int parameter, std::int64_t first_row, std::int64_t count, const float* gradient) {
      c.sinks.rows_done(of_node[static_cast<std::size_t>(parameter)], first_row, count, gradient);
    };
  const auto& values = c.parameters.node_values(stage.node);
  const float* state = c.sinks.update_state == nullptr ? nullptr : c.sinks.update_state + c.parameters.at(of_node[0]).offset;
  const ranks::Range mine = c.team().share(prepared.partitions());
  float* partials = reinterpret_cast<float*>(c.at(stage.partial, 0, 0));
  c.workers.for_each(mine.count(), [&](std::int64_t b, int thread) {
    const std::int64_t partition = mine.first + b;
    prepared.backward(static_cast<int>(partition), c.at(stage.input, 0, 0), c.at(stage.grad_output, 0, 0),
                      partials == nullptr ? nullptr : partials + partition * rows * in_size, values, rows_done, state, c.scratch(thread));
  });
  if (partials != nullptr)
    c.team().gather(reinterpret_cast<std::byte*>(partials), static_cast<std::size_t>(rows * in_size) * sizeof(float), prepared.partitions(),
                    "exchange of input gradients");
  else
    c.team().synchronise("end of a stage");
}

void sum_blocks(const RunContext& c, const Operation& operation, int shard, int thread) {
  const graph::NodeId input = c.node(operation.node).inputs[0];
  const int partitions = c.net.partitions[operation.node]->partitions();
  const std::int64_t size = c.node(input).shape.size(), rows = c.padded_rows(), count = c.samples() * size;
  float* partial = reinterpret_cast<float*>(c.at(operation.inputs[0], shard, thread)) + shard * count;
  const auto& vector = kernels::vector_kernels();
  for (int step = 1; step < partitions; step *= 2)
    for (int b = 0; b + step < partitions; b += 2 * step)
      vector.accumulate(partial + b * rows * size, partial + (b + step) * rows * size, count);
  std::byte* output = c.at(operation.grad_inputs[0], shard, thread);
  from_float(c.precision(), partial, output, count);
  if (operation.accumulate[0] != kNoBuffer) add_in_place(c.precision(), c.at(operation.accumulate[0], shard, thread), output, count);
  if (c.sinks.maps != nullptr && input == 0)
    to_float(c.precision(), c.at(c.plan.input_gradient, shard, thread), c.sinks.maps + shard * c.samples() * size, c.valid(shard) * size);
}

void gather_block_rows(const PreparedNet& net, const graph::Parameters& parameters, ranks::Team& team, float* values) {
  for (graph::NodeId n = 0; n < net.partitions.size(); ++n) {
    if (net.partitions[n] == nullptr) continue;
    for (const int p : parameters.of_node(n)) {
      const graph::Parameter& parameter = parameters.at(p);
      std::vector<std::size_t> offsets;
      for (int b = 0; b <= net.partitions[n]->partitions(); ++b)
        offsets.push_back(static_cast<std::size_t>(parameter.offset + net.partitions[n]->first_row(b) * parameter.columns()) *
                          sizeof(float));
      team.gather(reinterpret_cast<std::byte*>(values), offsets, "exchange of weights");
    }
  }
  team.synchronise("exchange of weights");
}

}  // namespace reprise::execution
