#include "suite/layers/gelu.hpp"

#include "suite/layers/prepared_elementwise.hpp"

namespace reprise::layers {

std::unique_ptr<PreparedLayer> Gelu::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  const auto functions = [](const auto& kernels) { return std::pair(kernels.gelu, kernels.gelu_grad); };
  return make_elementwise(options, only_input(kind(), inputs), GradientReads::input, functions);
}

}  // namespace reprise::layers
