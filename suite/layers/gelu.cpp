#include "suite/layers/gelu.hpp"

#include "suite/layers/elementwise_kernel.hpp"

namespace reprise::layers {

std::unique_ptr<Kernel> Gelu::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  const auto functions = [](const auto& kernels) { return std::pair(kernels.gelu, kernels.gelu_grad); };
  return make_elementwise_kernel(options, only_input(kind(), inputs), GradientReads::input, functions);
}

}  // namespace reprise::layers
