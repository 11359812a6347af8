#include "suite/kernels/direct_bf16_convolution.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "suite/kernels/plain_gradient_convolution.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::kernels {

namespace {

constexpr std::int64_t kRows = Bf16DirectKernels::kRows, kColumns = Bf16DirectKernels::kColumns;
/// Words of a sum taken at a time: those of 32 columns then fill two thirds of a first-level cache.
constexpr std::int64_t kDepth = 256;

std::size_t bytes(std::int64_t values, std::size_t each) {
  return aligned(static_cast<std::size_t>(values) * each);
}
std::int64_t round_up(std::int64_t n, std::int64_t unit) {
  return (n + unit - 1) / unit * unit;
}

// Legend, beyond that of convolution.hpp: planes are padded ones; a place is an output position of a sample, counted over samples, rows,
// columns.
//   forward    products [places, K], summed over windows, which are R runs of S C values of the input
//   input      of each tap, products [places, C] of grad_output and the tap's weights, added to the plane where the tap reads it
//   weight     sums over places of grad_output and input, both in words of two samples; 12 filters and 32 channels of all taps at a time
class DirectBf16Convolution final : public PlainGradientConvolution {
 public:
  DirectBf16Convolution(const ConvolutionShape& s, bool has_bias, bool wants_grad_input)
      : PlainGradientConvolution(s, Precision::bf16, has_bias, wants_grad_input),
        height_(s.height + 2 * s.padding),
        width_(s.width + 2 * s.padding),
        each_(s.out_height() * s.out_width()),
        places_(s.samples * each_),
        taps_(s.filter_height * s.filter_width) {
    const std::int64_t rows = round_up(places_, kRows);
    for (std::int64_t i = 0; i < rows; ++i) {
      // Rows that fill up the last twelve read the first place again and leave their sums behind the others.
      const bool real = i < places_;
      const std::int64_t n = i / each_, y = i % each_ / s.out_width() * s.stride, x = i % s.out_width() * s.stride;
      const std::int64_t position = (n * height_ + y) * width_ + x;
      window_at_.push_back(real ? position * s.in_channels : 0);
      sum_at_.push_back((real ? position : s.samples * height_ * width_) * s.in_channels);
      grad_at_.push_back(real ? i * s.filters : 0);
      product_at_.push_back(i * s.filters);
      if (i < pairs() * each_) words_at_.push_back(2 * kColumns * position);
    }
  }

  std::size_t packed_bytes() const override { return (wants_grad_input_ ? 2 : 1) * weight_bytes(); }
  std::size_t scratch_bytes() const override {
    const std::size_t forward = padded_bytes() + bytes(round_up(places_, kRows) * shape_.filters, sizeof(float));
    const std::size_t input = bytes((shape_.samples * height_ + shape_.filter_height) * width_ * shape_.in_channels, sizeof(float));
    const std::size_t weight = grad_words_bytes() + words_bytes() + bytes(taps_ * kRows * kColumns, sizeof(float));
    const std::size_t bias = bytes(2 * shape_.filters, sizeof(double));
    return std::max({forward, wants_grad_input_ ? input : 0, weight, bias});
  }

  void pack(const float* weight, std::byte* packed) const override {
    for (std::int64_t part = 0; part < packing_parts(); ++part) pack_part(weight, part, packed);
  }
  std::int64_t packing_parts() const override { return (shape_.filters + (wants_grad_input_ ? shape_.in_channels : 0)) / kColumns; }

  /// Of the forward product [32 filters][tap][pair of channels][32 words], then of that for the input [32 channels][tap][pair of
  /// filters][32 words].
  void pack_part(const float* weight, std::int64_t part, std::byte* packed) const override {
    const std::int64_t channels = shape_.in_channels, filters = shape_.filters, filter = channels * taps_, k = part * kColumns;
    if (k < filters) {
      auto* words = reinterpret_cast<bf16*>(packed) + k * filter;
      for (std::int64_t c = 0; c < channels; c += 2)
        kernels_.pair_weights(weight + k * filter + c * taps_, filter, taps_, taps_, words + c * kColumns, channels * kColumns);
      return;
    }
    const std::int64_t c = k - filters;
    auto* words = reinterpret_cast<bf16*>(packed + weight_bytes()) + c * taps_ * filters;
    for (std::int64_t of = 0; of < filters; of += 2)
      kernels_.pair_weights(weight + of * filter + c * taps_, taps_, filter, taps_, words + of * kColumns, filters * kColumns);
  }

