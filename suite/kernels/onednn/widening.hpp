#pragma once
// bfloat16 products where the CPU has no bfloat16 units: values are widened to float32 (exactly), multiplied there and rounded back.
// oneDNN has no bfloat16 kernels at all below AVX-512, and between AVX-512 and the bfloat16 units it emulates them, several times
// slower than float32. Private to this folder.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "suite/kernels/onednn/adapter.hpp"
#include "suite/kernels/onednn/library.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::kernels::onednn {

class Widening {
 public:
  Widening() = default;
  /// `always`: for a product that knows no bfloat16 on any CPU.
  explicit Widening(Precision stored, bool always = false) : on_(stored == Precision::bf16 && (always || !has_bf16_units())) {}

  /// What the primitive of values stored as `stored` computes in.
  Type type(Precision stored) const { return on_ ? Type::f32 : type_of(stored); }
  /// Bytes of scratch for n values of one operand.
  std::size_t bytes(std::int64_t n) const { return on_ ? aligned(static_cast<std::size_t>(n) * sizeof(float)) : 0; }

  /// Values for the primitive to read: `data` itself, or widened into `room`.
  const void* read(const void* data, std::int64_t n, std::byte* room) const {
    if (!on_) return data;
    vector_kernels().of<bf16>().to_float(static_cast<const bf16*>(data), reinterpret_cast<float*>(room), n);
    return room;
  }
  /// Where the primitive writes values bound for `data`; call write() after it.
  void* target(void* data, std::byte* room) const { return on_ ? room : data; }
  void write(const std::byte* room, void* data, std::int64_t n) const {
    if (on_) vector_kernels().of<bf16>().from_float(reinterpret_cast<const float*>(room), static_cast<bf16*>(data), n);
  }
  bool on() const { return on_; }
  /// n weights rounded to bfloat16, as a reorder to that type would; only where values are widened.
  void round_weights(const float* plain, std::int64_t n, float* rounded) const {
    constexpr std::int64_t kChunk = 1024;
    bf16 halves[kChunk];
    const auto& kernel = vector_kernels().of<bf16>();
    for (std::int64_t i = 0; i < n; i += kChunk) {
      const std::int64_t count = std::min(kChunk, n - i);
      kernel.from_float(plain + i, halves, count);
      kernel.to_float(halves, rounded + i, count);
    }
  }
  /// n weights to pack, rounded where values are widened; `rounded` keeps them alive.
  const float* weights(const float* plain, std::int64_t n, Memory& rounded) const {
    if (!on_) return plain;
    rounded = Memory(static_cast<std::size_t>(n) * sizeof(float));
    round_weights(plain, n, rounded.floats());
    return rounded.floats();
  }

 private:
  bool on_ = false;
};

}  // namespace reprise::kernels::onednn
