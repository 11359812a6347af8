#include "suite/kernels/winograd_bf16_convolution.hpp"

#include <algorithm>

#include "suite/kernels/plain_gradient_convolution.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::kernels {

namespace {

constexpr std::int64_t kLanes = 16, kSide = 4, kStep = 2, kPoints = kSide * kSide, kArea = 9;
/// Bytes that the transformed tiles of one go may take, and how many tiles there are at least, so that filters and sums, which all of them
/// need, are read seldom.
constexpr std::int64_t kTileBytes = 768 * 1024, kMinTiles = 48, kMaxTiles = 192, kUnit = 12;

std::int64_t round_up(std::int64_t n, std::int64_t unit) {
  return (n + unit - 1) / unit * unit;
}
std::int64_t tiles_along(std::int64_t outputs) {
  return (outputs + kStep - 1) / kStep;
}
std::size_t bytes(std::int64_t values, std::size_t each) {
  return aligned(static_cast<std::size_t>(values) * each);
}

TilePlane plane_of(std::int64_t height, std::int64_t width, std::int64_t channels, std::int64_t padding, std::int64_t outputs_down,
                   std::int64_t outputs_across) {
  TilePlane plane{.height = height, .width = width, .channels = channels, .side = kSide, .step = kStep, .padding = padding};
  plane.tiles_down = tiles_along(outputs_down);
  plane.tiles_across = tiles_along(outputs_across);
  return plane;
}

/// Transformed tiles, or the products of them: how their points and rows follow each other. An odd number of cache lines a row, and one
/// more between points, keep them out of each other's cache sets.
struct Rows {
  std::int64_t row = 0, tiles = 0;  ///< in values; of one go

  Rows(std::int64_t channels, std::int64_t line, std::int64_t at_a_time)
      : row(line * (round_up(channels, line) / line | 1)), tiles(at_a_time) {}
  std::int64_t point() const { return tiles * row + 2 * kLanes; }
  std::int64_t values() const { return kPoints * point(); }
  TileRange range(std::int64_t first, std::int64_t count) const { return {first, count, point(), row}; }
};
constexpr std::int64_t kLineOfFloats = 16, kLineOfHalves = 32;

std::int64_t tiles_of_a_go(std::int64_t tiles, std::int64_t bytes_of_tile) {
  return std::min(round_up(tiles, 2), std::clamp(kTileBytes / bytes_of_tile / kUnit * kUnit, kMinTiles, kMaxTiles));
}

/// Tiles of one plane times filters to tiles of another: forward, or from the gradient of the output to that of the input.
class Pass {
 public:
  Pass(std::int64_t samples, const TilePlane& from, const TilePlane& to, FilterLayout filters)
      : from_(from),
        to_(to),
        filters_(filters),
        tiles_(samples * from.tiles_down * from.tiles_across),
        halves_(from.channels, kLineOfHalves, tiles_of_a_go(tiles_, kPoints * (2 * from.channels + 4 * to.channels))),
        products_(to.channels, kLineOfFloats, halves_.tiles) {
    filters_.point = round_up(to.channels, kLanes) * round_up(from.channels, 2) + 2 * kLanes;
  }

  std::size_t filter_bytes() const { return bytes(kPoints * filters_.point, sizeof(bf16)); }
  std::size_t scratch_bytes() const { return bytes(halves_.values(), sizeof(bf16)) + bytes(products_.values(), sizeof(float)); }

  /// Panels of 16 of the filters' outer dimension, packed one by one.
  std::int64_t panels() const { return (filters_.outer + kLanes - 1) / kLanes; }
  void pack(const float* weight, std::int64_t panel, std::byte* filters) const {
    FilterLayout one = filters_;
    one.outer = std::min(kLanes, filters_.outer - panel * kLanes);
    bf16_kernels()->winograd.filters(one, weight + panel * kLanes * filters_.outer_step,
                                     reinterpret_cast<bf16*>(filters) + panel * kLanes * round_up(filters_.depth, 2));
  }

