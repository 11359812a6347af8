#pragma once
// Own vector kernels: everything that oneDNN does not do for us, for channels-last data in float32 or bfloat16.
//
// One table of function pointers per instruction set; the table is chosen once, at the first call of vector_kernels().
// Arithmetic is float32 (sums over many values: double) with explicit fused multiply-adds in blocks of 16 lanes, whatever the width of the
// registers, and every sum has one fixed order. So a result depends on its arguments alone: not on threads, alignment, aliasing or, for
// these kernels, the instruction set.
//
// Legend: N samples, H, W positions, C channels, P, Q output positions, K classes. Arrays are contiguous, channels fastest.
// Unless a line says otherwise an output may be the same array as an input of the same type, and nothing is added to.

#include <cstdint>
#include <string_view>

#include "suite/kernels/vector/attention_kernels.hpp"
#include "suite/kernels/vector/capsule_kernels.hpp"
#include "suite/kernels/vector/direct_bf16_kernels.hpp"
#include "suite/kernels/vector/panel_kernels.hpp"
#include "suite/kernels/vector/winograd_kernels.hpp"

namespace reprise::kernels {

/// bfloat16 storage: the upper half of a float32, rounded to nearest even.
using bf16 = std::uint16_t;

enum class Rule { gradient = 0, deconvnet = 1, guided = 2 };

/// Geometry of windows over one sample: input [H, W, C], output [P, Q, C].
/// Window (p, q) covers rows p*stride - padding + [0, window), clipped to the input.
struct WindowGeometry {
  std::int64_t height = 1, width = 1, channels = 1;
  std::int64_t out_height = 1, out_width = 1;
  std::int64_t window_height = 1, window_width = 1, stride = 1, padding = 0;
  bool counts_padding = false;  ///< average pooling divides by the whole window, not by the cells inside the input

  /// No input cell belongs to two windows.
  bool disjoint() const { return stride >= window_height && stride >= window_width; }
};

/// A Philox stream: key, and the counter whose word 0 is the block number of the first draw. Draws are taken in groups of 16 blocks: word w
/// of block 16*g + b is word 16*w + b of group g, and the 16-bit draw e of a group is half e%2 (low first) of its word e/2.
struct MaskStream {
  std::uint32_t key[2];
  std::uint32_t counter[4];
};

/// How the channels of a position compete (Journé et al. 2023, arXiv 2209.11883).
struct Competition {
  float inverse_temperature = 1;
  bool soft = true;            ///< softmax; else all to the first maximum
  bool losers_unlearn = true;  ///< the response of every channel but the winner is negative
};

/// Local response normalisation of a row: input * (offset + factor * sum of the squares up to `reach` channels away)^-exponent.
struct ResponseTerms {
  std::int64_t reach = 2;  ///< at most 16
  float offset = 2, factor = 1e-4f, exponent = 0.75f;
};

/// Floats of three rows with zeros around them.
constexpr std::int64_t response_scratch(std::int64_t channels) {
  return 3 * ((channels + 15) / 16 * 16 + 32);
}

/// Kernels for values stored as T (float or bf16).
template <class T>
struct StorageKernels {
  // Elementwise over n values.
  void (*relu)(const T* input, T* output, std::int64_t n);
  void (*relu_grad)(const T* output, const T* grad_output, T* grad_input, std::int64_t n, Rule rule);
  void (*logistic)(const T* input, T* output, std::int64_t n);
  void (*logistic_grad)(const T* output, const T* grad_output, T* grad_input, std::int64_t n);
  void (*tanh)(const T* input, T* output, std::int64_t n);
  void (*tanh_grad)(const T* output, const T* grad_output, T* grad_input, std::int64_t n);
  /// input * Phi(input), Phi the standard normal distribution; its gradient reads the input.
  void (*gelu)(const T* input, T* output, std::int64_t n);
  void (*gelu_grad)(const T* input, const T* grad_output, T* grad_input, std::int64_t n);
  void (*add)(const T* a, const T* b, T* output, std::int64_t n);
  void (*scale)(const T* input, float factor, T* output, std::int64_t n);
  void (*to_float)(const T* input, float* output, std::int64_t n);
  void (*from_float)(const float* input, T* output, std::int64_t n);

