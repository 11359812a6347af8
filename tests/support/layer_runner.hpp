#pragma once
// Runs one layer over a global batch in shards, as an executor would, from double to double.

#include <memory>
#include <vector>

#include "suite/layers/layer.hpp"
#include "tests/support/arrays.hpp"

namespace reprise::tests {

/// A layer, the shapes it reads and how its batch is cut.
struct LayerCase {
  std::shared_ptr<const layers::Layer> layer;
  std::vector<SampleShape> inputs;
  int samples = 2;  ///< of one shard
  int shards = 1;
  std::int64_t count = 2;  ///< valid samples of the global batch; the rest of shards * samples is padding
  Precision precision = Precision::f32;
  layers::Mode mode = layers::Mode::train;
  layers::ReluRule relu_rule = layers::ReluRule::gradient;
  std::uint64_t seed = 1;
  std::uint64_t step = 0;
  std::vector<std::int32_t> labels = {};  ///< of the valid samples, or none
  double progress = 1;                    ///< of training
  const layers::RowMixing* mixing = nullptr;
  bool in_place = false;  ///< forward writes over input 0, backward over grad_output, where the layer allows it

  std::int64_t rows() const { return static_cast<std::int64_t>(samples) * shards; }
  SampleShape output() const { return layer->output_shape(inputs); }
};

/// Inputs hold rows() samples each; parameters are in the order of Layer::parameters.
struct LayerValues {
  std::vector<Doubles> inputs;
  std::vector<Doubles> parameters;
};

struct LayerResult {
  Doubles output;
  std::vector<Doubles> grad_inputs;
  std::vector<Doubles> grad_parameters;  ///< of trained parameters; empty otherwise
  std::vector<Doubles> parameters;       ///< after the step: running statistics may have moved
  std::vector<float> coupled;
};

/// Forward, and backward from grad_output [rows(), output] if it is not empty.
LayerResult run_layer(const LayerCase& layer_case, const LayerValues& values, const Doubles& grad_output = {});

/// Random inputs (distinct numbers) and parameters near 1 (running statistics: 0 and 1).
LayerValues random_values(const LayerCase& layer_case, std::uint64_t seed);
/// Random numbers for valid samples, zero for padding.
Doubles random_grad_output(const LayerCase& layer_case, std::uint64_t seed);

}  // namespace reprise::tests
