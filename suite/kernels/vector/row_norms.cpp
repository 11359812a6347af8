// Kernels that normalise rows: layer norm, local response normalisation, and the softmax of attention.

#include "suite/kernels/vector/rows.hpp"

// clang-format off: it unfolds lambdas with attributes.
namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

template <class T>
void layer_norm(const T* input, Index rows, Index channels, const float* gamma, const float* beta, float epsilon, T* output,
                float* statistics) {
  const float share = 1.0f / static_cast<float>(channels);
  for (Index r = 0; r < rows; ++r) {
    const T* x = input + r * channels;
    T* y = output + r * channels;
    const float mean = share * chained_sum(
                                   channels, [=](Index i, Index m) __attribute__((always_inline)) { return load_some(x + i, m); });
    const F16 center = set(mean);
    const float variance = share * chained_sum(
                                       channels, [=](Index i, Index m) __attribute__((always_inline)) {
                                         const F16 d = keep_where(first_lanes(m), load_some(x + i, m) - center);
                                         return d * d;
                                       });
    const float inverse = 1.0f / __builtin_sqrtf(variance + epsilon);
    statistics[2 * r] = mean;
    statistics[2 * r + 1] = inverse;
    const F16 scale = set(inverse);
    for (Index i = 0; i < channels; i += 16) {
      const Index m = channels - i;
      store_some(y + i, fma((load_some(x + i, m) - center) * scale, load_some(gamma + i, m), load_some(beta + i, m)), m);
    }
  }
}

template <class T>
void layer_norm_grad(const T* input, const T* grad_output, Index rows, Index channels, const float* gamma, const float* statistics,
                     T* grad_input) {
  const float share = 1.0f / static_cast<float>(channels);
  for (Index r = 0; r < rows; ++r) {
    const T *x = input + r * channels, *dy = grad_output + r * channels;
    const F16 center = set(statistics[2 * r]), scale = set(statistics[2 * r + 1]);
    const auto inner = [=](Index i, Index m) __attribute__((always_inline)) {
      return load_some(dy + i, m) * load_some(gamma + i, m);
    };
    const auto normal = [=](Index i, Index m) __attribute__((always_inline)) {
      return (load_some(x + i, m) - center) * scale;
    };
    const F16 mean = set(share * chained_sum(channels, inner));
    const F16 slope =
        set(share * chained_sum(
                        channels, [=](Index i, Index m) __attribute__((always_inline)) { return inner(i, m) * normal(i, m); }));
    for (Index i = 0; i < channels; i += 16) {
      const Index m = channels - i;
      store_some(grad_input + r * channels + i, scale * fnma(normal(i, m), slope, inner(i, m) - mean), m);
    }
  }
}

/// Adds the sums of up to 16 rows at a time, so that few roundings lie one behind the other.
template <class T>
void layer_norm_parameter_grads(const T* input, const T* grad_output, Index rows, Index channels, const float* statistics,
                                float* grad_gamma, float* grad_beta) {
  constexpr Index kBlock = 16;
  for (Index c = 0; c < channels; c += 16) {
    const Index m = channels - c;
    F16 gamma = set(0.0f), beta = set(0.0f);
    for (Index r = 0; r < rows; r += kBlock) {
      const Index end = rows - r < kBlock ? rows : r + kBlock;
      F16 g = set(0.0f), b = set(0.0f);
      for (Index k = r; k < end; ++k) {
        const F16 dy = load_some(grad_output + k * channels + c, m);
        g = fma(dy, (load_some(input + k * channels + c, m) - set(statistics[2 * k])) * set(statistics[2 * k + 1]), g);
        b = b + dy;
      }
      gamma = gamma + g, beta = beta + b;
    }
    store_some(grad_gamma + c, gamma, m);
    store_some(grad_beta + c, beta, m);
  }
}

/// Floats of a row with 16 zeros in front and 16 or more behind.
LANES Index padded_length(Index channels) {
  return (channels + 15) / 16 * 16 + 32;
}
/// Where its values begin; the zeros are written here, those of the last block by who fills the row.
LANES float* padded_row(float* memory, Index channels) {
  store(memory, set(0.0f)), store(memory + padded_length(channels) - 16, set(0.0f));
  return memory + 16;
}
LANES F16 sum_around(const float* row, Index i, Index reach) {
  F16 sum = load(row + i - reach);
  for (Index j = 1 - reach; j <= reach; ++j) sum = sum + load(row + i + j);
  return sum;
}

/// base^-exponent; base is positive.
LANES F16 inverse_power(F16 base, float exponent) {
  if (exponent == 0.75f) {
    const F16 root = sqrt(base);
    return set(1.0f) / (root * sqrt(root));
  }
  return exp(set(-exponent) * log(base));
}

template <class T>
LANES void squares_of_row(const T* x, Index channels, float* squares) {
  for (Index i = 0; i < channels; i += 16) {
    const F16 a = load_some(x + i, channels - i);
    store(squares + i, a * a);
  }
}