  // Random factors of one sample of n values.
  /// output = draw e < threshold ? input * kept : 0, draw e in [0, 65536).
  void (*dropout)(const T* input, T* output, std::int64_t n, const MaskStream& stream, std::uint32_t threshold, float kept);
  /// output = input * (1 + deviation * normal e). Box-Muller: words (32-word halves of a group) 0 and 1, and 2 and 3, of a block
  /// give normals 0, 1 and 2, 3; normal w of block 16*g + b is normal 64*g + 16*w + b of the sample.
  void (*gaussian_noise)(const T* input, T* output, std::int64_t n, const MaskStream& stream, float deviation);

  // Rows of C channels; where there is a pitch, rows of that array begin so many values apart, and there must be at least C.
  /// output = (input - center) * scale + shift per channel, then ReLU if asked.
  void (*affine)(const T* input, std::int64_t pitch, T* output, std::int64_t rows, std::int64_t channels, const float* center,
                 const float* scale, const float* shift, bool relu);
  /// sum[c], square[c] (overwritten): sums of input, by 16 in float32 and then in double, and of its square, in double, over the rows.
  void (*sums)(const T* input, std::int64_t rows, std::int64_t channels, double* sum, double* square);
  /// sum[c] of grad_output and product[c] of grad_output * (input - mean) * inverse_deviation over the rows.
  void (*grad_sums)(const T* grad_output, const T* input, std::int64_t pitch, std::int64_t rows, std::int64_t channels, const float* mean,
                    const float* inverse_deviation, double* sum, double* product);
  /// grad_input = a * grad_output + (b * (input - mean) + c) per channel.
  void (*norm_grad)(const T* grad_output, const T* input, std::int64_t pitch, T* grad_input, std::int64_t rows, std::int64_t channels,
                    const float* mean, const float* a, const float* b, const float* c);
  /// into += from, per row.
  void (*add_rows)(T* into, std::int64_t pitch, const T* from, std::int64_t rows, std::int64_t channels);
  /// output[c] = factor * sum over the rows.
  void (*column_sum)(const T* input, std::int64_t rows, std::int64_t channels, float factor, T* output);
  /// output[row][c] = factor * input[c].
  void (*broadcast_rows)(const T* input, float factor, std::int64_t rows, std::int64_t channels, T* output);
  /// output = max(input - mean over the channels of the row, 0)^power.
  void (*triangle)(const T* input, T* output, std::int64_t rows, std::int64_t channels, float power);
  void (*triangle_grad)(const T* output, const T* grad_output, T* grad_input, std::int64_t rows, std::int64_t channels, float power);
  /// output = softmax over the channels of the row of gain * input.
  void (*softmax)(const T* input, T* output, std::int64_t rows, std::int64_t channels, float gain);
  void (*softmax_grad)(const T* output, const T* grad_output, T* grad_input, std::int64_t rows, std::int64_t channels, float gain);
  /// output = gamma * (input - mean) * inverse_deviation + beta, both of the row; statistics [rows, 2] (overwritten) are these two.
  void (*layer_norm)(const T* input, std::int64_t rows, std::int64_t channels, const float* gamma, const float* beta, float epsilon,
                     T* output, float* statistics);
  void (*layer_norm_grad)(const T* input, const T* grad_output, std::int64_t rows, std::int64_t channels, const float* gamma,
                          const float* statistics, T* grad_input);
  /// grad_gamma, grad_beta [C]: sums over the rows of grad_output times the normalised input, and of grad_output.
  void (*layer_norm_parameter_grads)(const T* input, const T* grad_output, std::int64_t rows, std::int64_t channels,
                                     const float* statistics, float* grad_gamma, float* grad_beta);
  /// Windows end at the ends of the row. scratch [response_scratch(channels)].
  void (*response_norm)(const T* input, std::int64_t rows, std::int64_t channels, const ResponseTerms& terms, T* output, float* scratch);
  void (*response_norm_grad)(const T* input, const T* grad_output, std::int64_t rows, std::int64_t channels, const ResponseTerms& terms,
                             T* grad_input, float* scratch);
  /// response = the response of each channel of a row in a competition: its softmax, or 1 for the winner and 0 for the others, negative
  /// where losers unlearn. Responses below 2^-100 are stored as zero. moments[c] (added to) of response * input over the rows.
  /// scratch [C]. response must not overlap input.
  void (*compete)(const T* input, std::int64_t rows, std::int64_t channels, const Competition& terms, T* response, double* moments,
                  float* scratch);

