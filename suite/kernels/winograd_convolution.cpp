#include "suite/kernels/winograd_convolution.hpp"

#include <algorithm>

#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/kernels/widening.hpp"

namespace reprise::kernels {

namespace {

constexpr std::int64_t kLanes = 16;
/// What the transformed tiles of one go may take; a few of these stay in the second-level cache.
constexpr std::int64_t kTileFloats = 512 * 1024;
/// What the gradient's products may take before a shard's filters are done in groups.
constexpr std::int64_t kGradientFloats = 256 * 1024;

/// An odd number of cache lines that holds `channels` floats: rows a power of two apart would share a few cache sets.
std::int64_t spread_row(std::int64_t channels) { return kLanes * ((channels + kLanes - 1) / kLanes | 1); }

std::int64_t tiles_along(std::int64_t outputs, std::int64_t step) { return (outputs + step - 1) / step; }

std::int64_t step_of(const ConvolutionShape& s) { return s.filter_height == 3 ? 4 : 2; }

/// One side's tiles: what they lie on, and how transformed ones follow each other.
struct Side {
  TilePlane plane;
  std::int64_t row = 0;  ///< floats from tile to tile

  Side(std::int64_t height, std::int64_t width, std::int64_t channels, const TilePlane& tiling, std::int64_t padding) : plane(tiling), row(spread_row(channels)) {
    plane.height = height;
    plane.width = width;
    plane.channels = channels;
    plane.padding = padding;
  }
  /// From point to point where `tiles` of them are transformed together; a cache line more keeps points out of each other's sets.
  std::int64_t point(std::int64_t tiles) const { return tiles * row + kLanes; }
  std::int64_t floats(std::int64_t tiles) const { return kWinogradPoints * point(tiles); }
};

/// Tiles of `step` outputs on a plane of outputs.
TilePlane tiling_of(std::int64_t height, std::int64_t width, std::int64_t step) {
  TilePlane plane;
  plane.step = step;
  plane.tiles_down = tiles_along(height, step);
  plane.tiles_across = tiles_along(width, step);
  return plane;
}

/// Data of one plane through filters to outputs on another: a forward pass, or the gradient of the input by the turned filters.
class Pass {
 public:
  Pass(std::int64_t samples, Side data, Side outputs, FilterLayout filters) : data_(data), outputs_(outputs), filters_(filters) {
    tiles_ = samples * data.plane.tiles_down * data.plane.tiles_across;
    // As many tiles at a time as the caches hold, so that the filters, which all of them need, are read seldom.
    constexpr std::int64_t kLeast = 24, kMost = 96, kUnit = 12;
    const std::int64_t fitting = kTileFloats / (kWinogradPoints * (data.row + outputs.row)) / kUnit * kUnit;
    at_a_time_ = std::min(tiles_, std::clamp(fitting, kLeast, kMost));
    const std::int64_t panels = (outputs.plane.channels + kLanes - 1) / kLanes;
    filters_.point = panels * kLanes * data.plane.channels + kLanes;
  }

  std::int64_t filter_floats() const { return kWinogradPoints * filters_.point; }
  std::int64_t scratch_floats() const { return data_.floats(at_a_time_) + outputs_.floats(at_a_time_); }

  void pack(const float* weight, float* filters) const { vector_kernels().winograd.filters(filters_, weight, filters); }

  void run(const float* data, const float* filters, const float* bias, float* outputs, float* scratch) const {
    const WinogradKernels& kernels = vector_kernels().winograd;
    float* products = scratch + data_.floats(at_a_time_);
    for (std::int64_t first = 0; first < tiles_; first += at_a_time_) {
      const std::int64_t tiles = std::min(at_a_time_, tiles_ - first);
      const TileRange from{first, tiles, data_.point(at_a_time_), data_.row}, to{first, tiles, outputs_.point(at_a_time_), outputs_.row};
      kernels.data_tiles(data, data_.plane, from, scratch);
      const PanelProduct product{.rows = tiles, .columns = outputs_.plane.channels, .depth = data_.plane.channels, .left_row = data_.row, .left_depth = 1,
                                 .right_panel = kLanes * data_.plane.channels, .right_depth = kLanes, .product_row = outputs_.row};
      for (int p = 0; p < kWinogradPoints; ++p)
        kernels.multiply_panels(product, scratch + p * from.point, filters + p * filters_.point, products + p * to.point);
      kernels.output_tiles(products, outputs_.plane, to, bias, outputs);
    }
  }

