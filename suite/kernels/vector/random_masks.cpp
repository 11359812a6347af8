// Dropout and Gaussian noise from a Philox stream: 16 blocks at once, one lane a block (Salmon et al. 2011, Philox4x32-10).

#include "suite/kernels/vector/lanes.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

struct Words {
  I16 word[4];
};

/// Words of blocks 16 * group + lane, counted from the stream's first block.
LANES Words draw(const MaskStream& stream, std::uint32_t group) {
  const auto as_int32 = [](std::uint32_t x) { return set_int(static_cast<std::int32_t>(x)); };
  I16 c0 = as_int32(stream.counter[0] + group * 16) + iota(), c1 = as_int32(stream.counter[1]);
  I16 c2 = as_int32(stream.counter[2]), c3 = as_int32(stream.counter[3]);
  std::uint32_t k0 = stream.key[0], k1 = stream.key[1];
  const I16 m0 = as_int32(0xD2511F53u), m1 = as_int32(0xCD9E8D57u);
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
    I16 high0, low0, high1, low1;
    multiply_wide(c0, m0, high0, low0);
    multiply_wide(c2, m1, high1, low1);
    c0 = high1 ^ c1 ^ as_int32(k0);
    c1 = low1;
    c2 = high0 ^ c3 ^ as_int32(k1);
    c3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

void philox(const MaskStream& stream, std::uint32_t first_group, Index groups, std::uint32_t* words) {
  for (Index g = 0; g < groups; ++g) {
    const Words drawn = draw(stream, first_group + static_cast<std::uint32_t>(g));
    for (int w = 0; w < 4; ++w) store_int(words + 64 * g + 16 * w, drawn.word[w]);
  }
}

/// Applies the 128 draws of one group to up to 128 values.
template <bool kScales, class T>
LANES void drop_group(const T* input, T* output, Index n, const std::uint16_t* draws, I16 threshold, F16 kept) {
  for (Index i = 0; i < n; i += 16) {
    const Index m = n - i;
    const F16 x = load_some(input + i, m);
    const M16 keeps = threshold > load_halves(draws + i);
    if constexpr (kScales)
      store_some(output + i, keep_where(keeps, x * kept), m);
    else
      store_exact_some(output + i, keep_where(keeps, x), m);
  }
}

template <bool kScales, class T>
LANES void drop(const T* input, T* output, Index n, const MaskStream& stream, std::uint32_t threshold, float kept) {
  const I16 limit = set_int(static_cast<std::int32_t>(threshold));
  alignas(64) std::uint16_t draws[128];
  for (Index i = 0; i < n; i += 128) {
    const Words drawn = draw(stream, static_cast<std::uint32_t>(i / 128));
    for (int w = 0; w < 4; ++w) store_int(draws + 32 * w, drawn.word[w]);
    if (n - i >= 128)
      drop_group<kScales>(input + i, output + i, 128, draws, limit, set(kept));
    else
      drop_group<kScales>(input + i, output + i, n - i, draws, limit, set(kept));
  }
}

template <class T>
void dropout(const T* input, T* output, Index n, const MaskStream& stream, std::uint32_t threshold, float kept) {
  if (kept == 1.0f)
    drop<false>(input, output, n, stream, threshold, kept);
  else
    drop<true>(input, output, n, stream, threshold, kept);
}

/// sqrt(-2 log u), u = (top 24 bits + 1) / 2^24 in (0, 1].
LANES F16 radius(I16 word) {
  const F16 u = to_float(shift_right<8>(word) + set_int(1)) * set(0x1p-24f);
  return sqrt(set(-2.0f) * log(u));
}

/// Cosine and sine of 2 pi word / 2^32: nearest quarter turn, then polynomials (Cephes sinf, cosf) on [-pi/4, pi/4].
LANES void cosine_sine(I16 word, F16& cosine, F16& sine) {
  const I16 quarter = shift_right<30>(word + set_int(0x20000000)) & set_int(3);
  const F16 x = to_float(word - shift_left<30>(quarter)) * set(1.46291807926715968e-9f);
  const F16 z = x * x;
  F16 s = fma(set(-1.9515295891e-4f), z, set(8.3321608736e-3f));
  s = fma(s, z, set(-1.6666654611e-1f));
  s = fma(s * z, x, x);
  F16 c = fma(set(2.443315711809948e-5f), z, set(-1.388731625493765e-3f));
  c = fma(c, z, set(4.166664568298827e-2f));
  c = fma(c * z, z, fnma(set(0.5f), z, set(1.0f)));
  const M16 swapped = (quarter & set_int(1)) == set_int(1);
  // Quarter 1 and 2 have negative cosine, 2 and 3 negative sine.
  const I16 cosine_sign = shift_left<30>((quarter + set_int(1)) & set_int(2)), sine_sign = shift_left<30>(quarter & set_int(2));
  cosine = as_float(as_int(select(swapped, s, c)) ^ cosine_sign);
  sine = as_float(as_int(select(swapped, c, s)) ^ sine_sign);
}

template <class T>
void gaussian_noise(const T* input, T* output, Index n, const MaskStream& stream, float deviation) {
  const F16 sigma = set(deviation);
  for (Index i = 0; i < n; i += 64) {
    const Words drawn = draw(stream, static_cast<std::uint32_t>(i / 64));
    F16 normal[4];
    for (int pair = 0; pair < 2; ++pair) {
      const F16 r = radius(drawn.word[2 * pair]);
      cosine_sine(drawn.word[2 * pair + 1], normal[2 * pair], normal[2 * pair + 1]);
      normal[2 * pair] = normal[2 * pair] * r;
      normal[2 * pair + 1] = normal[2 * pair + 1] * r;
    }
    for (int w = 0; w < 4; ++w) {
      const Index at = i + 16 * w;
      if (at < n) store_some(output + at, load_some(input + at, n - at) * fma(sigma, normal[w], set(1.0f)), n - at);
    }
  }
}

template <class T>
void fill(StorageKernels<T>& kernels) {
  kernels.dropout = dropout<T>;
  kernels.gaussian_noise = gaussian_noise<T>;
}

}  // namespace

void fill_random(VectorKernels& table) {
  fill(table.f32);
  fill(table.b16);
  table.philox = philox;
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
