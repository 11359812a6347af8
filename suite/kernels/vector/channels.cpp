// Kernels over rows of C channels: per-channel affine maps and sums.
//
// C is rarely a multiple of 16 lanes. Rows are contiguous, so a whole number of rows, a *stripe*, can be treated as one longer
// row whose parameters repeat. Its length depends on C alone, and with it the order of every sum.

#include "suite/kernels/vector/lanes.hpp"

// clang-format off: it unfolds lambdas with attributes.
namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

constexpr Index kStripe = 512;  // longest stripe of more than one row, floats
constexpr Index kBlock = 16;    // stripes summed in float32 before the sum moves to double: 16 roundings of 2^-24 each at most

/// Length of a stripe: the smallest multiple of C and 16 that is at least 64 and at most kStripe, else C.
Index stripe_length(Index channels) {
  const Index shared = channels & -channels;  // the power of two in C
  Index length = channels * (shared >= 16 ? 1 : 16 / shared);
  if (length > kStripe) return channels;
  while (length < 64) length *= 2;
  return length;
}

/// A per-channel parameter repeated to the length of a stripe; stays where it is when a stripe is one row.
class Repeated {
 public:
  Repeated(const float* values, Index channels, Index length) : data_(values) {
    if (length == channels) return;
    for (Index i = 0; i < length; ++i) copy_[i] = values[i % channels];
    data_ = copy_;
  }
  Repeated(const Repeated&) = delete;
  Repeated& operator=(const Repeated&) = delete;
  inline __attribute__((always_inline)) F16 at(Index j, Index m) const { return load_some(data_ + j, m); }

 private:
  const float* data_;
  alignas(64) float copy_[kStripe];
};

/// f(offset in rows that lie `pitch` apart, offset in adjacent rows, offset in the stripe, lanes) for every block of up to 16 values.
template <class F>
LANES void for_each_block(Index rows, Index channels, Index pitch, Index length, F f) {
  const bool adjacent = pitch == channels;
  const Index stripe = adjacent ? length : channels, total = rows * channels;
  for (Index begin = 0, wide = 0; begin < total; begin += stripe, wide += adjacent ? stripe : pitch) {
    const Index end = total - begin < stripe ? total - begin : stripe;
    Index j = 0;
    for (; j + 16 <= end; j += 16) f(wide + j, begin + j, j, Index{16});
    if (j < end) f(wide + j, begin + j, j, end - j);
  }
}

template <class T>
void affine(const T* input, Index pitch, T* output, Index rows, Index channels, const float* center, const float* scale, const float* shift,
            bool relu) {
  const Index length = stripe_length(channels);
  const Repeated c(center, channels, length), a(scale, channels, length), b(shift, channels, length);
  const F16 floor = set(relu ? 0.0f : -__builtin_inff());
  for_each_block(
      rows, channels, pitch, length, [&](Index from, Index to, Index j, Index m) __attribute__((always_inline)) {
        const F16 y = fma(load_some(input + from, m) - c.at(j, m), a.at(j, m), b.at(j, m));
        store_some(output + to, max(floor, y), m);
      });
}

template <class T>
void norm_grad(const T* grad_output, const T* input, Index pitch, T* grad_input, Index rows, Index channels, const float* mean,
               const float* a, const float* b, const float* c) {
  const Index length = stripe_length(channels);
  const Repeated mu(mean, channels, length), ra(a, channels, length), rb(b, channels, length), rc(c, channels, length);
  for_each_block(
      rows, channels, pitch, length, [&](Index from, Index i, Index j, Index m) __attribute__((always_inline)) {
        const F16 rest = fma(rb.at(j, m), load_some(input + from, m) - mu.at(j, m), rc.at(j, m));
        store_some(grad_input + i, fma(ra.at(j, m), load_some(grad_output + i, m), rest), m);
      });
}