 private:
  Side data_, outputs_;
  FilterLayout filters_;
  std::int64_t tiles_ = 0, at_a_time_ = 0;
};

/// The gradient of the filters: the same tiles of data, times transformed gradients of the output, summed over all tiles.
class FilterGradient {
 public:
  FilterGradient(std::int64_t samples, Side data, Side outputs, FilterLayout filters) : data_(data), outputs_(outputs), filters_(filters) {
    tiles_ = samples * data.plane.tiles_down * data.plane.tiles_across;
    const std::int64_t tile_floats = kWinogradPoints * (data.row + outputs.row), channels = data.plane.channels;
    constexpr std::int64_t kTogether = 2 * kTileFloats, kUnit = 16;
    if (tiles_ * tile_floats <= kTogether) {
      // All tiles at once; then filters can be finished in groups, whose products stay in the cache.
      at_a_time_ = tiles_;
      group_ = std::max(kLanes, kGradientFloats / (kWinogradPoints * channels) / kLanes * kLanes);
    } else {
      at_a_time_ = std::min(tiles_, std::max(kUnit * 3, kTogether / 2 / tile_floats / kUnit * kUnit));
      group_ = outputs.plane.channels;
    }
    group_ = std::min(group_, outputs.plane.channels);
    group_row_ = spread_row(group_);
    filters_.point = channels * group_row_ + kLanes;
  }

  std::int64_t scratch_floats() const { return data_.floats(at_a_time_) + outputs_.floats(at_a_time_) + kWinogradPoints * filters_.point; }

  /// Overwrites gradient [K, C, R, S].
  void run(const float* data, const float* grad_output, float* gradient, float* scratch) const {
    const WinogradKernels& kernels = vector_kernels().winograd;
    float* gradients = scratch + data_.floats(at_a_time_);
    float* products = gradients + outputs_.floats(at_a_time_);
    const std::int64_t filters = outputs_.plane.channels;
    for (std::int64_t first = 0; first < tiles_; first += at_a_time_) {
      const std::int64_t tiles = std::min(at_a_time_, tiles_ - first);
      const TileRange from{first, tiles, data_.point(at_a_time_), data_.row}, to{first, tiles, outputs_.point(at_a_time_), outputs_.row};
      kernels.data_tiles(data, data_.plane, from, scratch);
      kernels.gradient_tiles(grad_output, outputs_.plane, to, gradients);
      for (std::int64_t k = 0; k < filters; k += group_) {
        FilterLayout group = filters_;
        group.outer = std::min(group_, filters - k);
        const PanelProduct product{.rows = data_.plane.channels, .columns = group.outer, .depth = tiles, .left_row = 1, .left_depth = data_.row,
                                   .right_panel = kLanes, .right_depth = outputs_.row, .product_row = group_row_, .adds = first > 0};
        for (int p = 0; p < kWinogradPoints; ++p)
          kernels.multiply_panels(product, scratch + p * from.point, gradients + p * to.point + k, products + p * group.point);
        if (first + tiles == tiles_) kernels.filter_gradients(products, group, group_row_, gradient + k * group.outer_step);
      }
    }
  }

 private:
  Side data_, outputs_;
  FilterLayout filters_;
  std::int64_t tiles_ = 0, at_a_time_ = 0;
  std::int64_t group_ = 0, group_row_ = 0;  ///< filters finished together, and floats from channel to channel of their products
};

class WinogradConvolution final : public Convolution {
 public:
  WinogradConvolution(const ConvolutionShape& s, Precision precision, bool has_bias, bool wants_grad_input)
      : shape_(s), wide_(precision), has_bias_(has_bias), wants_grad_input_(wants_grad_input),
        forward_(s.samples, data_side(s), output_side(s), layout(s, false)),
        backward_(s.samples, turned_data_side(s), turned_output_side(s), layout(s, true)),
        gradient_(s.samples, data_side(s), output_side(s), layout(s, false)) {}

  std::size_t packed_bytes() const override { return forward_bytes() + (wants_grad_input_ ? bytes(backward_.filter_floats()) : 0); }
  std::size_t scratch_bytes() const override { return tiles_bytes() + wide_.bytes(inputs()) + wide_.bytes(outputs()); }
  const char* implementations() const override { return "minimal filtering"; }

  void pack(const float* weight, std::byte* packed) const override {
    Memory rounded;
    const float* values = wide_.weights(weight, weights(), rounded);
    forward_.pack(values, reinterpret_cast<float*>(packed));
    if (wants_grad_input_) backward_.pack(values, reinterpret_cast<float*>(packed + forward_bytes()));
  }

  void forward(const void* input, const std::byte* packed, const float* bias, void* output, std::byte* scratch) const override {
    const float* from = read_input(input, scratch);
    auto* to = static_cast<float*>(wide_.target(output, room_of_output(scratch)));
    forward_.run(from, reinterpret_cast<const float*>(packed), has_bias_ ? bias : nullptr, to, reinterpret_cast<float*>(scratch));
    wide_.write(room_of_output(scratch), output, outputs());
  }

  void backward_input(const void* grad_output, const std::byte* packed, void* grad_input, std::byte* scratch) const override {
    const float* from = read_output(grad_output, scratch);
    auto* to = static_cast<float*>(wide_.target(grad_input, room_of_input(scratch)));
    backward_.run(from, reinterpret_cast<const float*>(packed + forward_bytes()), nullptr, to, reinterpret_cast<float*>(scratch));
    wide_.write(room_of_input(scratch), grad_input, inputs());
  }