template <class T>
void response_norm(const T* input, Index rows, Index channels, const ResponseTerms& terms, T* output, float* scratch) {
  float* squares = padded_row(scratch, channels);
  const F16 offset = set(terms.offset), factor = set(terms.factor);
  for (Index r = 0; r < rows; ++r) {
    const T* x = input + r * channels;
    squares_of_row(x, channels, squares);
    for (Index i = 0; i < channels; i += 16) {
      const F16 base = fma(factor, sum_around(squares, i, terms.reach), offset);
      store_some(output + r * channels + i, load_some(x + i, channels - i) * inverse_power(base, terms.exponent), channels - i);
    }
  }
}

/// D^-b is g's own share; what the other windows that hold a channel add is the sum of g a D^-b / D over them, times -2 factor b a.
template <class T>
void response_norm_grad(const T* input, const T* grad_output, Index rows, Index channels, const ResponseTerms& terms, T* grad_input,
                        float* scratch) {
  const Index length = padded_length(channels);
  float *squares = padded_row(scratch, channels), *shares = padded_row(scratch + length, channels);
  float* powers = scratch + 2 * length;
  const F16 offset = set(terms.offset), factor = set(terms.factor), slope = set(2.0f * terms.factor * terms.exponent);
  for (Index r = 0; r < rows; ++r) {
    const T *x = input + r * channels, *dy = grad_output + r * channels;
    squares_of_row(x, channels, squares);
    for (Index i = 0; i < channels; i += 16) {
      const F16 base = fma(factor, sum_around(squares, i, terms.reach), offset);
      const F16 power = inverse_power(base, terms.exponent);
      store(powers + i, power);
      store(shares + i, load_some(dy + i, channels - i) * load_some(x + i, channels - i) * power / base);
    }
    for (Index i = 0; i < channels; i += 16) {
      const F16 others = slope * load_some(x + i, channels - i) * sum_around(shares, i, terms.reach);
      store_some(grad_input + r * channels + i, load_some(dy + i, channels - i) * load(powers + i) - others, channels - i);
    }
  }
}

/// exp(gain * (score - maximum)) of a row, zero beyond the tokens.
LANES F16 exponential(const float* scores, Index i, Index tokens, F16 gain, F16 maximum) {
  const F16 e = exp(gain * (load(scores + i) - maximum));
  return tokens - i >= 16 ? e : keep_where(first_lanes(tokens - i), e);
}

void score_softmax(const ScoreRows& shape, float gain, float* scores, float* statistics) {
  const F16 g = set(gain);
  for (Index r = 0; r < shape.rows; ++r) {
    float* s = scores + r * shape.row;
    const float maximum = largest(s, shape.tokens);
    const F16 top = set(maximum);
    F16 even = set(0.0f), odd = set(0.0f);
    Index i = 0;
    for (; i + 16 < shape.tokens; i += 32) {
      const F16 a = exponential(s, i, shape.tokens, g, top), b = exponential(s, i + 16, shape.tokens, g, top);
      store(s + i, a), store(s + i + 16, b);
      even = even + a, odd = odd + b;
    }
    for (; i < shape.row; i += 16) {
      const F16 a = exponential(s, i, shape.tokens, g, top);
      store(s + i, a);
      even = even + a;
    }
    const float inverse = 1.0f / sum_lanes(even + odd);
    statistics[2 * r] = maximum;
    statistics[2 * r + 1] = inverse;
    map(s, s, shape.row, [f = set(inverse)](F16 x) { return x * f; });
  }
}

void score_softmax_again(const ScoreRows& shape, float gain, const float* statistics, float* scores) {
  const F16 g = set(gain);
  for (Index r = 0; r < shape.rows; ++r) {
    float* s = scores + r * shape.row;
    const F16 top = set(statistics[2 * r]), inverse = set(statistics[2 * r + 1]);
#pragma GCC unroll 2
    for (Index i = 0; i < shape.row; i += 16) store(s + i, exponential(s, i, shape.tokens, g, top) * inverse);
  }
}

void score_softmax_grad(const ScoreRows& shape, float gain, const float* probability, const float* dropped, float* grad) {
  const F16 g = set(gain);
  for (Index r = 0; r < shape.rows; ++r) {
    const float *p = probability + r * shape.row, *d = dropped + r * shape.row;
    float* ds = grad + r * shape.row;
    const F16 sum = set(chained_sum(
        shape.tokens, [=](Index i, Index m) __attribute__((always_inline)) { return load_some(d + i, m) * load_some(ds + i, m); }));
    Index i = 0;
    for (; i + 16 <= shape.tokens; i += 16) store(ds + i, g * fnma(load(p + i), sum, load(d + i) * load(ds + i)));
    for (; i < shape.row; i += 16)
      store(ds + i, keep_where(first_lanes(shape.tokens - i), g * fnma(load(p + i), sum, load(d + i) * load(ds + i))));
  }
}

template <class T>
void fill(StorageKernels<T>& kernels) {
  kernels.layer_norm = layer_norm<T>;
  kernels.layer_norm_grad = layer_norm_grad<T>;
  kernels.layer_norm_parameter_grads = layer_norm_parameter_grads<T>;
  kernels.response_norm = response_norm<T>;
  kernels.response_norm_grad = response_norm_grad<T>;
}

}  // namespace

void fill_row_norms(VectorKernels& table) {
  fill(table.f32);
  fill(table.b16);
  table.attention = {score_softmax, score_softmax_again, score_softmax_grad};
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