  void run(const bf16* input, const std::byte* packed, const float* bias, bf16* output, std::byte* scratch) const {
    const Bf16WinogradKernels& kernels = bf16_kernels()->winograd;
    auto* tiles = reinterpret_cast<bf16*>(scratch);
    auto* products = reinterpret_cast<float*>(scratch + bytes(halves_.values(), sizeof(bf16)));
    const std::int64_t pairs = (from_.channels + 1) / 2;
    for (std::int64_t first = 0; first < tiles_; first += halves_.tiles) {
      const std::int64_t count = std::min(halves_.tiles, tiles_ - first);
      kernels.data_tiles(input, from_, halves_.range(first, count), tiles);
      const PanelProduct product{.rows = count,
                                 .columns = to_.channels,
                                 .depth = pairs,
                                 .left_row = halves_.row / 2,
                                 .left_depth = 1,
                                 .right_panel = kLanes * pairs,
                                 .right_depth = kLanes,
                                 .product_row = products_.row};
      for (std::int64_t p = 0; p < kPoints; ++p)
        bf16_kernels()->pairs.multiply(product, tiles + p * halves_.point(), reinterpret_cast<const bf16*>(packed) + p * filters_.point,
                                       products + p * products_.point());
      kernels.output_tiles(products, to_, products_.range(first, count), bias, output);
    }
  }

 private:
  TilePlane from_, to_;
  FilterLayout filters_;
  std::int64_t tiles_;
  Rows halves_, products_;
};

/// The gradient of the filters: tiles of data times transformed gradients of the output, summed over all tiles.
class FilterGradient {
 public:
  FilterGradient(std::int64_t samples, const TilePlane& data, const TilePlane& outputs, FilterLayout filters)
      : data_(data),
        outputs_(outputs),
        filters_(filters),
        tiles_(samples * data.tiles_down * data.tiles_across),
        at_a_time_(tiles_of_a_go(tiles_, 2 * kPoints * (data.channels + outputs.channels))),
        data_pairs_(data.channels, kLineOfFloats, at_a_time_ / 2),
        output_pairs_(outputs.channels, kLineOfFloats, at_a_time_ / 2),
        sums_(outputs.channels, kLineOfFloats, data.channels) {
    filters_.point = sums_.point();
  }

  std::size_t scratch_bytes() const { return pair_bytes(data_pairs_) + pair_bytes(output_pairs_) + bytes(sums_.values(), sizeof(float)); }

  /// Overwrites gradient [K, C, 3, 3].
  void run(const bf16* data, const bf16* grad_output, float* gradient, std::byte* scratch) const {
    const Bf16WinogradKernels& kernels = bf16_kernels()->winograd;
    auto* left = reinterpret_cast<bf16*>(scratch);
    auto* right = reinterpret_cast<bf16*>(scratch + pair_bytes(data_pairs_));
    auto* sums = reinterpret_cast<float*>(scratch + pair_bytes(data_pairs_) + pair_bytes(output_pairs_));
    for (std::int64_t first = 0; first < tiles_; first += at_a_time_) {
      const std::int64_t count = std::min(at_a_time_, tiles_ - first);
      kernels.data_tile_pairs(data, data_, words(data_pairs_, first, count), left);
      kernels.gradient_tile_pairs(grad_output, outputs_, words(output_pairs_, first, count), right);
      const PanelProduct product{.rows = data_.channels,
                                 .columns = outputs_.channels,
                                 .depth = (count + 1) / 2,
                                 .left_row = 1,
                                 .left_depth = data_pairs_.row,
                                 .right_panel = kLanes,
                                 .right_depth = output_pairs_.row,
                                 .product_row = sums_.row,
                                 .adds = first > 0};
      for (std::int64_t p = 0; p < kPoints; ++p)
        bf16_kernels()->pairs.multiply(product, left + 2 * p * data_pairs_.point(), right + 2 * p * output_pairs_.point(),
                                       sums + p * sums_.point());
    }
    kernels.filter_gradients(sums, filters_, sums_.row, gradient);
  }

 private:
  // Pairs of tiles: rows of words.
  static std::size_t pair_bytes(const Rows& pairs) { return bytes(2 * pairs.values(), sizeof(bf16)); }
  static TileRange words(const Rows& pairs, std::int64_t first, std::int64_t count) {
    return {first, count, 2 * pairs.point(), 2 * pairs.row};
  }

