#pragma once
// Small integers, for products that come out exactly.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::kernels {

/// Values of a few bits: exact in bfloat16, and their products add up exactly in float32.
inline std::vector<float> values(std::int64_t count, int seed) {
  std::vector<float> v(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = static_cast<float>((i * 7 + static_cast<std::size_t>(seed) * 5 + i / 11) % 9) - 4;
  return v;
}

/// Memory that holds `v` as `precision` stores it.
inline Memory stored(const std::vector<float>& v, Precision precision) {
  Memory memory(v.size() * bytes_of(precision));
  if (precision == Precision::f32)
    std::copy(v.begin(), v.end(), memory.floats());
  else
    vector_kernels().of<bf16>().from_float(v.data(), reinterpret_cast<bf16*>(memory.data()), static_cast<std::int64_t>(v.size()));
  return memory;
}

}  // namespace reprise::kernels