/// into[row] += from[row], rows of `into` lying `pitch` apart.
template <class T>
void add_rows(T* into, Index pitch, const T* from, Index rows, Index channels) {
  for_each_block(
      rows, channels, pitch, channels, [=](Index to, Index i, Index, Index m) __attribute__((always_inline)) {
        store_some(into + to, load_some(into + to, m) + load_some(from + i, m), m);
      });
}

/// Sixteen sums in double.
struct WideSum {
  D8 low = zero_double(), high = zero_double();

  inline __attribute__((always_inline)) void add_square(F16 x) {
    const D8 a = widen_low(x), b = widen_high(x);
    low = fma(a, a, low), high = fma(b, b, high);
  }
};
LANES void add_to_doubles(double* sums, const WideSum& x, Index m) {
  if (m >= 16) {
    store_double(sums, load_double(sums) + x.low);
    store_double(sums + 8, load_double(sums + 8) + x.high);
    return;
  }
  double lane[16];
  store_double(lane, x.low), store_double(lane + 8, x.high);
  for (Index i = 0; i < m; ++i) sums[i] += lane[i];
}
LANES void add_to_doubles(double* sums, F16 x, Index m) {
  add_to_doubles(sums, WideSum{widen_low(x), widen_high(x)}, m);
}

/// Rows that lie `pitch` apart, seen as the stripes of adjacent rows: one row a stripe, or copied a block of stripes at a time.
template <class T>
class WideRows {
 public:
  WideRows(const T* data, Index pitch, Index channels, Index length)
      : data_(data), origin_(data), pitch_(pitch), channels_(channels), adjacent_(pitch == channels), row_a_stripe_(length == channels) {}
  WideRows(const WideRows&) = delete;
  WideRows& operator=(const WideRows&) = delete;

  /// Values [begin, begin + count) of adjacent rows are asked for next.
  inline __attribute__((always_inline)) void fetch(Index begin, Index count) {
    if (adjacent_) return;
    first_ = begin, origin_ = data_ + begin / channels_ * pitch_;
    if (row_a_stripe_) return;
    for (Index i = 0; i < count; i += channels_, origin_ += pitch_)
      __builtin_memcpy(room_ + i, origin_, static_cast<std::size_t>(channels_) * sizeof(T));
  }
  /// Value j of stripe r of those that were fetched; it begins at `begin` of adjacent rows.
  inline __attribute__((always_inline)) const T* at(Index begin, Index r, Index j) const {
    if (adjacent_) return data_ + begin + j;
    return row_a_stripe_ ? origin_ + r * pitch_ + j : room_ + (begin - first_) + j;
  }

 private:
  const T *data_, *origin_;
  Index pitch_, channels_, first_ = 0;
  bool adjacent_, row_a_stripe_;
  alignas(64) T room_[kBlock * kStripe];
};

/// Adds to first[j] and second[j] the two sums over `count` stripes, for j < width; term(begin of stripe r, r, j, m, first, second)
/// adds one value. Second is how the second sum is kept within a block: F16 or WideSum.
template <class Second, class F>
LANES void sum_stripes(Index begin, Index count, Index length, Index width, double* first, double* second, F term) {
  for (Index j = 0; j < width; j += 16) {
    const Index m = width - j < 16 ? width - j : 16;
    F16 s = set(0.0f);
    Second t{};
    for (Index r = 0; r < count; ++r) term(begin + r * length, r, j, m, s, t);
    add_to_doubles(first + j, s, m);
    add_to_doubles(second + j, t, m);
  }
}

