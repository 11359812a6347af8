#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "suite/analyses/analysis.hpp"
#include "suite/errors.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"

namespace reprise::analyses {

namespace {

constexpr std::int64_t kCell = 12, kGap = 1;
constexpr std::uint8_t kGrey = 225;
constexpr double kNeglected = 0.2;  // of the mean weight of the layer that reads

bool has_weight(const layers::Layer* layer) {
  return dynamic_cast<const layers::Conv2d*>(layer) != nullptr || dynamic_cast<const layers::Dense*>(layer) != nullptr;
}

/// What a convolution or a dense layer reads behind norm, activation, dropout and mean, which keep channels apart.
graph::NodeId source_of(const graph::Graph& graph, graph::NodeId reader) {
  graph::NodeId n = graph.node(reader).inputs[0];
  while (n > 0 && graph.node(n).inputs.size() == 1 && !has_weight(graph.node(n).layer.get())) {
    const graph::NodeId before = graph.node(n).inputs[0];
    if (graph.node(before).shape.channels != graph.node(n).shape.channels) break;
    n = before;
  }
  return n;
}

/// The layers that read the maps of a block: the block's own one after the other, then what follows the block.
struct Block {
  std::vector<graph::NodeId> sources;  ///< the block's input, then what its layers add
  std::vector<graph::NodeId> readers;
  std::vector<std::vector<double>> weights;  ///< of each reader: mean |w| over the channels of each source that it reads
  std::vector<double> means;                 ///< of each reader, over all channels
};

/// Blocks in the order of the net: nodes that read two or more joined parts, and the layer that reads the first of them alone.
std::vector<Block> blocks_of(const graph::Graph& graph) {
  std::vector<Block> blocks;
  std::map<graph::NodeId, std::size_t> by_input;
  std::map<graph::NodeId, graph::NodeId> lone;  // the first reader of a node that joins nothing
  for (graph::NodeId n = 1; n <= graph.last(); ++n) {
    if (!has_weight(graph.node(n).layer.get())) continue;
    const std::vector<graph::NodeId> parts = graph.parts(source_of(graph, n));
    if (parts.size() < 2) {
      lone.emplace(parts.front(), n);
      continue;
    }
    const auto [found, is_new] = by_input.emplace(parts.front(), blocks.size());
    if (is_new) {
      blocks.emplace_back();
      if (lone.contains(parts.front())) blocks.back().readers.push_back(lone.at(parts.front()));
    }
    Block& block = blocks[found->second];
    block.readers.push_back(n);
    if (parts.size() > block.sources.size()) block.sources = parts;
  }
  if (blocks.empty())
    throw InputError(Complaint{"analysis feature_reuse", "a net whose layers read joined maps", "none", "Leave it out: --set analyses=[]"});
  return blocks;
}

void weigh(const AnalysisInputs& in, Block& block) {
  for (const graph::NodeId reader : block.readers) {
    const graph::Parameter& weight = in.learner.parameters().list()[static_cast<std::size_t>(in.learner.parameters().of_node(reader)[0])];
    const std::vector<graph::NodeId> parts = in.graph.parts(source_of(in.graph, reader));
    std::int64_t channels = 0;
    for (const graph::NodeId part : parts) channels += in.graph.node(part).shape.channels;
    const std::int64_t area = weight.columns() / channels;  // of a filter: [K, C, R, S]
    std::vector<double> sums;
    double all = 0;
    std::int64_t first = 0;
    for (const graph::NodeId part : parts) {
      const std::int64_t width = in.graph.node(part).shape.channels * area;
      double sum = 0;
      for (std::int64_t k = 0; k < weight.rows(); ++k)
        for (std::int64_t i = 0; i < width; ++i)
          sum += std::abs(static_cast<double>(in.learner.parameters().of(weight)[k * weight.columns() + first + i]));
      sums.push_back(sum / static_cast<double>(weight.rows() * width));
      all += sum, first += width;
    }
    block.weights.push_back(std::move(sums));
    block.means.push_back(all / static_cast<double>(weight.count));
  }
}

/// Columns are layers that read, rows what they read, the block's input on top; white is zero, blue the largest mean of the block.
records::Images picture_of(const graph::Graph& graph, const Block& block) {
  const auto rows = static_cast<std::int64_t>(block.sources.size()), columns = static_cast<std::int64_t>(block.readers.size());
  const std::int64_t height = rows * (kCell + kGap) + kGap, width = columns * (kCell + kGap) + kGap;
  double largest = 0;
  for (const auto& weights : block.weights) largest = std::max(largest, *std::max_element(weights.begin(), weights.end()));
  records::Images picture{
      .title = fmt::format("Mean weight between layers, block behind {}", graph.node(block.sources[0]).name),
      .captions = {fmt::format("columns: {} layers that read; rows: what they read, the block's input on top", columns)},
      .count = 1,
      .height = height,
      .width = width,
      .channels = 3,
      .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(3 * height * width), kGrey)};
  const double blue[] = {8, 48, 107};
  for (std::int64_t c = 0; c < columns; ++c) {
    const auto& weights = block.weights[static_cast<std::size_t>(c)];
    for (std::int64_t r = 0; r < static_cast<std::int64_t>(weights.size()); ++r) {
      const double share = largest > 0 ? weights[static_cast<std::size_t>(r)] / largest : 0;
      for (std::int64_t y = 0; y < kCell; ++y)
        for (std::int64_t x = 0; x < kCell; ++x)
          for (std::int64_t k = 0; k < 3; ++k) {
            const std::int64_t at = ((r * (kCell + kGap) + kGap + y) * width + c * (kCell + kGap) + kGap + x) * 3 + k;
            picture.pixels[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(std::lround(255 + share * (blue[k] - 255)));
          }
    }
  }
  return picture;
}

}  // namespace

void check_feature_reuse(const Subject& subject) {
  blocks_of(subject.graph);
}

void feature_reuse(const AnalysisInputs& in, records::RunRecord& record) {
  std::vector<Block> blocks = blocks_of(in.graph);
  double reused = 0, pairs = 0, input_share = 0, readers = 0;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    weigh(in, blocks[b]);
    record.images[fmt::format("feature_reuse_{}", b + 1)] = picture_of(in.graph, blocks[b]);
    for (std::size_t r = 0; r < blocks[b].readers.size(); ++r) {
      const std::vector<double>& weights = blocks[b].weights[r];
      for (const double weight : weights) reused += weight >= kNeglected * blocks[b].means[r] ? 1 : 0, pairs += 1;
      if (b == 0 || weights.size() < 2) continue;
      double others = 0;
      for (std::size_t s = 1; s < weights.size(); ++s) others += weights[s] / static_cast<double>(weights.size() - 1);
      input_share += weights[0] / others, readers += 1;
    }
  }
  record.results["reused_sources"] = records::result_of("reused_sources", 100 * reused / pairs);
  if (readers > 0) record.results["block_input_weight"] = records::result_of("block_input_weight", input_share / readers);
}

}  // namespace reprise::analyses
