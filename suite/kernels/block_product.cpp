#include "suite/kernels/block_product.hpp"

#include <algorithm>
#include <type_traits>

#include "suite/kernels/onednn/library.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::kernels {

namespace {

constexpr std::int64_t kLanes = 16, kPair = 2 * kLanes;  ///< columns of a panel, and of those a product takes together
constexpr std::int64_t kDepth = kDepthOfPanel;           ///< words of a sum whose two panels fit the first-level cache
constexpr std::int64_t kColumns = 256;                   ///< of a weight that are copied together
constexpr std::int64_t kGradientRows = 24;               ///< of a weight that are finished together
/// Rows a multiple of 1 KiB apart share a few cache sets.
constexpr std::int64_t kCrowdedFloats = 256;

std::uint32_t* pairs(float* words) {
  return reinterpret_cast<std::uint32_t*>(words);
}

FetchAhead lines_of(const float* first, std::int64_t rows, std::int64_t row, std::int64_t columns) {
  const std::int64_t lines = columns / kLanes;
  return {first, lines == 0 ? 0 : rows, row, lines};
}

/// Words of `values` values each; words of pairs move as floats.
void multiply(std::int64_t values, const PanelProduct& p, const float* left, const float* right, float* product) {
  if (values == 1)
    vector_kernels().panels.multiply(p, left, right, product);
  else
    bf16_kernels()->pairs.multiply(p, reinterpret_cast<const bf16*>(left), reinterpret_cast<const bf16*>(right), product);
}

/// The same where rows of the product follow each other without a gap: those of the last panel that is not whole go through a room of its
/// own.
void multiply_densely(std::int64_t values, PanelProduct p, const float* left, const float* right, float* product, float* last_panel) {
  const std::int64_t whole = p.columns / kLanes * kLanes, rest = p.columns - whole, row = p.product_row;
  p.columns = whole;
  multiply(values, p, left, right, product);
  if (rest == 0) return;
  p.columns = p.product_row = kLanes;
  multiply(values, p, left, right + whole / kLanes * p.right_panel, last_panel);
  for (std::int64_t r = 0; r < p.rows; ++r) std::copy_n(last_panel + r * kLanes, rest, product + r * row + whole);
}

/// Words to read: the values themselves, or widened into `room`.
const float* as_words(const float* values, std::int64_t, std::int64_t, float*) {
  return values;
}
const float* as_words(const bf16* values, std::int64_t count, std::int64_t of_word, float* room) {
  if (of_word == 2) return reinterpret_cast<const float*>(values);
  vector_kernels().b16.to_float(values, room, count);
  return room;
}

/// A row of a weight as float32, rounded to bfloat16 if asked; n is at most kColumns.
void copy_weights(const float* weight, std::int64_t n, bool rounds, float* to) {
  if (!rounds) {
    std::copy_n(weight, n, to);
    return;
  }
  bf16 halves[kColumns];
  vector_kernels().b16.from_float(weight, halves, n);
  vector_kernels().b16.to_float(halves, to, n);
}

}  // namespace

BlockProduct::BlockProduct(std::int64_t samples, std::int64_t in_features, std::int64_t out_features, std::int64_t max_rows,
                           Precision precision)
    : samples_(samples), in_features_(in_features), out_features_(out_features), max_rows_(max_rows), precision_(precision) {
  // As convolutions: where oneDNN is pinned below these units, nothing uses them. Pairs lie side by side in a row of an even number of
  // values only.
  values_ =
      precision == Precision::bf16 && onednn::has_bf16_units() && bf16_kernels() != nullptr && in_features % 2 == 0 && out_features % 2 == 0
          ? 2
          : 1;
}

std::size_t BlockProduct::scratch_bytes() const {
  const std::int64_t row = spread_row(max_rows_);
  const std::int64_t forward = kPair * kDepth + samples_ * row + samples_ * in_features_;
  const std::int64_t weight = words(samples_) * (row + spread_row(in_features_)) + kGradientRows * (kLanes + in_features_);
  const std::int64_t input = max_rows_ * spread_row(kColumns) + samples_ * kLanes;
  return aligned(static_cast<std::size_t>(std::max(forward, row + samples_ * row + std::max(weight, input))) * sizeof(float));
}