/// Two sums per channel over all rows; prepare(begin, count) goes before the terms of `count` values.
template <class Second, class P, class F>
LANES void sum_rows(Index rows, Index channels, double* first, double* second, P prepare, F term) {
  const Index length = stripe_length(channels), total = rows * channels;
  alignas(64) double local[2 * kStripe];
  const bool direct = length == channels;
  double* a = direct ? first : local;
  double* b = direct ? second : local + kStripe;
  for (Index i = 0; i < length; ++i) a[i] = b[i] = 0;
  Index begin = 0;
  while (total - begin >= kBlock * length) {
    prepare(begin, kBlock * length);
    sum_stripes<Second>(begin, kBlock, length, length, a, b, term);
    begin += kBlock * length;
  }
  const Index whole = (total - begin) / length;
  if (begin < total) prepare(begin, total - begin);
  if (whole > 0) sum_stripes<Second>(begin, whole, length, length, a, b, term);
  begin += whole * length;
  if (begin < total) sum_stripes<Second>(begin, 1, length, total - begin, a, b, term);
  if (direct) return;
  for (Index c = 0; c < channels; ++c) {
    first[c] = second[c] = 0;
    for (Index i = c; i < length; i += channels) first[c] += a[i], second[c] += b[i];
  }
}

template <class T>
void sums(const T* input, Index rows, Index channels, double* sum, double* square) {
  // Squares are exact in double: a variance is their small difference from the square of the mean.
  sum_rows<WideSum>(
      rows, channels, sum, square, [](Index, Index) {},
      [=](Index begin, Index, Index j, Index m, F16 & s, WideSum & t) __attribute__((always_inline)) {
        const F16 x = load_some(input + begin + j, m);
        s = s + x;
        t.add_square(x);
      });
}

template <class T>
void grad_sums(const T* grad_output, const T* input, Index pitch, Index rows, Index channels, const float* mean,
               const float* inverse_deviation, double* sum, double* product) {
  const Index length = stripe_length(channels);
  const Repeated mu(mean, channels, length), inverse(inverse_deviation, channels, length);
  WideRows<T> x(input, pitch, channels, length);
  sum_rows<F16>(
      rows, channels, sum, product, [&](Index begin, Index count) __attribute__((always_inline)) { x.fetch(begin, count); },
      [&](Index begin, Index r, Index j, Index m, F16 & s, F16 & t) __attribute__((always_inline)) {
        const F16 dy = load_some(grad_output + begin + j, m);
        s = s + dy;
        t = fma(dy, (load_some(x.at(begin, r, j), m) - mu.at(j, m)) * inverse.at(j, m), t);
      });
}

template <class T>
void column_sum(const T* input, Index rows, Index channels, float factor, T* output) {
  for (Index c = 0; c < channels; c += 16) {
    const Index m = channels - c < 16 ? channels - c : 16;
    F16 total = set(0.0f);
    // Sums of 16 rows first: two roundings of 2^-24 per value at most 16 + rows / 16 deep.
    for (Index r = 0; r < rows; r += kBlock) {
      const Index end = rows - r < kBlock ? rows : r + kBlock;
      F16 s = set(0.0f);
      for (Index k = r; k < end; ++k) s = s + load_some(input + k * channels + c, m);
      total = total + s;
    }
    store_some(output + c, total * set(factor), m);
  }
}

template <class T>
void broadcast_rows(const T* input, float factor, Index rows, Index channels, T* output) {
  if (rows <= 0) return;
  const F16 f = set(factor);
  map(input, output, channels, [=](F16 x) { return x * f; });
  for (Index r = 1; r < rows; ++r) __builtin_memcpy(output + r * channels, output, static_cast<std::size_t>(channels) * sizeof(T));
}

template <class T>
void fill(StorageKernels<T>& kernels) {
  kernels.affine = affine<T>;
  kernels.sums = sums<T>;
  kernels.grad_sums = grad_sums<T>;
  kernels.norm_grad = norm_grad<T>;
  kernels.add_rows = add_rows<T>;
  kernels.column_sum = column_sum<T>;
  kernels.broadcast_rows = broadcast_rows<T>;
}

}  // namespace

void fill_channels(VectorKernels& table) {
  fill(table.f32);
  fill(table.b16);
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
