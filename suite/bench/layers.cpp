// Every layer of the catalog's nets, one shard on one thread, forward and backward.

#include <fmt/format.h>

#include <memory>
#include <set>

#include "suite/bench/rates.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/graph/graph.hpp"
#include "suite/graph/parameters.hpp"
#include "suite/parallel/workers.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::bench {

namespace {

/// A layer with what it reads: the shapes that tests and nets use too.
struct Case {
  std::shared_ptr<const layers::Layer> layer;
  std::vector<SampleShape> inputs;
  SampleShape output;
  layers::Cost cost;
  int samples = 8;
};

void run_case(benchmark::State& state, const Case& c, Precision precision, bool backward) {
  parallel::Workers one(1);
  const auto prepared = c.layer->prepare(c.inputs, {.precision = precision, .samples = c.samples});
  graph::Graph graph(c.inputs[0]);
  std::vector<graph::NodeId> ids{0};
  graph.add("layer", c.layer, std::vector<graph::NodeId>(c.inputs.size(), 0));
  graph::Parameters parameters(graph);
  parameters.initialise(1);
  const auto& values = parameters.node_values(1);
  prepared->load_weights(values);
  const auto bytes_of_value = [&](const SampleShape& shape) {
    return static_cast<std::size_t>(shape.size() * c.samples) * bytes_of(precision);
  };
  std::vector<Memory> inputs, grad_inputs;
  std::vector<const void*> input_pointers;
  std::vector<void*> grad_pointers;
  double bytes = static_cast<double>(bytes_of_value(c.output));
  for (const SampleShape& shape : c.inputs) {
    inputs.emplace_back(bytes_of_value(shape));
    grad_inputs.emplace_back(bytes_of_value(shape));
    input_pointers.push_back(inputs.back().data());
    grad_pointers.push_back(grad_inputs.back().data());
    bytes += static_cast<double>(bytes_of_value(shape));
  }
  Memory output(bytes_of_value(c.output)), grad_output(bytes_of_value(c.output)), saved(prepared->saved_bytes()),
      scratch(prepared->scratch_bytes());
  Memory gradient(static_cast<std::size_t>(parameters.size()) * sizeof(float));
  std::vector<float*> gradients;
  for (const auto& parameter : parameters.list()) gradients.push_back(gradient.floats() + parameter.offset);
  layers::ForwardArgs forward;
  forward.inputs = input_pointers;
  forward.output = output.data();
  forward.parameters = values;
  forward.saved = saved.data();
  forward.scratch = scratch.data();
  forward.shard.valid = c.samples;
  forward.shard.mode = layers::Mode::train;
  layers::BackwardArgs back;
  back.inputs = input_pointers;
  back.output = output.data();
  back.grad_output = grad_output.data();
  back.grad_inputs = grad_pointers;
  back.parameters = values;
  back.grad_parameters = gradients;
  back.saved = saved.data();
  back.scratch = scratch.data();
  back.shard = forward.shard;
  one.enter([&] { prepared->forward(forward); });
  const auto body = [&] {
    one.enter([&] {
      if (backward)
        prepared->backward(back);
      else
        prepared->forward(forward);
    });
  };
  const double macs = static_cast<double>(backward ? c.cost.grad_input_macs + c.cost.grad_weight_macs : c.cost.forward_macs) * c.samples;
  const double shards_per_second = macs > 0 ? run_compute(state, precision, 1, 2 * macs, body) : run_memory(state, 1, bytes, body);
  state.counters["images_per_second"] = shards_per_second * c.samples;
}

std::string name_of_case(const Case& c) {
  std::string name = std::string(c.layer->kind()) + "/" + c.layer->summary() + "/" + c.inputs[0].text();
  for (char& letter : name)
    if (letter == ' ') letter = '_';
  std::erase_if(name, [](char letter) { return letter == ',' || letter == '[' || letter == ']'; });
  return name;
}

}  // namespace

void register_layers() {
  std::set<std::string> known;
  for (const std::string& slug : catalog::paper_slugs())
    for (const catalog::Trial& trial : catalog::load_paper(slug).trials)
      for (const recipes::Recipe& recipe : trial.recipes) {
        if (recipe.scale == "smoke") continue;
        const graph::Graph graph = catalog::build_model(recipe);
        for (std::size_t n = 1; n < graph.nodes().size(); ++n) {
          const graph::Node& node = graph.nodes()[n];
          Case c{node.layer, {}, node.shape, node.cost, static_cast<int>(recipe.shard)};
          for (const graph::NodeId input : node.inputs) c.inputs.push_back(graph.node(input).shape);
          if (node.layer->couples_samples() || node.layer->output_partitions(c.inputs) > 0 || c.inputs.size() > 1 ||
              !known.insert(name_of_case(c)).second)
            continue;
          for (const Precision precision : {Precision::f32, Precision::bf16})
            for (const bool backward : {false, true}) {
              const std::string name =
                  fmt::format("layer/{}/{}/{}", name_of_case(c), backward ? "backward" : "forward", name_of(precision));
              if (is_wanted(name))
                benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& s) {
                  run_case(s, c, precision, backward);
                })->MinTime(0.05);
            }
        }
      }
}

}  // namespace reprise::bench
