#pragma once
// What many layers check of their inputs, and how they pick the kernel of a precision.

#include <memory>
#include <string_view>

#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// The one input of a layer. Throws ShapeError if there are more or none.
const SampleShape& only_input(std::string_view kind, std::span<const SampleShape> inputs);

/// KernelOf<float> or KernelOf<bf16>, constructed from the arguments.
template <template <class> class KernelOf, class... Arguments>
std::unique_ptr<PreparedLayer> make_prepared(Precision precision, Arguments&&... arguments) {
  if (precision == Precision::f32) return std::make_unique<KernelOf<float>>(std::forward<Arguments>(arguments)...);
  return std::make_unique<KernelOf<kernels::bf16>>(std::forward<Arguments>(arguments)...);
}

/// The vector kernels of a storage type.
template <class T>
const kernels::StorageKernels<T>& vector_of() {
  return kernels::vector_kernels().of<T>();
}

template <class T>
const T* typed(const void* data) {
  return static_cast<const T*>(data);
}
template <class T>
T* typed(void* data) {
  return static_cast<T*>(data);
}

}  // namespace reprise::layers
