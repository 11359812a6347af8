#include "suite/layers/logistic.hpp"

#include "suite/layers/prepared_elementwise.hpp"

namespace reprise::layers {

std::unique_ptr<PreparedLayer> Logistic::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  const auto functions = [](const auto& kernels) { return std::pair(kernels.logistic, kernels.logistic_grad); };
  return make_elementwise(options, only_input(kind(), inputs), GradientReads::output, functions);
}

}  // namespace reprise::layers