void BlockProduct::forward(const void* input, const float* weight, const float* bias, std::int64_t rows, void* output,
                           std::byte* scratch) const {
  float* room = reinterpret_cast<float*>(scratch);
  if (precision_ == Precision::f32)
    forward_of(static_cast<const float*>(input), weight, bias, rows, static_cast<float*>(output), room);
  else
    forward_of(static_cast<const bf16*>(input), weight, bias, rows, static_cast<bf16*>(output), room);
}

void BlockProduct::backward(const void* input, const void* grad_output, const float* weight, std::int64_t rows, float* partial,
                            float* grad_bias, const RowsDone& rows_done, const float* state, std::byte* scratch) const {
  float* room = reinterpret_cast<float*>(scratch);
  if (precision_ == Precision::f32)
    backward_of(static_cast<const float*>(input), static_cast<const float*>(grad_output), weight, rows, partial, grad_bias, rows_done,
                state, room);
  else
    backward_of(static_cast<const bf16*>(input), static_cast<const bf16*>(grad_output), weight, rows, partial, grad_bias, rows_done, state,
                room);
}

template <class T>
void BlockProduct::forward_of(const T* input, const float* weight, const float* bias, std::int64_t rows, T* output, float* scratch) const {
  const VectorKernels& kernels = vector_kernels();
  const std::int64_t row = spread_row(rows), depth = words(in_features_);
  float* panels = scratch;
  float* products = panels + kPair * kDepth;
  const float* inputs = as_words(input, samples_ * in_features_, values_, products + samples_ * row);
  for (std::int64_t d = 0; d < depth; d += kDepth)
    for (std::int64_t r = 0; r < rows; r += kPair) {
      PanelProduct product{.rows = samples_,
                           .columns = std::min(kPair, rows - r),
                           .depth = std::min(kDepth, depth - d),
                           .left_row = depth,
                           .left_depth = 1,
                           .right_panel = 0,
                           .right_depth = kLanes,
                           .product_row = row,
                           .adds = d > 0};
      product.right_panel = product.depth * kLanes;
      if (r + kPair < rows)
        product.ahead = lines_of(weight + (r + kPair) * in_features_ + d * values_, std::min(kPair, rows - r - kPair), in_features_,
                                 product.depth * values_);
      else if (d + kDepth < depth)
        product.ahead =
            lines_of(weight + (d + kDepth) * values_, std::min(kPair, rows), in_features_, std::min(kDepth, depth - d - kDepth) * values_);
      const float* from = weight + r * in_features_ + d * values_;
      if (values_ == 2)
        bf16_kernels()->pairs.transpose(from, product.columns, product.depth * 2, in_features_, pairs(panels));
      else
        kernels.panels.transpose(from, product.columns, product.depth, in_features_, precision_ == Precision::bf16, panels);
      multiply(values_, product, inputs + d, panels, products + r);
    }
  for (std::int64_t n = 0; n < samples_; ++n) {
    float* sums = products + n * row;
    if (bias != nullptr) kernels.accumulate(sums, bias, rows);
    kernels.of<T>().from_float(sums, output + n * out_features_, rows);
  }
}

template <class T>
void BlockProduct::backward_of(const T* input, const T* grad_output, const float* weight, std::int64_t rows, float* partial,
                               float* grad_bias, const RowsDone& rows_done, const float* state, float* scratch) const {
  const VectorKernels& kernels = vector_kernels();
  const std::int64_t row = spread_row(rows);
  float* bias_sums = scratch;
  float* gradients = bias_sums + row;
  float* rest = gradients + samples_ * row;
  for (std::int64_t n = 0; n < samples_; ++n) {
    float* values = gradients + n * row;
    kernels.of<T>().to_float(grad_output + n * out_features_, values, rows);
    std::fill(values + rows, values + row, 0.0F);
  }
  if (partial != nullptr) {
    if (values_ == 2)
      input_gradient(reinterpret_cast<const float*>(grad_output), words(out_features_), weight, rows, partial, rest);
    else
      input_gradient(gradients, row, weight, rows, partial, rest);
  }
  if (!rows_done) return;
  if (grad_bias != nullptr) {
    kernels.f32.column_sum(gradients, samples_, row, 1.0F, bias_sums);
    std::copy_n(bias_sums, rows, grad_bias);
  }
  weight_gradient(input, grad_output, gradients, weight, rows, rows_done, state, rest);
}