  void backward_weight(const void* input, const void* grad_output, float* grad_weight, float* grad_bias, std::byte* scratch) const override {
    const float* gradient = read_output(grad_output, scratch);
    gradient_.run(read_input(input, scratch), gradient, grad_weight, reinterpret_cast<float*>(scratch));
    if (has_bias_)
      vector_kernels().of<float>().column_sum(gradient, shape_.samples * shape_.out_height() * shape_.out_width(), shape_.filters, 1.0F, grad_bias);
  }

  // The kernel's own format is the plain one.
  std::int64_t gradient_floats() const override { return weights(); }
  void backward_weight_packed(const void* input, const void* grad_output, float* packed_gradient, std::byte* scratch) const override {
    gradient_.run(read_input(input, scratch), read_output(grad_output, scratch), packed_gradient, reinterpret_cast<float*>(scratch));
  }
  std::int64_t row_unit() const override { return shape_.filters % kLanes == 0 ? kLanes : shape_.filters; }
  void unpack_rows(const float* packed_gradient, std::int64_t unit, float* gradient) const override {
    const std::int64_t floats = weights() / shape_.filters * row_unit();
    std::copy_n(packed_gradient + unit * floats, floats, gradient);
  }

 private:
  static Side data_side(const ConvolutionShape& s) { return {s.height, s.width, s.in_channels, tiling_of(s.out_height(), s.out_width(), step_of(s)), s.padding}; }
  static Side output_side(const ConvolutionShape& s) { return {s.out_height(), s.out_width(), s.filters, tiling_of(s.out_height(), s.out_width(), step_of(s)), 0}; }
  // The gradient of the input is a convolution of the gradient of the output, padded so that it reaches every input.
  static Side turned_data_side(const ConvolutionShape& s) {
    return {s.out_height(), s.out_width(), s.filters, tiling_of(s.height, s.width, step_of(s)), s.filter_height - 1 - s.padding};
  }
  static Side turned_output_side(const ConvolutionShape& s) { return {s.height, s.width, s.in_channels, tiling_of(s.height, s.width, step_of(s)), 0}; }

  static FilterLayout layout(const ConvolutionShape& s, bool turned) {
    const std::int64_t area = s.filter_height * s.filter_width, filter = s.in_channels * area;
    FilterLayout f;
    f.taps = static_cast<int>(s.filter_height);
    f.turned = turned;
    f.outer = turned ? s.in_channels : s.filters;
    f.depth = turned ? s.filters : s.in_channels;
    f.outer_step = turned ? area : filter;
    f.depth_step = turned ? filter : area;
    return f;
  }

  static std::size_t bytes(std::int64_t floats) { return aligned(static_cast<std::size_t>(floats) * sizeof(float)); }
  std::size_t forward_bytes() const { return bytes(forward_.filter_floats()); }
  std::size_t tiles_bytes() const {
    return bytes(std::max({forward_.scratch_floats(), gradient_.scratch_floats(), wants_grad_input_ ? backward_.scratch_floats() : 0}));
  }
  std::int64_t inputs() const { return shape_.samples * shape_.height * shape_.width * shape_.in_channels; }
  std::int64_t outputs() const { return shape_.samples * shape_.out_height() * shape_.out_width() * shape_.filters; }
  std::int64_t weights() const { return shape_.filters * shape_.in_channels * shape_.filter_height * shape_.filter_width; }

  /// Rooms of widened values, after the tiles.
  std::byte* room_of_input(std::byte* scratch) const { return scratch + tiles_bytes(); }
  std::byte* room_of_output(std::byte* scratch) const { return room_of_input(scratch) + wide_.bytes(inputs()); }
  const float* read_input(const void* input, std::byte* scratch) const { return static_cast<const float*>(wide_.read(input, inputs(), room_of_input(scratch))); }
  const float* read_output(const void* output, std::byte* scratch) const { return static_cast<const float*>(wide_.read(output, outputs(), room_of_output(scratch))); }

  ConvolutionShape shape_;
  Widening wide_;
  bool has_bias_, wants_grad_input_;
  Pass forward_, backward_;
  FilterGradient gradient_;
};

}  // namespace

double winograd_saving(const ConvolutionShape& s, Precision precision) {
  const bool square = s.filter_height == s.filter_width && (s.filter_height == 3 || s.filter_height == 5);
  if (!square || s.stride != 1 || s.groups != 1 || s.padding >= s.filter_height) return 0;
  if (precision == Precision::bf16 && !Widening(precision).on()) return 0;
  const std::int64_t step = step_of(s), tiles = tiles_along(s.out_height(), step) * tiles_along(s.out_width(), step);
  return static_cast<double>(s.out_height() * s.out_width() * s.filter_height * s.filter_width) / static_cast<double>(tiles * kWinogradPoints);
}

std::unique_ptr<Convolution> make_winograd_convolution(const ConvolutionShape& shape, Precision precision, bool has_bias, bool wants_grad_input) {
  return std::make_unique<WinogradConvolution>(shape, precision, has_bias, wants_grad_input);
}

}  // namespace reprise::kernels
