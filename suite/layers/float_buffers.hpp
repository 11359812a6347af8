#pragma once
// Layers whose arithmetic is plain float32 whatever the storage: reading and writing activations through float buffers.

#include <cstring>

#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

inline float* floats(std::byte* memory) {
  return reinterpret_cast<float*>(memory);
}

/// The values as floats: the data itself if it is float32, else `buffer` filled from it.
template <class T>
const float* read(const void* data, std::int64_t count, float* buffer) {
  if constexpr (std::is_same_v<T, float>) return static_cast<const float*>(data);
  vector_of<T>().to_float(typed<T>(data), buffer, count);
  return buffer;
}

template <class T>
void write(const float* values, std::int64_t count, void* data) {
  if (values != data) vector_of<T>().from_float(values, typed<T>(data), count);
}

}  // namespace reprise::layers
