#include "suite/layers/reflect_padding.hpp"

#include <algorithm>
#include <cstring>

#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::layers {

namespace {

std::int64_t mirrored(std::int64_t index, std::int64_t extent) {
  if (index < 0) return -index;
  return index < extent ? index : 2 * (extent - 1) - index;
}

float load(const std::uint16_t& stored) {
  const std::uint32_t bits = static_cast<std::uint32_t>(stored) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
float load(const float& stored) {
  return stored;
}

}  // namespace

std::size_t ReflectPadding::bytes(Precision precision) const {
  return aligned(static_cast<std::size_t>(padded().size()) * static_cast<std::size_t>(samples_) * bytes_of(precision));
}

template <typename Body>
void ReflectPadding::for_each_pixel(Body body) const {
  const SampleShape big = padded();
  for (std::int64_t n = 0; n < samples_; ++n)
    for (std::int64_t y = 0; y < big.height; ++y)
      for (std::int64_t x = 0; x < big.width; ++x) {
        const std::int64_t row = mirrored(y - padding_, shape_.height), column = mirrored(x - padding_, shape_.width);
        body(((n * shape_.height + row) * shape_.width + column) * shape_.channels, ((n * big.height + y) * big.width + x) * big.channels);
      }
}

void ReflectPadding::pad(Precision precision, const void* input, void* output) const {
  const std::size_t width = bytes_of(precision), pixel = static_cast<std::size_t>(shape_.channels) * width;
  const auto* from_bytes = static_cast<const std::byte*>(input);
  auto* to_bytes = static_cast<std::byte*>(output);
  for_each_pixel([&](std::int64_t from, std::int64_t to) {
    std::memcpy(to_bytes + static_cast<std::size_t>(to) * width, from_bytes + static_cast<std::size_t>(from) * width, pixel);
  });
}

template <typename T>
void ReflectPadding::fold_stored(const T* grad_padded, T* grad_input, float* sums) const {
  const std::int64_t count = samples_ * shape_.size();
  std::fill(sums, sums + count, 0.0f);
  for_each_pixel([&](std::int64_t to, std::int64_t from) {
    for (std::int64_t c = 0; c < shape_.channels; ++c) sums[to + c] += load(grad_padded[from + c]);
  });
  kernels::vector_kernels().of<T>().from_float(sums, grad_input, count);
}

void ReflectPadding::fold(Precision precision, const void* grad_padded, void* grad_input, float* sums) const {
  if (precision == Precision::f32)
    fold_stored(static_cast<const float*>(grad_padded), static_cast<float*>(grad_input), sums);
  else
    fold_stored(static_cast<const std::uint16_t*>(grad_padded), static_cast<std::uint16_t*>(grad_input), sums);
}

}  // namespace reprise::layers