void BlockProduct::input_gradient(const float* gradients, std::int64_t row, const float* weight, std::int64_t rows, float* partial,
                                  float* scratch) const {
  PanelProduct product{.rows = samples_,
                       .columns = in_features_,
                       .depth = words(rows),
                       .left_row = row,
                       .left_depth = 1,
                       .right_panel = kLanes,
                       .right_depth = in_features_,
                       .product_row = in_features_};
  const bool can_lie = precision_ == Precision::f32 && in_features_ % kLanes == 0;
  if (can_lie && in_features_ % kCrowdedFloats != 0) return multiply(1, product, gradients, weight, partial);
  float* last_panel = scratch;
  float* copy = last_panel + samples_ * kLanes;
  product.right_depth = spread_row(kColumns);
  for (std::int64_t d = 0; d < in_features_; d += kColumns) {
    product.columns = std::min(kColumns, in_features_ - d);
    for (std::int64_t w = 0; w < product.depth; ++w) {
      const float* from = weight + w * values_ * in_features_ + d;
      float* to = copy + w * product.right_depth;
      if (values_ == 2)
        bf16_kernels()->pairs.join_weights(from, from + in_features_, product.columns, pairs(to));
      else
        copy_weights(from, product.columns, precision_ == Precision::bf16, to);
    }
    const std::int64_t next = d + kColumns;
    product.ahead =
        next < in_features_ ? lines_of(weight + next, rows, in_features_, std::min(kColumns, in_features_ - next)) : FetchAhead{};
    multiply_densely(values_, product, gradients, copy, partial + d, last_panel);
  }
}

template <class T>
void BlockProduct::weight_gradient(const T* input, const T* grad_output, const float* gradients, const float* weight, std::int64_t rows,
                                   const RowsDone& rows_done, const float* state, float* scratch) const {
  const VectorKernels& kernels = vector_kernels();
  const std::int64_t depth = words(samples_), row = spread_row(rows), input_row = spread_row(in_features_);
  float* joined_gradients = scratch;
  float* inputs = joined_gradients + depth * row;
  float* last_panel = inputs + depth * input_row;
  float* gradient = last_panel + kGradientRows * kLanes;
  PanelProduct product{.rows = 0,
                       .columns = 0,
                       .depth = depth,
                       .left_row = 1,
                       .left_depth = row,
                       .right_panel = kLanes,
                       .right_depth = input_row,
                       .product_row = in_features_};
  const float* left = gradients;
  const float* right = inputs;
  if constexpr (std::is_same_v<T, bf16>) {
    if (values_ == 2) {
      left = joined_gradients;
      for (std::int64_t n = 0; n < samples_; n += 2) {
        const bool last = n + 1 == samples_;
        const T* x = input + n * in_features_;
        const T* g = grad_output + n * out_features_;
        bf16_kernels()->pairs.join_rows(x, last ? nullptr : x + in_features_, in_features_, pairs(inputs + n / 2 * input_row));
        bf16_kernels()->pairs.join_rows(g, last ? nullptr : g + out_features_, rows, pairs(joined_gradients + n / 2 * row));
      }
    }
  }
  if (values_ == 1) {
    if (std::is_same_v<T, float> && in_features_ % kLanes == 0) {
      right = reinterpret_cast<const float*>(input);
      product.right_depth = in_features_;
    } else {
      for (std::int64_t n = 0; n < samples_; ++n) kernels.of<T>().to_float(input + n * in_features_, inputs + n * input_row, in_features_);
    }
  }
  for (std::int64_t r = 0; r < rows; r += kGradientRows) {
    product.rows = std::min(kGradientRows, rows - r);
    // What the update of these rows will read: the weight with the first half of the columns, the state with the second.
    const std::int64_t half = in_features_ / (2 * kPair) * kPair, values = product.rows * in_features_;
    product.columns = half;
    product.ahead = lines_of(weight + r * in_features_, 1, values, values);
    multiply(values_, product, left + r, right, gradient);
    product.columns = in_features_ - half;
    product.ahead = state == nullptr ? FetchAhead{} : lines_of(state + r * in_features_, 1, values, values);
    multiply_densely(values_, product, left + r, right + half, gradient + half, last_panel);
    rows_done(r, product.rows, gradient);
  }
}

}  // namespace reprise::kernels