  // Windows over one sample; outputs must not overlap inputs. `sums` [H, W, C] is float32 scratch, needed unless the windows are
  // disjoint; it may be grad_input itself when T is float.
  /// argmax: the winner's position in the window, row * window_width + column, one byte each; null if not wanted.
  void (*max_pool)(const T* input, const WindowGeometry& geometry, T* output, std::uint8_t* argmax);
  void (*max_pool_grad)(const T* grad_output, const std::uint8_t* argmax, const WindowGeometry& geometry, T* grad_input, float* sums);
  void (*average_pool)(const T* input, const WindowGeometry& geometry, T* output);
  void (*average_pool_grad)(const T* grad_output, const WindowGeometry& geometry, T* grad_input, float* sums);
  /// output[c] and the row of the first maximum (rows at most 65536); argmax may be null.
  void (*global_max)(const T* input, std::int64_t rows, std::int64_t channels, T* output, std::uint16_t* argmax);
  void (*global_max_grad)(const T* grad_output, const std::uint16_t* argmax, std::int64_t rows, std::int64_t channels, T* grad_input);
  /// output = maximum + t * log(S / n), S = sum exp((input - maximum) / t); log S instead unless subtract_count.
  /// temperature [C]. maximum and total (S), both [P, Q, C], are what the gradient needs; both null if not wanted.
  void (*log_avg_exp)(const T* input, const WindowGeometry& geometry, const float* temperature, bool subtract_count, T* output,
                      float* maximum, float* total);
  /// grad_input: null if not wanted. grad_tau[c] (added to, double; null if not wanted): sum of grad_output * (output - sum p * input).
  void (*log_avg_exp_grad)(const T* input, const T* grad_output, const float* maximum, const float* total, const WindowGeometry& geometry,
                           const float* temperature, bool subtract_count, T* grad_input, float* sums, double* grad_tau);

  // Losses of one sample of K values; each returns the loss. grad (null if not wanted) = grad_scale * gradient.
  /// Target (1 - smoothing) * one_hot(label) + smoothing / K. prediction: the first maximum; null if not wanted.
  double (*softmax_cross_entropy)(const T* logits, std::int64_t classes, std::int64_t label, float smoothing, float grad_scale, T* grad,
                                  std::int32_t* prediction);
  /// Target: a distribution over the classes, in float.
  double (*soft_target_cross_entropy)(const T* logits, const float* target, std::int64_t classes, float grad_scale, T* grad,
                                      std::int32_t* prediction);
  /// Mean of (value - target)^2 / 2.
  double (*squared_error)(const T* value, const T* target, std::int64_t n, float grad_scale, T* grad);
  /// Mean of log(1 + exp(value)) - target * value.
  double (*logistic_cross_entropy)(const T* value, const T* target, std::int64_t n, float grad_scale, T* grad);
  /// Index of the first maximum.
  std::int32_t (*first_maximum)(const T* value, std::int64_t n);

  TileKernels<T> tiles;  ///< of minimal filtering
};

/// What an update adds to the gradient, and how fast it goes.
struct UpdateTerms {
  float rate = 0;
  float momentum = 0;                                   ///< sgd
  bool nesterov = false;                                ///< sgd
  float weight_decay = 0;                               ///< gradient += weight_decay * w; adamw: w -= rate * weight_decay * w instead
  float l1 = 0;                                         ///< gradient += l1 * sign(w)
  float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;  ///< adam
  float correction1 = 1, correction2 = 1;               ///< adam: 1 - beta^step
  bool decoupled = false;                               ///< adamw
  float lookahead = -1;                                 ///< of this step: weight of the slow copy; negative: no Lookahead
  bool freezes = false;                                 ///< the recipe's frozen parameters do not train any more
};

struct VectorKernels {
  const char* isa = "";  ///< "avx2" or "avx512"
  StorageKernels<float> f32;
  StorageKernels<bf16> b16;
  PanelKernels panels;
  WinogradKernels winograd;
  CapsuleKernels capsules;
  AttentionKernels attention;

