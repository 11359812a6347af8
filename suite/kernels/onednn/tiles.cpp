#include "suite/kernels/onednn/tiles.hpp"

#include <cstring>

#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::kernels::onednn {

namespace {

/// Where the format keeps each element of the plain matrix. Digits of base 256 are exact in bfloat16 too.
std::vector<std::int32_t> positions(const dnnl::memory::desc& plain, const dnnl::memory::desc& packed, Type type, std::size_t count) {
  const Memory from(count * sizeof(float)), to(packed.get_size());
  const dnnl::reorder reorder({engine(), plain, engine(), packed});
  std::vector<std::int32_t> index_at(count, 0);
  for (int digit = 0; digit < 3; ++digit) {
    for (std::size_t i = 0; i < count; ++i) from.floats()[i] = static_cast<float>(i >> (8 * digit) & 255);
    auto source = wrap(plain, from.data()), target = wrap(packed, to.data());
    reorder.execute(stream(), source, target);
    for (std::size_t q = 0; q < count; ++q) {
      std::uint32_t bits = 0;
      if (type == Type::f32)
        std::memcpy(&bits, to.data() + q * 4, 4);
      else
        std::memcpy(reinterpret_cast<std::byte*>(&bits) + 2, to.data() + q * 2, 2);
      float value;
      std::memcpy(&value, &bits, 4);
      index_at[q] |= static_cast<std::int32_t>(value) << (8 * digit);
    }
  }
  std::vector<std::int32_t> position_of(count, -1);
  for (std::size_t q = 0; q < count; ++q)
    if (index_at[q] >= 0 && static_cast<std::size_t>(index_at[q]) < count)
      position_of[static_cast<std::size_t>(index_at[q])] = static_cast<std::int32_t>(q);
  return position_of;
}

}  // namespace

Tiles::Tiles(const dnnl::memory::desc& plain, const dnnl::memory::desc& packed, Type type, std::int64_t rows, std::int64_t columns)
    : columns_(columns), type_(type) {
  const std::size_t count = static_cast<std::size_t>(rows * columns), width = type == Type::f32 ? 4 : 2;
  constexpr std::size_t kMaxDigits = std::size_t{1} << 24;
  if (rows % 16 != 0 || columns % 16 != 0 || count > kMaxDigits || packed.get_size() != count * width ||
      (type == Type::f32 && packed == plain))
    return;
  const auto position_of = positions(plain, packed, type, count);
  const auto at = [&](std::int64_t r, std::int64_t c) { return position_of[static_cast<std::size_t>(r * columns + c)]; };
  const std::int64_t group = type == Type::f32 ? 1 : 2;  // columns that lie side by side
  stride_ = at(0, group) - at(0, 0);
  std::vector<std::int32_t> offsets;
  for (std::int64_t r = 0; r < rows; r += 16)
    for (std::int64_t c = 0; c < columns; c += 16) {
      offsets.push_back(at(r, c));
      for (std::int64_t i = 0; i < 16; ++i)
        for (std::int64_t j = 0; j < 16; ++j)
          if (at(r + i, c + j) != offsets.back() + j / group * stride_ + i * group + j % group) return;
    }
  offsets_ = std::move(offsets);
}

void Tiles::pack(const float* plain, std::int64_t rows, std::byte* packed) const {
  const auto& kernel = vector_kernels();
  if (type_ == Type::f32)
    kernel.pack_tiles(plain, rows, columns_, offsets_.data(), stride_, reinterpret_cast<float*>(packed));
  else
    kernel.pack_tiles_bf16(plain, rows, columns_, offsets_.data(), stride_, reinterpret_cast<bf16*>(packed));
}

void Tiles::unpack(const std::byte* packed, std::int64_t rows, float* plain) const {
  vector_kernels().unpack_tiles(reinterpret_cast<const float*>(packed), rows, columns_, offsets_.data(), stride_, plain);
}

}  // namespace reprise::kernels::onednn
