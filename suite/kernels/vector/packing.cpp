// Plain matrices to and from the blocked weight formats of matrix-product kernels, 16 x 16 tiles at a time.

#include <utility>

#include "suite/kernels/vector/lanes.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

typedef float Lanes __attribute__((vector_size(64)));

using AllLanes = std::make_integer_sequence<int, 16>;

/// One of four rounds. Of rows i and i + distance (a, b): the first keeps a's lanes without the distance bit and takes b's into the
/// others; the second gets what is left.
template <int kDistance, int... kLane>
inline __attribute__((always_inline)) void exchange(Lanes* v, std::integer_sequence<int, kLane...>) {
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    if (i & kDistance) continue;
    const Lanes a = v[i], b = v[i + kDistance];  // lanes 0 to 15 and 16 to 31 of the pair
    v[i] = __builtin_shufflevector(a, b, (kLane & kDistance ? 16 + kLane - kDistance : kLane)...);
    v[i + kDistance] = __builtin_shufflevector(a, b, (kLane & kDistance ? 16 + kLane : kLane + kDistance)...);
  }
}

inline __attribute__((always_inline)) void transpose(Lanes* v) {
  exchange<1>(v, AllLanes());
  exchange<2>(v, AllLanes());
  exchange<4>(v, AllLanes());
  exchange<8>(v, AllLanes());
}

inline __attribute__((always_inline)) Lanes load_lanes(const float* p) {
  Lanes v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

inline __attribute__((always_inline)) void store_lanes(float* p, const Lanes& v) { __builtin_memcpy(p, &v, sizeof v); }

void pack_tiles(const float* plain, Index rows, Index columns, const std::int32_t* offsets, Index stride, float* packed) {
  for (Index r = 0; r < rows; r += 16)
    for (Index c = 0; c < columns; c += 16) {
      Lanes v[16];
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i) v[i] = load_lanes(plain + (r + i) * columns + c);
      transpose(v);
      float* to = packed + *offsets++;
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i) store_lanes(to + i * stride, v[i]);
    }
}

void unpack_tiles(const float* packed, Index rows, Index columns, const std::int32_t* offsets, Index stride, float* plain) {
  for (Index r = 0; r < rows; r += 16)
    for (Index c = 0; c < columns; c += 16) {
      Lanes v[16];
      const float* from = packed + *offsets++;
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i) v[i] = load_lanes(from + i * stride);
      transpose(v);
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i) store_lanes(plain + (r + i) * columns + c, v[i]);
    }
}

void pack_tiles_bf16(const float* plain, Index rows, Index columns, const std::int32_t* offsets, Index stride, bf16* packed) {
  for (Index r = 0; r < rows; r += 16)
    for (Index c = 0; c < columns; c += 16) {
      Lanes v[16];
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i) v[i] = load_lanes(plain + (r + i) * columns + c);
      transpose(v);
      bf16* to = packed + *offsets++;
#pragma GCC unroll 8
      for (int i = 0; i < 16; i += 2) {
        // Columns c + i (low half) and c + i + 1 (high half) of 16 rows side by side.
        float even[16], odd[16];
        store_lanes(even, v[i]);
        store_lanes(odd, v[i + 1]);
        const I16 pair = round_to_bf16(load(even)) | shift_left<16>(round_to_bf16(load(odd)));
        std::int32_t words[16];
        store_int(words, pair);
        __builtin_memcpy(to + i / 2 * stride, words, sizeof words);
      }
    }
}

}  // namespace

void fill_packing(VectorKernels& table) {
  table.pack_tiles = pack_tiles;
  table.unpack_tiles = unpack_tiles;
  table.pack_tiles_bf16 = pack_tiles_bf16;
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