  void forward(const void* input, const std::byte* packed, const float* bias, void* output, std::byte* scratch) const override {
    const bf16* plane = padded(static_cast<const bf16*>(input), scratch);
    auto* products = reinterpret_cast<float*>(scratch + padded_bytes());
    const std::int64_t channels = shape_.in_channels, filters = shape_.filters, run = shape_.filter_width * channels;
    if (has_bias_)
      vector_kernels().f32.broadcast_rows(bias, 1.0F, places_, filters, products);
    else
      std::fill_n(products, places_ * filters, 0.0F);
    for (std::int64_t r = 0; r < shape_.filter_height; ++r)
      in_pieces(run, [&](std::int64_t at, std::int64_t depth) {
        for (std::int64_t k = 0; k < filters; k += kColumns)
          kernels_.add_rows({rows(), window_at_.data(), product_at_.data(), depth}, plane + r * width_ * channels + at,
                            forward_words(packed) + k * channels * taps_ + (r * run + at) * kColumns, products + k);
      });
    vector_kernels().b16.from_float(products, static_cast<bf16*>(output), places_ * filters);
  }

  void backward_input(const void* grad_output, const std::byte* packed, void* grad_input, std::byte* scratch) const override {
    auto* sums = reinterpret_cast<float*>(scratch);
    const std::int64_t channels = shape_.in_channels, filters = shape_.filters;
    std::fill_n(sums, shape_.samples * height_ * width_ * channels, 0.0F);
    // Of one row of taps and 32 channels, sums and weights stay in the second-level cache.
    for (std::int64_t r = 0; r < shape_.filter_height; ++r)
      for (std::int64_t c = 0; c < channels; c += kColumns)
        for (std::int64_t s = 0; s < shape_.filter_width; ++s)
          in_pieces(filters, [&](std::int64_t at, std::int64_t depth) {
            kernels_.add_rows({rows(), grad_at_.data(), sum_at_.data(), depth}, static_cast<const bf16*>(grad_output) + at,
                              input_words(packed) + (c * taps_ + (r * shape_.filter_width + s) * kColumns) * filters + at * kColumns,
                              sums + (r * width_ + s) * channels + c);
          });
    for_each_row([&](std::int64_t row, std::int64_t in_plane) {
      vector_kernels().b16.from_float(sums + in_plane * channels, static_cast<bf16*>(grad_input) + row * channels, shape_.width * channels);
    });
  }

  void backward_weight_packed(const void* input, const void* grad_output, float* packed_gradient, std::byte* scratch) const override {
    auto* grads = reinterpret_cast<bf16*>(scratch);
    auto* words = reinterpret_cast<bf16*>(scratch + grad_words_bytes());
    auto* sums = reinterpret_cast<float*>(scratch + grad_words_bytes() + words_bytes());
    const std::int64_t channels = shape_.in_channels, filters = shape_.filters, places = pairs() * each_;
    pair_gradients(static_cast<const bf16*>(grad_output), grads);
    for (std::int64_t c = 0; c < channels; c += kColumns) {
      pair_inputs(static_cast<const bf16*>(input) + c, words);
      for (std::int64_t k = 0; k < filters; k += kRows) {
        const std::int64_t count = std::min(kRows, filters - k);
        for (std::int64_t t = 0; t < taps_; ++t) {
          const std::int64_t tap_at = t / shape_.filter_width * width_ + t % shape_.filter_width;
          kernels_.multiply_places(count, places, words_at_.data(), grads + 2 * k * places, words + 2 * tap_at * kColumns,
                                   sums + t * kRows * kColumns);
        }
        for (std::int64_t i = 0; i < count; ++i)
          kernels_.put_taps(sums + i * kColumns, kRows * kColumns, taps_, packed_gradient + ((k + i) * channels + c) * taps_);
      }
    }
  }

 private:
  std::int64_t rows() const { return static_cast<std::int64_t>(window_at_.size()); }
  std::int64_t pairs() const { return (shape_.samples + 1) / 2; }
  std::size_t weight_bytes() const { return bytes(weights(), sizeof(bf16)); }
  std::size_t padded_bytes() const {
    return shape_.padding > 0 ? bytes(shape_.samples * height_ * width_ * shape_.in_channels, sizeof(bf16)) : 0;
  }
  std::size_t grad_words_bytes() const { return bytes(2 * pairs() * each_ * round_up(shape_.filters, kRows), sizeof(bf16)); }
  std::size_t words_bytes() const { return bytes(2 * pairs() * height_ * width_ * kColumns, sizeof(bf16)); }
  const bf16* forward_words(const std::byte* packed) const { return reinterpret_cast<const bf16*>(packed); }
  const bf16* input_words(const std::byte* packed) const { return reinterpret_cast<const bf16*>(packed + weight_bytes()); }

