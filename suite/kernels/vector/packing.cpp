// Plain matrices to and from blocked formats of oneDNN, 16 x 16 tiles at a time.

#include "suite/kernels/vector/transpose.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

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
