#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "suite/analyses/analysis.hpp"
#include "suite/clock.hpp"
#include "suite/errors.hpp"
#include "suite/execution/integer_net.hpp"
#include "suite/execution/integer_products.hpp"
#include "suite/layers/clustered_weights.hpp"
#include "suite/layers/dropout.hpp"
#include "suite/layers/flatten.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/quantised_activation.hpp"
#include "suite/layers/quantised_weights.hpp"

namespace reprise::analyses {

namespace {

constexpr double kKib = 1024, kBitsOfFloat = 32, kBitsOfByte = 8;

template <class Layer>
const Layer* as(const graph::Node& node) {
  return dynamic_cast<const Layer*>(node.layer.get());
}

double weight_bits(const graph::Node& node) {
  const auto* quantised = as<layers::QuantisedWeights>(node);
  return quantised == nullptr ? kBitsOfFloat : quantised->options().quantiser.stored_bits();
}

/// Of a weight whose value is one of a codebook's, the place in that is what is stored beside the codebook.
struct Codebook {
  double place_bits = 0;
  const float* values = nullptr;
};

std::optional<Codebook> codebook_of(const graph::Graph& graph, const graph::Parameters& parameters, graph::NodeId n) {
  const auto* clustered = as<layers::ClusteredWeights>(graph.node(n));
  if (clustered == nullptr) return std::nullopt;
  return Codebook{static_cast<double>(clustered->stored_bits()), execution::parameter_named(graph, parameters, n, "codebook")};
}

/// Of a node's values; maxima, dropout and flattening hand on those of their input.
double activation_bits(const graph::Graph& graph, graph::NodeId n) {
  const graph::Node& node = graph.node(n);
  if (const auto* quantised = as<layers::QuantisedActivation>(node))
    return quantised->options().rule == layers::ActivationRule::sign ? 1 : quantised->options().bits;
  const bool hands_on =
      as<layers::MaxPool2d>(node) != nullptr || as<layers::Flatten>(node) != nullptr || as<layers::Dropout>(node) != nullptr;
  return hands_on ? activation_bits(graph, node.inputs[0]) : kBitsOfFloat;
}

struct Needs {
  double weight_bits = 0, activation_bits = 0, bit_operations = 0;
  double weights = 0, nonzero = 0;
};

Needs needs_of(const graph::Graph& graph, const graph::Parameters& parameters) {
  Needs needs;
  for (graph::NodeId n = 1; n <= graph.last(); ++n) {
    const graph::Node& node = graph.node(n);
    const auto bits_of_values = [&](graph::NodeId id) {
      return static_cast<double>(graph.node(id).shape.size()) * activation_bits(graph, id);
    };
    double alive = bits_of_values(n);
    for (const graph::NodeId input : node.inputs) alive += bits_of_values(input);
    needs.activation_bits = std::max(needs.activation_bits, alive);
    if (node.cost.forward_macs > 0)
      needs.bit_operations += static_cast<double>(node.cost.forward_macs) * weight_bits(node) * activation_bits(graph, node.inputs[0]);
  }
  for (const graph::Parameter& parameter : parameters.list()) {
    const auto codebook = codebook_of(graph, parameters, parameter.node);
    const bool are_places = codebook && parameter.spec.name == "cluster", is_weight = parameter.spec.name == "weight" || are_places;
    if (!parameter.spec.trains && !are_places) continue;
    const auto count = static_cast<double>(parameter.count);
    const double bits = are_places ? codebook->place_bits : weight_bits(graph.node(parameter.node));
    needs.weight_bits += count * (is_weight ? bits : kBitsOfFloat);
    if (!is_weight) continue;
    needs.weights += count;
    const float* values = parameters.of(parameter);
    const auto is_nonzero = [&](float value) { return (are_places ? codebook->values[std::lround(value)] : value) != 0; };
    needs.nonzero += static_cast<double>(std::count_if(values, values + parameter.count, is_nonzero));
  }
  return needs;
}

/// The best of several runs of the net in float32, on this thread.
double images_per_second(const AnalysisInputs& in, int samples, int repetitions) {
  const execution::IntegerNet net(in.graph, in.learner.parameters(), graph::NodeMap<float>(in.graph.nodes().size(), 0.0f), samples,
                                  execution::IntegerNet::Arithmetic::real);
  const std::int64_t size = in.graph.node(0).shape.size();
  const Memory arena(net.arena_bytes());
  std::vector<float> input(static_cast<std::size_t>(samples * size)),
      output(static_cast<std::size_t>(samples * in.graph.node(in.graph.output()).shape.size()));
  const training::SourceReader reader(in.test, {});
  for (std::int64_t i = 0; i < std::min<std::int64_t>(samples, in.test.count()); ++i) reader.fetch(i, input.data() + i * size);
  double least = 1e30;
  in.workers.enter([&] {
    for (int i = 0; i < repetitions; ++i) {
      const double begun = now_seconds();
      net.run(input.data(), output.data(), arena.data());
      least = std::min(least, now_seconds() - begun);
    }
  });
  return static_cast<double>(samples) / least;
}

}  // namespace

void check_resources(const Subject& subject) {
  if (subject.graph.main_head().target != losses::Target::label)
    throw InputError(Complaint{"analysis resources", "a net that guesses labels", "another target", "Drop the analysis"});
}

void resources(const AnalysisInputs& in, records::RunRecord& record) {
  constexpr int kMany = 64;
  const Needs needs = needs_of(in.graph, in.learner.parameters());
  const auto add_result = [&](const char* name, double value) { record.results[name] = records::result_of(name, value); };
  add_result("weight_kib", needs.weight_bits / kBitsOfByte / kKib);
  add_result("activation_kib", needs.activation_bits / kBitsOfByte / kKib);
  add_result("bit_operations", needs.bit_operations);
  add_result("nonzero_weights", 100 * needs.nonzero / needs.weights);
  const std::size_t rows = record.epochs.size();  // a timing has a value an evaluation
  const auto add_timing = [&](const char* name, double value) {
    record.timing[name] = records::series_of(name, std::vector<double>(rows, value));
  };
  const double of_many = images_per_second(in, kMany, 9);
  add_timing("images_per_second_alone", images_per_second(in, 1, 99));
  add_timing("images_per_second_of_64", of_many);
  add_timing("inference_gflops", of_many * 2e-9 * static_cast<double>(in.graph.forward_macs()));
}

}  // namespace reprise::analyses
