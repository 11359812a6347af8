// Soft winner-take-all learning: the Triangle activation, softmax over channels, the competition, and the change of weights.

#include "suite/kernels/vector/rows.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

/// Numbers below this count as zero under a power, whose logarithm wants normal ones.
constexpr float kSmallestNormal = 1.17549435e-38f;
/// exp of anything lower is stored as zero: responses below 2^-100 would only be slow (subnormal) arithmetic.
constexpr float kMinExponent = -69.3f;

/// base^exponent for base > 0, else 0; NaN stays NaN.
LANES F16 power_of(F16 base, F16 exponent) {
  const F16 raised = exp(exponent * log(max(base, set(kSmallestNormal))));
  return select(is_nan(base), base, keep_where(base > set(kSmallestNormal), raised));
}

/// max(x, 0) that keeps NaN.
LANES F16 positive_part(F16 x) {
  return max(set(0.0f), x);
}

template <class T>
void triangle(const T* input, T* output, Index rows, Index channels, float power) {
  const float share = 1.0f / static_cast<float>(channels);
  const F16 exponent = set(power);
  for (Index r = 0; r < rows; ++r) {
    const T* x = input + r * channels;
    T* y = output + r * channels;
    const F16 mean = set(share * chained_sum(
                                     channels, [=](Index i, Index m) __attribute__((always_inline)) { return load_some(x + i, m); }));
    if (power == 1.0f)
      map(x, y, channels, [=](F16 v) { return positive_part(v - mean); });
    else
      map(x, y, channels, [=](F16 v) { return power_of(v - mean, exponent); });
  }
}

template <class T>
void triangle_grad(const T* output, const T* grad_output, T* grad_input, Index rows, Index channels, float power) {
  const float share = 1.0f / static_cast<float>(channels);
  const F16 zero = set(0.0f), factor = set(power), exponent = set((power - 1.0f) / power);
  // The derivative power * (input - mean)^(power - 1), from the output alone.
  const auto inner = [=](F16 y, F16 dy) __attribute__((always_inline)) {
    return power == 1.0f ? keep_where(y > zero, dy) : keep_where(y > zero, dy * factor * power_of(y, exponent));
  };
  for (Index r = 0; r < rows; ++r) {
    const T *y = output + r * channels, *dy = grad_output + r * channels;
    const F16 mean = set(share * chained_sum(
                                     channels, [&](Index i, Index m) __attribute__((always_inline)) {
                                       return inner(load_some(y + i, m), load_some(dy + i, m));
                                     }));
    map(y, dy, grad_input + r * channels, channels, [&](F16 a, F16 b) { return inner(a, b) - mean; });
  }
}

template <class T>
void softmax(const T* input, T* output, Index rows, Index channels, float gain) {
  const F16 g = set(gain);
  for (Index r = 0; r < rows; ++r) {
    const T* x = input + r * channels;
    const F16 shift = set(largest(x, channels));
    const float sum = chained_sum(
        channels, [=](Index i, Index m)
                      __attribute__((always_inline)) { return keep_where(first_lanes(m), exp(g * (load_some(x + i, m) - shift))); });
    const F16 inverse = set(1.0f / sum);
    map(x, output + r * channels, channels, [=](F16 v) { return exp(g * (v - shift)) * inverse; });
  }
}

template <class T>
void softmax_grad(const T* output, const T* grad_output, T* grad_input, Index rows, Index channels, float gain) {
  const F16 g = set(gain);
  for (Index r = 0; r < rows; ++r) {
    const T *y = output + r * channels, *dy = grad_output + r * channels;
    const F16 product = set(chained_sum(
        channels, [=](Index i, Index m) __attribute__((always_inline)) { return load_some(y + i, m) * load_some(dy + i, m); }));
    map(y, dy, grad_input + r * channels, channels, [=](F16 a, F16 b) { return g * a * (b - product); });
  }
}

struct Winner {
  float value;
  std::int32_t index;
};

/// The first of the largest values.
template <class T>
LANES Winner winner_of(const T* u, Index n) {
  F16 best = set(-__builtin_inff());
  I16 where = set_int(0);
  for (Index i = 0; i < n; i += 16) {
    const F16 x = select(first_lanes(n - i), load_some(u + i, n - i), set(-__builtin_inff()));
    const M16 larger = x > best;
    best = select(larger, x, best);
    where = select(larger, iota() + set_int(static_cast<std::int32_t>(i)), where);
  }
  const float value = max_lanes(best);
  const F16 before = select(set(value) > best, set(-__builtin_inff()), set(0.0f) - to_float(where));  // exact for fewer than 2^24 channels
  return {value, static_cast<std::int32_t>(-max_lanes(before))};
}

