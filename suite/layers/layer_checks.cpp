#include "suite/layers/layer_checks.hpp"

#include <string>

#include "suite/errors.hpp"

namespace reprise::layers {

const SampleShape& only_input(std::string_view kind, std::span<const SampleShape> inputs) {
  if (inputs.size() != 1)
    throw ShapeError(
        Complaint{std::string(kind), "one input", std::to_string(inputs.size()) + " inputs", "join them with add or concat first"});
  return inputs[0];
}

}  // namespace reprise::layers
