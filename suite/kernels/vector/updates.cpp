// Weight updates, merges and checks over float32 arrays.

#include "suite/kernels/vector/lanes.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

void accumulate(float* a, const float* b, Index n) {
  map(a, b, a, n, [](F16 x, F16 y) { return x + y; });
}

void accumulate_double(double* a, const double* b, Index n) {
  Index i = 0;
  for (; i + 8 <= n; i += 8) store_double(a + i, load_double(a + i) + load_double(b + i));
  for (; i < n; ++i) a[i] += b[i];
}

bool all_finite(const float* values, Index n) {
  const I16 exponent = set_int(0x7F800000);
  I16 bad = set_int(0);
  const auto check = [&](F16 x) __attribute__((always_inline)) {
    bad = bad | select((as_int(x) & exponent) == exponent, set_int(1), set_int(0));
  };
  Index i = 0;
  for (; i + 16 <= n; i += 16) check(load(values + i));
  if (i < n) check(load_part(values + i, n - i));
  return !any(bad > set_int(0));
}

void clamp(float* values, Index n, float lower, float upper) {
  const F16 low = set(lower), high = set(upper);
  map(values, values, n, [=](F16 x) { return max(low, min(high, x)); });  // in this order NaN stays NaN
}

/// l1 * sign(w), zero at zero.
LANES F16 l1_term(F16 w, F16 l1) {
  const F16 sign = as_float((as_int(w) & set_int(static_cast<std::int32_t>(0x80000000u))) | as_int(l1));
  const F16 zero = set(0.0f);
  return select(w > zero, sign, keep_where(w < zero, sign));
}

struct Decay {
  F16 l2, l1;
};
LANES F16 decayed(F16 gradient, F16 w, const Decay& decay) {
  return fma(decay.l2, w, gradient) + l1_term(w, decay.l1);
}

void sgd(float* weight, const float* gradient, float* velocity, Index n, const UpdateTerms& terms) {
  const F16 rate = set(terms.rate), momentum = set(terms.momentum);
  const Decay decay{set(terms.weight_decay), set(terms.l1)};
  for (Index i = 0; i < n; i += 16) {
    const Index m = n - i;
    const F16 w = load_some(weight + i, m);
    const F16 g = decayed(load_some(gradient + i, m), w, decay);
    const F16 v = fma(momentum, load_some(velocity + i, m), g);
    store_some(velocity + i, v, m);
    store_some(weight + i, fnma(rate, terms.nesterov ? fma(momentum, v, g) : v, w), m);
  }
}

void adam(float* weight, const float* gradient, float* first, float* second, Index n, const UpdateTerms& terms) {
  const F16 beta1 = set(terms.beta1), rest1 = set(1.0f - terms.beta1), beta2 = set(terms.beta2), rest2 = set(1.0f - terms.beta2);
  const F16 rate = set(terms.rate / terms.correction1), inverse2 = set(1.0f / terms.correction2), epsilon = set(terms.epsilon);
  const Decay decay{set(terms.decoupled ? 0.0f : terms.weight_decay), set(terms.l1)};
  const F16 shrink = set(terms.decoupled ? terms.rate * terms.weight_decay : 0.0f);
  for (Index i = 0; i < n; i += 16) {
    const Index m = n - i;
    const F16 w = load_some(weight + i, m);
    const F16 g = decayed(load_some(gradient + i, m), w, decay);
    const F16 f = fma(beta1, load_some(first + i, m), rest1 * g);
    const F16 s = fma(beta2, load_some(second + i, m), rest2 * (g * g));
    store_some(first + i, f, m);
    store_some(second + i, s, m);
    const F16 kept = fnma(shrink, w, w);
    store_some(weight + i, fnma(rate, f / (sqrt(s * inverse2) + epsilon), kept), m);
  }
}

void max_norm(float* weight, Index rows, Index length, float bound) {
  for (Index r = 0; r < rows; ++r) {
    float* row = weight + r * length;
    // Four independent sums hide the latency of the additions.
    F16 sum[4] = {set(0.0f), set(0.0f), set(0.0f), set(0.0f)};
    Index i = 0;
    for (; i + 64 <= length; i += 64)
      for (int k = 0; k < 4; ++k) {
        const F16 w = load(row + i + 16 * k);
        sum[k] = fma(w, w, sum[k]);
      }
    for (; i < length; i += 16) {
      const F16 w = load_some(row + i, length - i);
      sum[0] = fma(w, w, sum[0]);
    }
    const float norm = __builtin_sqrtf(sum_lanes((sum[0] + sum[1]) + (sum[2] + sum[3])));
    if (!(norm > bound)) continue;
    const F16 factor = set(bound / norm);
    map(row, row, length, [=](F16 w) { return w * factor; });
  }
}

}  // namespace

void fill_updates(VectorKernels& table) {
  table.accumulate = accumulate;
  table.accumulate_double = accumulate_double;
  table.all_finite = all_finite;
  table.clamp = clamp;
  table.sgd = sgd;
  table.adam = adam;
  table.max_norm = max_norm;
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
