#include "suite/layers/tanh.hpp"

#include "suite/layers/elementwise_kernel.hpp"

namespace reprise::layers {

std::unique_ptr<Kernel> Tanh::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  const auto functions = [](const auto& kernels) { return std::pair(kernels.tanh, kernels.tanh_grad); };
  return make_elementwise_kernel(options, only_input(kind(), inputs), GradientReads::output, functions);
}

}  // namespace reprise::layers