  TilePlane data_, outputs_;
  FilterLayout filters_;
  std::int64_t tiles_, at_a_time_;
  Rows data_pairs_, output_pairs_, sums_;
};

class WinogradBf16Convolution final : public PlainGradientConvolution {
 public:
  WinogradBf16Convolution(const ConvolutionShape& s, bool has_bias, bool wants_grad_input)
      : PlainGradientConvolution(s, Precision::bf16, has_bias, wants_grad_input),
        forward_(s.samples, input_plane(s), output_plane(s), layout(s, false)),
        backward_(s.samples, plane_of(s.out_height(), s.out_width(), s.filters, kSide - kStep - s.padding, s.height, s.width),
                  plane_of(s.height, s.width, s.in_channels, 0, s.height, s.width), layout(s, true)),
        gradient_(s.samples, input_plane(s), output_plane(s), layout(s, false)) {}

  std::size_t packed_bytes() const override { return forward_.filter_bytes() + (wants_grad_input_ ? backward_.filter_bytes() : 0); }
  std::size_t scratch_bytes() const override {
    return std::max({forward_.scratch_bytes(), gradient_.scratch_bytes(), wants_grad_input_ ? backward_.scratch_bytes() : 0});
  }

  void pack(const float* weight, std::byte* packed) const override {
    for (std::int64_t part = 0; part < packing_parts(); ++part) pack_part(weight, part, packed);
  }
  std::int64_t packing_parts() const override { return forward_.panels() + (wants_grad_input_ ? backward_.panels() : 0); }
  void pack_part(const float* weight, std::int64_t part, std::byte* packed) const override {
    const std::int64_t panels = forward_.panels();
    if (part < panels) return forward_.pack(weight, part, packed);
    backward_.pack(weight, part - panels, packed + forward_.filter_bytes());
  }
  void forward(const void* input, const std::byte* packed, const float* bias, void* output, std::byte* scratch) const override {
    forward_.run(static_cast<const bf16*>(input), packed, has_bias_ ? bias : nullptr, static_cast<bf16*>(output), scratch);
  }
  void backward_input(const void* grad_output, const std::byte* packed, void* grad_input, std::byte* scratch) const override {
    backward_.run(static_cast<const bf16*>(grad_output), packed + forward_.filter_bytes(), nullptr, static_cast<bf16*>(grad_input),
                  scratch);
  }
  void backward_weight_packed(const void* input, const void* grad_output, float* packed_gradient, std::byte* scratch) const override {
    gradient_.run(static_cast<const bf16*>(input), static_cast<const bf16*>(grad_output), packed_gradient, scratch);
  }

 private:
  static TilePlane input_plane(const ConvolutionShape& s) {
    return plane_of(s.height, s.width, s.in_channels, s.padding, s.out_height(), s.out_width());
  }
  static TilePlane output_plane(const ConvolutionShape& s) {
    return plane_of(s.out_height(), s.out_width(), s.filters, 0, s.out_height(), s.out_width());
  }

  static FilterLayout layout(const ConvolutionShape& s, bool input_outside) {
    FilterLayout f;
    f.input_outside = input_outside;
    f.outer = input_outside ? s.in_channels : s.filters;
    f.depth = input_outside ? s.filters : s.in_channels;
    f.outer_step = input_outside ? kArea : kArea * s.in_channels;
    f.depth_step = input_outside ? kArea * s.in_channels : kArea;
    return f;
  }

  Pass forward_, backward_;
  FilterGradient gradient_;
};

}  // namespace

double winograd_bf16_saving(const ConvolutionShape& s) {
  if (bf16_kernels() == nullptr || s.filter_height != 3 || s.filter_width != 3 || s.stride != 1 || s.groups != 1 || s.padding >= 3)
    return 0;
  return static_cast<double>(s.out_height() * s.out_width() * kArea) /
         static_cast<double>(tiles_along(s.out_height()) * tiles_along(s.out_width()) * kPoints);
}

std::unique_ptr<Convolution> make_winograd_bf16_convolution(const ConvolutionShape& shape, bool has_bias, bool wants_grad_input) {
  return std::make_unique<WinogradBf16Convolution>(shape, has_bias, wants_grad_input);
}

}  // namespace reprise::kernels