  /// Calls piece(first value, words) along a sum of `values` terms, in pieces of about the same length.
  template <class Piece>
  static void in_pieces(std::int64_t values, Piece piece) {
    const std::int64_t words = values / 2, pieces = (words + kDepth - 1) / kDepth, each = (words + pieces - 1) / pieces;
    for (std::int64_t at = 0; at < words; at += each) piece(2 * at, std::min(each, words - at));
  }

  /// Calls body(row of the input, its first position in the padded planes), both counted in positions.
  template <class Body>
  void for_each_row(Body body) const {
    for (std::int64_t n = 0; n < shape_.samples; ++n)
      for (std::int64_t y = 0; y < shape_.height; ++y)
        body((n * shape_.height + y) * shape_.width, (n * height_ + y + shape_.padding) * width_ + shape_.padding);
  }

  const bf16* padded(const bf16* input, std::byte* room) const {
    if (shape_.padding == 0) return input;
    std::memset(room, 0, padded_bytes());
    auto* plane = reinterpret_cast<bf16*>(room);
    for_each_row([&](std::int64_t row, std::int64_t in_plane) {
      std::copy_n(input + row * shape_.in_channels, shape_.width * shape_.in_channels, plane + in_plane * shape_.in_channels);
    });
    return plane;
  }

  /// [12 filters][pair of places][12 words]
  void pair_gradients(const bf16* grad_output, bf16* words) const {
    const std::int64_t filters = shape_.filters, places = pairs() * each_;
    for (std::int64_t i = 0; i < places; ++i) {
      const std::int64_t n = 2 * (i / each_), low = (n * each_ + i % each_) * filters;
      const bf16* high = n + 1 < shape_.samples ? grad_output + low + each_ * filters : nullptr;
      for (std::int64_t k = 0; k < filters; k += kRows)
        join(grad_output + low + k, high == nullptr ? nullptr : high + k, std::min(kRows, filters - k),
             words + 2 * (k * places + i * kRows));
    }
  }

  static void join(const bf16* first, const bf16* second, std::int64_t n, bf16* words) {
    bf16_kernels()->pairs.join_rows(first, second, n, reinterpret_cast<std::uint32_t*>(words));
  }

  /// [pair of samples][padded plane][32 words] of 32 channels from the one that `input` points at.
  void pair_inputs(const bf16* input, bf16* words) const {
    if (shape_.padding > 0) std::memset(words, 0, words_bytes());
    const std::int64_t channels = shape_.in_channels, plane = shape_.height * shape_.width * channels;
    for (std::int64_t n = 0; n < shape_.samples; n += 2)
      for (std::int64_t y = 0; y < shape_.height; ++y)
        for (std::int64_t x = 0; x < shape_.width; ++x) {
          const bf16* low = input + n * plane + (y * shape_.width + x) * channels;
          const std::int64_t position = (n / 2 * height_ + y + shape_.padding) * width_ + x + shape_.padding;
          join(low, n + 1 < shape_.samples ? low + plane : nullptr, kColumns, words + 2 * position * kColumns);
        }
  }

  const Bf16DirectKernels& kernels_ = bf16_kernels()->direct;
  std::int64_t height_, width_;  ///< padded
  std::int64_t each_, places_;   ///< of a sample, of all
  std::int64_t taps_;
  // Of each place, places filled up to a multiple of 12: where its window, its sum of grad_input, its gradient and its output begin, in
  // values.
  std::vector<std::int64_t> window_at_, sum_at_, grad_at_, product_at_;
  std::vector<std::int64_t> words_at_;  ///< of each pair of places, its first window position
};

}  // namespace

bool offers_direct_bf16(const ConvolutionShape& s) {
  return bf16_kernels() != nullptr && s.groups == 1 && s.in_channels % kColumns == 0 && s.filters % kColumns == 0;
}

std::unique_ptr<Convolution> make_direct_bf16_convolution(const ConvolutionShape& shape, bool has_bias, bool wants_grad_input) {
  return std::make_unique<DirectBf16Convolution>(shape, has_bias, wants_grad_input);
}

}  // namespace reprise::kernels
