// LogAvgExp pooling, around each window's maximum so that no exponential overflows and S lies in [1, n].

#include "suite/kernels/vector/windows.hpp"

// clang-format off: it unfolds lambdas with attributes.
namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

/// What the exponentials of a window are summed to.
struct Sums {
  F16 sum = set(0.0f);     // S, of exp((x - maximum) / t)
  F16 excess = set(0.0f);  // of exp(...) - 1

  inline __attribute__((always_inline)) F16 add(F16 exponent) {
    const ExpParts parts = exp_parts(exponent);
    const F16 e = exp_of(parts);
    sum = sum + e;
    excess = excess + exp_minus_one(parts, e);
    return e;
  }
  /// log(S / n). Where S is near n, at high temperature, t * (log S - log n) would lose all digits of a small difference.
  inline __attribute__((always_inline)) F16 log_mean(F16 count, F16 log_count) const {
    const F16 u = excess / count;
    const M16 is_near = u > set(-0.5f);
    return select(is_near, log_one_plus(select(is_near, u, set(0.0f))), log(sum) - log_count);
  }
};

template <class T>
void log_avg_exp(const T* input, const WindowGeometry& g, const float* temperature, bool subtract_count, T* output, float* maximum,
                 float* total) {
  for_each_window(
      g, [&](const Cells& cells, Index at) __attribute__((always_inline)) {
        const F16 count = set(static_cast<float>(cells.count())), log_count = log(count);
        for_each_channel_block(
            g.channels, [&](Index c, Index m) __attribute__((always_inline)) {
              const F16 t = max(load_some(temperature + c, m), set(1e-30f));  // lanes beyond the last channel are zero
              const F16 inverse = set(1.0f) / t;
              F16 largest = set(-__builtin_inff());
              for_each_cell(
                  g,
                  cells, [&](Index cell, Index) __attribute__((always_inline)) { largest = max(largest, load_some(input + cell + c, m)); });
              Sums sums;
              for_each_cell(
                  g, cells, [&](Index cell, Index) __attribute__((always_inline)) {
                    sums.add((load_some(input + cell + c, m) - largest) * inverse);
                  });
              F16 log_mean = sums.log_mean(count, log_count);
              if (!subtract_count) log_mean = log_mean + log_count;
              store_some(output + at + c, fma(t, log_mean, largest), m);
              if (maximum == nullptr) return;
              store_some(maximum + at + c, largest, m);
              store_some(total + at + c, sums.sum, m);
            });
      });
}

/// Adds lanes to doubles.
LANES void add_lanes(double* sums, F16 x, Index m) {
  float lane[16];
  store(lane, x);
  for (Index i = 0; i < m; ++i) sums[i] += static_cast<double>(lane[i]);
}

/// Target: T to write the gradient (disjoint windows), float to add to it.
template <bool kAdds, class T, class Target>
LANES void gradient(const T* input, const T* grad_output, const float* maximum, const float* total, const WindowGeometry& g,
                    const float* temperature, bool subtract_count, Target* target, double* grad_tau) {
  for_each_window(
      g, [&](const Cells& cells, Index at) __attribute__((always_inline)) {
        const F16 count = set(static_cast<float>(cells.count())), log_count = log(count);
        for_each_channel_block(
            g.channels, [&](Index c, Index m) __attribute__((always_inline)) {
              const F16 t = max(load_some(temperature + c, m), set(1e-30f));
              const F16 inverse = set(1.0f) / t;
              const F16 largest = load_some(maximum + at + c, m);
              const F16 sum = m >= 16 ? load(total + at + c) : max(load_part(total + at + c, m), set(1e-30f));
              const F16 dy = load_some(grad_output + at + c, m);
              const F16 factor = dy / sum;
              Sums sums;
              F16 moment = set(0.0f);  // sum of exp((x - maximum) / t) * (x - maximum)
              for_each_cell(
                  g, cells, [&](Index cell, Index) __attribute__((always_inline)) {
                    const F16 below = load_some(input + cell + c, m) - largest;
                    const F16 e = sums.add(below * inverse);
                    moment = fma(e, below, moment);
                    if (target == nullptr) return;
                    const F16 value = e * factor;
                    Target* place = target + cell + c;
                    if constexpr (kAdds)
                      store_some(place, load_some(place, m) + value, m);
                    else
                      store_some(place, value, m);
                  });
              if (grad_tau == nullptr) return;
              F16 log_mean = sums.log_mean(count, log_count);
              if (!subtract_count) log_mean = log_mean + log_count;
              add_lanes(grad_tau + c, dy * fma(t, log_mean, set(0.0f) - moment / sum), m);
            });
      });
}

template <class T>
void log_avg_exp_grad(const T* input, const T* grad_output, const float* maximum, const float* total, const WindowGeometry& g,
                      const float* temperature, bool subtract_count, T* grad_input, float* sums, double* grad_tau) {
  const Index size = g.height * g.width * g.channels;
  if (g.disjoint() || grad_input == nullptr) {
    if (grad_input != nullptr && !covers_input(g)) __builtin_memset(grad_input, 0, static_cast<std::size_t>(size) * sizeof(T));
    gradient<false>(input, grad_output, maximum, total, g, temperature, subtract_count, grad_input, grad_tau);
    return;
  }
  __builtin_memset(sums, 0, static_cast<std::size_t>(size) * sizeof(float));
  gradient<true>(input, grad_output, maximum, total, g, temperature, subtract_count, sums, grad_tau);
  if (static_cast<const void*>(sums) != static_cast<const void*>(grad_input)) map(sums, grad_input, size, [](F16 x) { return x; });
}

template <class T>
void fill(StorageKernels<T>& kernels) {
  kernels.log_avg_exp = log_avg_exp<T>;
  kernels.log_avg_exp_grad = log_avg_exp_grad<T>;
}

}  // namespace

void fill_log_avg_exp(VectorKernels& table) {
  fill(table.f32);
  fill(table.b16);
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