LANES void add_products(double* sums, F16 a, F16 b, Index m) {
  const F16 product = a * b;
  const D8 low = widen_low(product), high = widen_high(product);
  if (m >= 16) {
    store_double(sums, load_double(sums) + low);
    store_double(sums + 8, load_double(sums + 8) + high);
    return;
  }
  double lane[16];
  store_double(lane, low), store_double(lane + 8, high);
  for (Index i = 0; i < m; ++i) sums[i] += lane[i];
}

template <class T>
void compete_hard(const T* u, Index rows, Index channels, T* response, double* moments) {
  __builtin_memset(response, 0, static_cast<std::size_t>(rows * channels) * sizeof(T));
  for (Index r = 0; r < rows; ++r) {
    const Winner winner = winner_of(u + r * channels, channels);
    store_some(response + r * channels + winner.index, set(1.0f), 1);
    moments[winner.index] += static_cast<double>(winner.value);
  }
}

template <class T>
void compete(const T* input, Index rows, Index channels, const Competition& terms, T* response, double* moments, float* scratch) {
  if (!terms.soft) return compete_hard(input, rows, channels, response, moments);
  const F16 t = set(terms.inverse_temperature), least = set(kMinExponent), zero = set(0.0f);
  for (Index r = 0; r < rows; ++r) {
    const T* u = input + r * channels;
    T* y = response + r * channels;
    const Winner winner = winner_of(u, channels);
    const F16 shift = set(winner.value);
    const float sum = chained_sum(
        channels, [=](Index i, Index m) __attribute__((always_inline)) {
          const F16 x = t * (load_some(u + i, m) - shift);
          // NaN is not below the least exponent, so that it is seen.
          const F16 e = any(x < least) ? select(x < least, zero, exp(x)) : exp(x);
          const F16 real = keep_where(first_lanes(m), e);
          store_some(scratch + i, real, m);
          return real;
        });
    const F16 inverse = set(1.0f / sum), loser = set(terms.losers_unlearn ? -1.0f / sum : 1.0f / sum);
    for (Index i = 0; i < channels; i += 16) {
      const Index m = channels - i;
      const M16 wins = iota() == set_int(static_cast<std::int32_t>(winner.index - i));
      const F16 value = load_some(scratch + i, m) * select(wins, inverse, loser);
      store_some(y + i, value, m);
      add_products(moments + i, value, load_some(u + i, m), m);
    }
  }
}

float plastic_change(float* change, const float* weight, float moment, Index n) {
  const F16 factor = set(moment);
  const I16 magnitude = set_int(0x7FFFFFFF);
  F16 best = set(0.0f), probe = set(0.0f);  // probe: 0 as long as everything is finite, else NaN
  for (Index i = 0; i < n; i += 16) {
    const Index m = n - i;
    const F16 d = fnma(factor, load_some(weight + i, m), load_some(change + i, m));
    store_some(change + i, d, m);
    best = max(best, d & magnitude);
    probe = probe + (d - d);
  }
  return max_lanes(best) + sum_lanes(probe);
}

void add_scaled(float* weight, const float* change, float factor, Index n) {
  const F16 f = set(factor);
  map(change, weight, weight, n, [=](F16 d, F16 w) { return fma(f, d, w); });
}

double square_sum(const float* values, Index n) {
  D8 low = zero_double(), high = zero_double();
  for (Index i = 0; i < n; i += 16) {
    const F16 x = load_some(values + i, n - i);
    const D8 a = widen_low(x), b = widen_high(x);
    low = fma(a, a, low), high = fma(b, b, high);
  }
  double lane[8];
  store_double(lane, low + high);
  double sum = 0;
  for (int i = 0; i < 8; ++i) sum += lane[i];
  return sum;
}

template <class T>
void fill(StorageKernels<T>& kernels) {
  kernels.triangle = triangle<T>;
  kernels.triangle_grad = triangle_grad<T>;
  kernels.softmax = softmax<T>;
  kernels.softmax_grad = softmax_grad<T>;
  kernels.compete = compete<T>;
}

}  // namespace

void fill_plasticity(VectorKernels& table) {
  fill(table.f32);
  fill(table.b16);
  table.plastic_change = plastic_change;
  table.add_scaled = add_scaled;
  table.square_sum = square_sum;
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
