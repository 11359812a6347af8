// Elementwise kernels: activations, sums, scaling, conversion.

#include "suite/kernels/vector/lanes.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

/// max(x, 0) that keeps NaN, so that a diverged run is seen.
LANES F16 positive_part(F16 x) {
  return max(set(0.0f), x);
}

template <class T>
void relu(const T* input, T* output, Index n) {
  map<Exact>(input, output, n, [](F16 x) { return positive_part(x); });
}

template <class T>
void relu_grad(const T* output, const T* grad_output, T* grad_input, Index n, Rule rule) {
  const F16 zero = set(0.0f);
  if (rule == Rule::gradient)
    map<Exact>(output, grad_output, grad_input, n, [=](F16 y, F16 dy) { return keep_where(y > zero, dy); });
  else if (rule == Rule::deconvnet)
    map<Exact>(grad_output, grad_input, n, [](F16 dy) { return positive_part(dy); });
  else
    map<Exact>(output, grad_output, grad_input, n, [=](F16 y, F16 dy) { return keep_where((y > zero) & (dy > zero), dy); });
}

/// Odd polynomial (Cephes tanhf, S. Moshier) below 0.625, else 1 - 2 / (exp(2|x|) + 1) with the sign of x.
LANES F16 tanh_of(F16 x) {
  const F16 magnitude = x & set_int(0x7FFFFFFF);
  const I16 sign = as_int(x) & set_int(static_cast<std::int32_t>(0x80000000u));
  const F16 z = x * x;
  F16 p = set(-5.70498872745e-3f);
  p = fma(p, z, set(2.06390887954e-2f));
  p = fma(p, z, set(-5.37397155531e-2f));
  p = fma(p, z, set(1.33314422036e-1f));
  p = fma(p, z, set(-3.33332819422e-1f));
  const F16 near = fma(p * z, x, x);
  const F16 far = set(1.0f) - set(2.0f) / (exp(magnitude + magnitude) + set(1.0f));
  return select(magnitude < set(0.625f), near, as_float(as_int(far) | sign));
}

template <class T>
void logistic(const T* input, T* output, Index n) {
  map(input, output, n, [](F16 x) { return logistic_of(x); });
}
template <class T>
void logistic_grad(const T* output, const T* grad_output, T* grad_input, Index n) {
  map(output, grad_output, grad_input, n, [](F16 y, F16 dy) { return dy * fnma(y, y, y); });
}
template <class T>
void tanh(const T* input, T* output, Index n) {
  map(input, output, n, [](F16 x) { return tanh_of(x); });
}
template <class T>
void tanh_grad(const T* output, const T* grad_output, T* grad_input, Index n) {
  map(output, grad_output, grad_input, n, [](F16 y, F16 dy) { return dy * fnma(y, y, set(1.0f)); });
}

/// Share of the standard normal distribution below x. erfc by the Chebyshev fit of W. Press et al., Numerical Recipes in C, 2nd edition
/// (1992), section 6.2: relative error below 1.2e-7.
LANES F16 normal_below(F16 x) {
  const F16 z = (x & set_int(0x7FFFFFFF)) * set(0.70710678118654752f);
  const F16 t = set(1.0f) / fma(z, set(0.5f), set(1.0f));
  F16 p = set(0.17087277f);
  for (const float c :
       {-0.82215223f, 1.48851587f, -1.13520398f, 0.27886807f, -0.18628806f, 0.09678418f, 0.37409196f, 1.00002368f, -1.26551223f})
    p = fma(p, t, set(c));
  const F16 tail = set(0.5f) * t * exp(fnma(z, z, p));
  return select(x < set(0.0f), tail, set(1.0f) - tail);
}
template <class T>
void gelu(const T* input, T* output, Index n) {
  map(input, output, n, [](F16 x) { return x * normal_below(x); });
}
template <class T>
void gelu_grad(const T* input, const T* grad_output, T* grad_input, Index n) {
  map(input, grad_output, grad_input, n, [](F16 x, F16 dy) {
    const F16 density = set(0.3989422804f) * exp(set(-0.5f) * x * x);
    return dy * fma(x, density, normal_below(x));
  });
}

template <class T>
void add(const T* a, const T* b, T* output, Index n) {
  map(a, b, output, n, [](F16 x, F16 y) { return x + y; });
}
template <class T>
void scale(const T* input, float factor, T* output, Index n) {
  const F16 f = set(factor);
  map(input, output, n, [=](F16 x) { return x * f; });
}
template <class T>
void to_float(const T* input, float* output, Index n) {
  map(input, output, n, [](F16 x) { return x; });
}
template <class T>
void from_float(const float* input, T* output, Index n) {
  map(input, output, n, [](F16 x) { return x; });
}

void exp_all(const float* input, float* output, Index n) {
  map(input, output, n, [](F16 x) { return exp(x); });
}
void log_all(const float* input, float* output, Index n) {
  // Lanes beyond the end are zero, whose logarithm is finite nonsense that is not stored.
  map(input, output, n, [](F16 x) { return log(x); });
}

template <class T>
void fill(StorageKernels<T>& kernels) {
  kernels.relu = relu<T>;
  kernels.relu_grad = relu_grad<T>;
  kernels.logistic = logistic<T>;
  kernels.logistic_grad = logistic_grad<T>;
  kernels.tanh = tanh<T>;
  kernels.tanh_grad = tanh_grad<T>;
  kernels.gelu = gelu<T>;
  kernels.gelu_grad = gelu_grad<T>;
  kernels.add = add<T>;
  kernels.scale = scale<T>;
  kernels.to_float = to_float<T>;
  kernels.from_float = from_float<T>;
}

}  // namespace

void fill_elementwise(VectorKernels& table) {
  fill(table.f32);
  fill(table.b16);
  table.exp = exp_all;
  table.log = log_all;
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