  /// a += b. The order in which a tree calls it is the caller's.
  void (*accumulate)(float* a, const float* b, std::int64_t n);
  void (*accumulate_double)(double* a, const double* b, std::int64_t n);
  bool (*all_finite)(const float* values, std::int64_t n);
  void (*clamp)(float* values, std::int64_t n, float lower, float upper);
  /// g = gradient + decay terms; velocity = momentum * velocity + g; w -= rate * (nesterov ? g + momentum * velocity : velocity).
  void (*sgd)(float* weight, const float* gradient, float* velocity, std::int64_t n, const UpdateTerms& terms);
  /// first, second = running means of g and g^2; w -= rate * (first / correction1) / (sqrt(second / correction2) + epsilon).
  void (*adam)(float* weight, const float* gradient, float* first, float* second, std::int64_t n, const UpdateTerms& terms);
  /// Scales each row of weight [rows, length] with a larger Euclidean norm down to `bound`.
  void (*max_norm)(float* weight, std::int64_t rows, std::int64_t length, float bound);
  /// change -= moment * weight; returns the largest |change|, or NaN if one is not finite.
  float (*plastic_change)(float* change, const float* weight, float moment, std::int64_t n);
  /// weight += factor * change.
  void (*add_scaled)(float* weight, const float* change, float factor, std::int64_t n);
  double (*square_sum)(const float* values, std::int64_t n);
  // Weights [rows, columns], both multiples of 16, to and from a blocked format. Tile t (row tiles outer) starts at offsets[t]; its
  // column j, 16 rows side by side, is at j * stride, or as bf16 pairs of columns (2j, 2j + 1), row by row, at j * stride.
  void (*pack_tiles)(const float* plain, std::int64_t rows, std::int64_t columns, const std::int32_t* offsets, std::int64_t stride,
                     float* packed);
  void (*unpack_tiles)(const float* packed, std::int64_t rows, std::int64_t columns, const std::int32_t* offsets, std::int64_t stride,
                       float* plain);
  void (*pack_tiles_bf16)(const float* plain, std::int64_t rows, std::int64_t columns, const std::int32_t* offsets, std::int64_t stride,
                          bf16* packed);
  /// Words of groups first_group .. first_group + groups - 1 of a stream, 64 words a group in the order of MaskStream.
  void (*philox)(const MaskStream& stream, std::uint32_t first_group, std::int64_t groups, std::uint32_t* words);
  /// exp, natural logarithm (positive, normal, finite input) of n floats: the polynomials the other kernels use.
  void (*exp)(const float* input, float* output, std::int64_t n);
  void (*log)(const float* input, float* output, std::int64_t n);

  template <class T>
  const StorageKernels<T>& of() const;
};

template <>
inline const StorageKernels<float>& VectorKernels::of<float>() const {
  return f32;
}
template <>
inline const StorageKernels<bf16>& VectorKernels::of<bf16>() const {
  return b16;
}

/// What multiplies bfloat16.
struct Bf16Kernels {
  PairKernels pairs;
  Bf16WinogradKernels winograd;
  Bf16DirectKernels direct;
};

/// The best table this processor runs, or the one named by the environment variable REPRISE_ISA ("avx2", "avx512").
/// Throws InputError for another name or an instruction set that this processor lacks.
const VectorKernels& vector_kernels();

/// Null unless that table is "avx512" and this processor multiplies bfloat16.
const Bf16Kernels* bf16_kernels();

/// The table of one instruction set; null if this processor lacks it.
const VectorKernels* vector_kernels_for(std::string_view isa);

}  // namespace reprise::kernels
