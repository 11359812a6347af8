// Losses of one sample: value in double, gradient scaled.

#include "suite/kernels/vector/lanes.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

/// Lanes i < m.
LANES M16 first_lanes(Index m) {
  return set_int(static_cast<std::int32_t>(m < 16 ? m : 16)) > iota();
}

template <class T>
LANES float as_number(T x) {
  float lane[16];
  const T copy[16] = {x};
  store(lane, load(copy));
  return lane[0];
}

template <class T>
LANES float maximum(const T* value, Index n) {
  F16 best = set(-__builtin_inff());
  for (Index i = 0; i < n; i += 16) best = max(best, select(first_lanes(n - i), load_some(value + i, n - i), set(-__builtin_inff())));
  return max_lanes(best);
}

template <class T>
LANES std::int32_t index_of(const T* value, Index n, float wanted) {
  for (Index i = 0; i < n; ++i)
    if (as_number(value[i]) == wanted) return static_cast<std::int32_t>(i);
  return 0;  // every value is NaN
}

template <class T>
std::int32_t first_maximum(const T* value, Index n) {
  return index_of(value, n, maximum(value, n));
}

template <class T>
double softmax_cross_entropy(const T* logits, Index classes, Index label, float smoothing, float grad_scale, T* grad,
                             std::int32_t* prediction) {
  const float largest = maximum(logits, classes);
  if (prediction != nullptr) *prediction = index_of(logits, classes, largest);
  const F16 shift = set(largest);
  F16 sum_lane = set(0.0f), below_lane = set(0.0f);
  for (Index i = 0; i < classes; i += 16) {
    const M16 real = first_lanes(classes - i);
    const F16 below = load_some(logits + i, classes - i) - shift;
    sum_lane = sum_lane + keep_where(real, exp(below));
    below_lane = below_lane + keep_where(real, below);
  }
  const float sum = sum_lanes(sum_lane), below_sum = sum_lanes(below_lane);
  float log_sum[16];
  store(log_sum, log(set(sum)));
  const double even = static_cast<double>(smoothing) / static_cast<double>(classes);
  const double below_label = static_cast<double>(as_number(logits[label])) - static_cast<double>(largest);
  double loss = static_cast<double>(log_sum[0]) - (1.0 - static_cast<double>(smoothing)) * below_label;
  if (smoothing != 0) loss -= even * static_cast<double>(below_sum);
  // The polynomial takes the bits of NaN and infinity for numbers; such a sum is the loss.
  if (!(sum < __builtin_inff())) loss = static_cast<double>(sum);
  if (grad == nullptr) return loss;

  const F16 scale = set(grad_scale), inverse = set(1.0f / sum), off = set(static_cast<float>(even));
  const F16 on = set(static_cast<float>(1.0 - static_cast<double>(smoothing) + even));
  for (Index i = 0; i < classes; i += 16) {
    const M16 is_label = iota() == set_int(static_cast<std::int32_t>(label - i));
    const F16 p = exp(load_some(logits + i, classes - i) - shift) * inverse;
    store_some(grad + i, scale * (p - select(is_label, on, off)), classes - i);
  }
  return loss;
}

template <class T>
double soft_target_cross_entropy(const T* logits, const float* target, Index classes, float grad_scale, T* grad, std::int32_t* prediction) {
  const float largest = maximum(logits, classes);
  if (prediction != nullptr) *prediction = index_of(logits, classes, largest);
  const F16 shift = set(largest);
  F16 sum_lane = set(0.0f), shared_lane = set(0.0f), target_lane = set(0.0f);
  for (Index i = 0; i < classes; i += 16) {
    const M16 real = first_lanes(classes - i);
    const F16 below = load_some(logits + i, classes - i) - shift, share = load_some(target + i, classes - i);
    sum_lane = sum_lane + keep_where(real, exp(below));
    shared_lane = shared_lane + keep_where(real, share * below);
    target_lane = target_lane + share;
  }
  const float sum = sum_lanes(sum_lane);
  float log_sum[16];
  store(log_sum, log(set(sum)));
  double loss = static_cast<double>(log_sum[0]) * static_cast<double>(sum_lanes(target_lane)) - static_cast<double>(sum_lanes(shared_lane));
  if (!(sum < __builtin_inff())) loss = static_cast<double>(sum);
  if (grad == nullptr) return loss;

  const F16 scale = set(grad_scale), inverse = set(1.0f / sum);
  for (Index i = 0; i < classes; i += 16) {
    const F16 p = exp(load_some(logits + i, classes - i) - shift) * inverse;
    store_some(grad + i, scale * (p - load_some(target + i, classes - i)), classes - i);
  }
  return loss;
}

template <class T>
double squared_error(const T* value, const T* target, Index n, float grad_scale, T* grad) {
  const F16 scale = set(grad_scale / static_cast<float>(n));
  F16 sum = set(0.0f);
  for (Index i = 0; i < n; i += 16) {
    const F16 difference = load_some(value + i, n - i) - load_some(target + i, n - i);
    sum = fma(difference, difference, sum);
    if (grad != nullptr) store_some(grad + i, difference * scale, n - i);
  }
  return static_cast<double>(sum_lanes(sum)) / (2.0 * static_cast<double>(n));
}

template <class T>
double logistic_cross_entropy(const T* value, const T* target, Index n, float grad_scale, T* grad) {
  const F16 scale = set(grad_scale / static_cast<float>(n));
  F16 sum = set(0.0f);
  for (Index i = 0; i < n; i += 16) {
    const F16 x = load_some(value + i, n - i), t = load_some(target + i, n - i);
    const F16 e = exp(as_float(as_int(x) | set_int(static_cast<std::int32_t>(0x80000000u))));
    const F16 loss = fnma(t, x, max(set(0.0f), x) + log(set(1.0f) + e));
    sum = sum + keep_where(first_lanes(n - i), loss);
    if (grad != nullptr) store_some(grad + i, (logistic_of(x) - t) * scale, n - i);
  }
  return static_cast<double>(sum_lanes(sum)) / static_cast<double>(n);
}

template <class T>
void fill(StorageKernels<T>& kernels) {
  kernels.softmax_cross_entropy = softmax_cross_entropy<T>;
  kernels.soft_target_cross_entropy = soft_target_cross_entropy<T>;
  kernels.squared_error = squared_error<T>;
  kernels.logistic_cross_entropy = logistic_cross_entropy<T>;
  kernels.first_maximum = first_maximum<T>;
}

}  // namespace

void fill_losses(VectorKernels& table) {
  fill(table.f32);
  fill(table.b16);
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
