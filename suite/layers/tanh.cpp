#include "suite/layers/tanh.hpp"

#include "suite/layers/prepared_elementwise.hpp"

namespace reprise::layers {

std::unique_ptr<PreparedLayer> Tanh::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  const auto functions = [](const auto& kernels) { return std::pair(kernels.tanh, kernels.tanh_grad); };
  return make_elementwise(options, only_input(kind(), inputs), GradientReads::output, functions);
}

}  // namespace reprise::layers
