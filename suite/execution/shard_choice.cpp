#include "suite/execution/shard_choice.hpp"

#include <algorithm>
#include <cmath>

namespace reprise::execution {

namespace {

// Fitted to steps of the catalog's nets on cores with AVX-512 (docs/performance.md, "Shards").
constexpr double kCallSeconds = 2e-6;           // one layer, one shard, there and back
constexpr double kWeightBytesPerSecond = 20e9;  // weights and gradients pass a core once a shard
constexpr double kOuterBytesPerSecond = 120e9;  // what activations outside a core's own cache cost on top
constexpr double kOwnCacheBytes = 2 << 20;
constexpr std::int64_t kLargestShard = 64;

double flops_per_second(Precision precision) {
  return precision == Precision::bf16 ? 300e9 : 150e9;
}

std::int64_t groups_of(std::int64_t size, std::int64_t count) {
  return (count + size - 1) / size;
}

}  // namespace

ShardModel::ShardModel(const graph::Graph& graph, Precision precision, graph::NodeId first, graph::NodeId last) : precision_(precision) {
  const double width = static_cast<double>(bytes_of(precision));
  for (graph::NodeId n = first; n <= (last > 0 ? last : graph.last()); ++n) {
    const graph::Node& node = graph.node(n);
    std::vector<SampleShape> inputs;
    double values = static_cast<double>(node.shape.size());
    for (const graph::NodeId input : node.inputs) {
      inputs.push_back(graph.node(input).shape);
      values += static_cast<double>(inputs.back().size());
    }
    const double flops = 2.0 * static_cast<double>(node.cost.forward_macs + node.cost.grad_input_macs + node.cost.grad_weight_macs);
    if (node.layer->output_partitions(inputs) > 0) {
      block_flops_ += flops;
      continue;
    }
    sharded_.push_back({flops, width * values, 3 * width * values});  // forward, gradient of the input, gradient of the weights
    for (const auto& parameter : node.parameters)
      if (parameter.trains) weight_bytes_ += static_cast<double>(parameter.count()) * (2 * width + 3 * sizeof(float));
  }
}

double ShardModel::shard_seconds(std::int64_t shard) const {
  const double samples = static_cast<double>(shard);
  double seconds = static_cast<double>(sharded_.size()) * kCallSeconds + weight_bytes_ / kWeightBytesPerSecond;
  for (const Cost& node : sharded_) {
    const double outside = std::max(0.0, 1 - kOwnCacheBytes / (samples * node.touched_bytes));
    seconds += samples * (node.flops / flops_per_second(precision_) + outside * node.moved_bytes / kOuterBytesPerSecond);
  }
  return seconds;
}

double ShardModel::step_seconds(std::int64_t batch, std::int64_t shard, int workers) const {
  const std::int64_t shards = groups_of(shard, batch);
  const double padded = static_cast<double>(shards * shard);  // a shard that is not full costs what a full one does
  return static_cast<double>(groups_of(workers, shards)) * shard_seconds(shard) +
         padded * block_flops_ / flops_per_second(precision_) / workers;
}

std::int64_t ShardModel::choose(std::int64_t batch) const {
  std::int64_t best = 1;
  double least = 0;
  for (std::int64_t shard = 1; shard <= std::min(batch, kLargestShard); ++shard) {
    double logs = 0;
    for (const int workers : {1, 2, 4, 8, 16}) logs += std::log(step_seconds(batch, shard, workers));
    if (shard == 1 || logs < least) best = shard, least = logs;
  }
  return best;
}

std::set<std::int64_t> ShardModel::candidates(std::int64_t batch, std::int64_t recorded) const {
  std::set<std::int64_t> sizes{choose(batch), recorded};
  for (std::int64_t shard = 1; shard <= std::min(batch, kLargestShard); shard *= 2) sizes.insert(shard);
  return sizes;
}

}  // namespace reprise::execution
