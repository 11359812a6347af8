// Plain matrices to and from the blocked weight formats of matrix-product kernels, 16 x 16 tiles at a time.

#include "suite/kernels/vector/lanes.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

typedef float Lanes __attribute__((vector_size(64)));
typedef std::int32_t Choice __attribute__((vector_size(64)));

/// One of four rounds. Of rows i and i + distance (a, b): the first keeps a's lanes without the distance bit and takes b's into the
/// others; the second gets what is left.
template <int kDistance>
inline __attribute__((always_inline)) void exchange(Lanes* v, const Choice& first, const Choice& second) {
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    if (i & kDistance) continue;
    const Lanes a = v[i], b = v[i + kDistance];
    v[i] = __builtin_shuffle(a, b, first);
    v[i + kDistance] = __builtin_shuffle(a, b, second);
  }
}

inline __attribute__((always_inline)) void transpose(Lanes* v) {
  exchange<1>(v, Choice{0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30},
              Choice{1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31});
  exchange<2>(v, Choice{0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29},
              Choice{2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31});
  exchange<4>(v, Choice{0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27},
              Choice{4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31});
  exchange<8>(v, Choice{0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23},
              Choice{8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31});
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
