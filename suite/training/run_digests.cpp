#include "suite/training/run_digests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <span>

#include "suite/errors.hpp"
#include "suite/records/digest.hpp"

namespace reprise::training {

namespace {

constexpr std::int64_t kNotes = 200;  // of the chain, in a run

std::span<const std::byte> bytes_of_values(const graph::Parameters& parameters, const graph::Parameter& parameter) {
  return std::as_bytes(std::span(parameters.of(parameter), static_cast<std::size_t>(parameter.count)));
}

/// A text of lines, for checkpoints.
std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// Digests of each layer's weights, 16 hex digits each, in the graph's order.
std::string layer_digests(const graph::Parameters& parameters) {
  std::string all;
  graph::NodeId node = -1;
  std::optional<records::Xxh3> digest;
  for (const graph::Parameter& parameter : parameters.list()) {
    if (parameter.node != node) {
      if (digest) all += digest->finish_hex() + " ";
      digest.emplace(records::Xxh3::Width::bits64);
      node = parameter.node;
    }
    digest->add(bytes_of_values(parameters, parameter));
  }
  return digest ? all + digest->finish_hex() : all;
}

}  // namespace

std::string weight_digest(const graph::Parameters& parameters) {
  records::Xxh3 digest(records::Xxh3::Width::bits128);
  for (const graph::Parameter& parameter : parameters.list()) digest.add(bytes_of_values(parameters, parameter));
  return digest.finish_hex();
}

void RunDigests::add_step(std::int64_t step, std::int64_t total_steps, double loss, std::int64_t errors) {
  records::Xxh3 digest(records::Xxh3::Width::bits64);
  const std::int64_t link[] = {chain_, std::bit_cast<std::int64_t>(loss), errors};
  digest.add(std::as_bytes(std::span(link)));
  chain_ = static_cast<std::int64_t>(digest.finish64());
  if (step % std::max<std::int64_t>(1, total_steps / kNotes) != 0 && step != total_steps) return;
  trace_.steps.push_back(step);
  trace_.loss_digests.push_back(fmt::format("{:016x}", static_cast<std::uint64_t>(chain_)));
}

void RunDigests::add_row(const graph::Parameters& parameters, const std::vector<const Memory*>& optimizer_state) {
  weights_.push_back(weight_digest(parameters));
  trace_.layers.push_back(layer_digests(parameters));
  records::Xxh3 digest(records::Xxh3::Width::bits64);
  for (const Memory* slot : optimizer_state) digest.add({slot->data(), slot->size()});
  trace_.optimizer.push_back(digest.finish_hex());
}

void RunDigests::save_to(records::Checkpoint& checkpoint) const {
  checkpoint.texts["digests"] = joined(weights_);
  checkpoint.texts["trace/optimizer"] = joined(trace_.optimizer);
  checkpoint.texts["trace/layers"] = joined(trace_.layers);
  checkpoint.texts["trace/losses"] = joined(trace_.loss_digests);
  checkpoint.integers["trace/steps"] = trace_.steps;
  checkpoint.numbers["trace/loss_chain"] = chain_;
}

void RunDigests::restore_from(const records::Checkpoint& checkpoint) {
  const auto texts = [&](const std::string& name) {
    const auto found = checkpoint.texts.find(name);
    return found == checkpoint.texts.end() ? std::vector<std::string>() : lines_of(found->second);
  };
  const auto chain = checkpoint.numbers.find("trace/loss_chain");
  if (chain == checkpoint.numbers.end())
    throw InputError(Complaint{"checkpoint: trace/loss_chain", "a number", "none", "It is of another version; run again with --force"});
  weights_ = texts("digests");
  trace_ = {.optimizer = texts("trace/optimizer"),
            .layer_names = {},
            .layers = texts("trace/layers"),
            .steps = {},
            .loss_digests = texts("trace/losses")};
  if (const auto steps = checkpoint.integers.find("trace/steps"); steps != checkpoint.integers.end()) trace_.steps = steps->second;
  chain_ = chain->second;
}

void RunDigests::write_to(records::RunRecord& record, const graph::Graph& graph, const graph::Parameters& parameters) const {
  record.weight_digests = weights_;
  record.trace = trace_;
  for (const graph::Parameter& parameter : parameters.list())
    if (parameter.index == 0) record.trace.layer_names.push_back(graph.node(parameter.node).name);
}

}  // namespace reprise::training
