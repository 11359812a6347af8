#include "suite/kernels/winograd_convolution.hpp"

#include <algorithm>
#include <type_traits>

#include "suite/kernels/plain_gradient_convolution.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::kernels {

namespace {

constexpr std::int64_t kLanes = 16;
/// What the transformed tiles of one go may take; a few of these stay in the second-level cache.
constexpr std::int64_t kTileFloats = 512 * 1024;
/// What the products of a filter gradient may take before they are done in groups, and what all tiles of a shard may take for that.
constexpr std::int64_t kGradientFloats = 512 * 1024, kAllTilesFloats = 4 * 1024 * 1024;

std::int64_t tiles_along(std::int64_t outputs, std::int64_t step) {
  return (outputs + step - 1) / step;
}

/// Taps of a phase in one dimension, 2, 3 or 5; 0 for other filters.
int taps_of(const ConvolutionShape& s) {
  const std::int64_t taps = (s.filter_height + s.stride - 1) / s.stride;
  return taps <= 2 ? 2 : taps <= 3 ? 3 : taps <= 5 ? 5 : 0;
}

int side_of(const ConvolutionShape& s) {
  return taps_of(s) == 2 ? 5 : 6;
}
std::int64_t step_of(const ConvolutionShape& s) {
  return side_of(s) + 1 - taps_of(s);
}

/// One side's tiles: what they lie on, and how transformed ones follow each other.
struct Side {
  TilePlane plane;
  std::int64_t row = 0;  ///< floats from tile to tile

  Side(std::int64_t height, std::int64_t width, std::int64_t channels, const TilePlane& tiling, std::int64_t padding, std::int64_t stride)
      : plane(tiling) {
    plane.height = height;
    plane.width = width;
    plane.channels = channels;
    plane.padding = padding;
    plane.stride = stride;
    row = spread_row(plane.depth());
  }
  /// From point to point where `tiles` of them are transformed together; a cache line more keeps points out of each other's sets.
  std::int64_t point(std::int64_t tiles) const { return tiles * row + kLanes; }
  std::int64_t floats(std::int64_t tiles) const { return plane.points() * point(tiles); }
};

/// Tiles of one side times filters to tiles of the other: forward, or the adjoint, from the gradient of the output to that of the input.
class Pass {
 public:
  Pass(std::int64_t samples, Side from, Side to, FilterLayout filters) : from_(from), to_(to), filters_(filters) {
    tiles_ = samples * from.plane.tiles_down * from.plane.tiles_across;
    // As many tiles at a time as the caches hold, so that the filters, which all of them need, are read seldom.
    constexpr std::int64_t kLeast = 72, kMost = 96, kUnit = 12;
    const std::int64_t fitting = kTileFloats / (from.plane.points() * (from.row + to.row)) / kUnit * kUnit;
    at_a_time_ = std::min(tiles_, std::clamp(fitting, kLeast, kMost));
    const std::int64_t panels = (to.plane.depth() + kLanes - 1) / kLanes;
    filters_.point = panels * kLanes * from.plane.depth() + kLanes;
  }

  std::int64_t filter_floats() const { return from_.plane.points() * filters_.point; }
  std::int64_t scratch_floats() const { return from_.floats(at_a_time_) + to_.floats(at_a_time_); }

  /// Panels of 16 of the filters' outer dimension, packed one by one; all as one where phases lie along it.
  std::int64_t panels() const { return has_outer_phases() ? 1 : (filters_.outer + kLanes - 1) / kLanes; }
  void pack(const float* weight, std::int64_t panel, float* filters) const {
    if (has_outer_phases()) return vector_kernels().winograd.filters(filters_, weight, filters);
    FilterLayout one = filters_;
    one.outer = std::min(kLanes, filters_.outer - panel * kLanes);
    vector_kernels().winograd.filters(one, weight + panel * kLanes * filters_.outer_step, filters + panel * kLanes * from_.plane.depth());
  }

  template <class T>
  void forward(const T* input, const float* filters, const float* bias, T* output, float* scratch) const {
    const TileKernels<T>& kernels = vector_kernels().of<T>().tiles;
    in_blocks(scratch, [&](const TileRange& from, float* tiles, float* products) {
      kernels.data_tiles(input, from_.plane, from, tiles);
      const TileRange to = multiply(from, tiles, filters, products);
      kernels.output_tiles(products, to_.plane, to, bias, output);
    });
  }

  template <class T>
  void adjoint(const T* grad_output, const float* filters, float* grad_input, float* scratch) const {
    clear(grad_input);
    in_blocks(scratch, [&](const TileRange& from, float* tiles, float* products) {
      vector_kernels().of<T>().tiles.gradient_tiles(grad_output, from_.plane, from, tiles);
      add_adjoint(from, tiles, filters, grad_input, products);
    });
  }

  /// The adjoint from gradients that are transformed already, tiles of a block at a time: clear() first. `products` has room for as many
  /// tiles of this pass's other side as lie between two points of `from`.
  void add_adjoint(const TileRange& from, const float* tiles, const float* filters, float* grad_input, float* products) const {
    const TileRange to = multiply(from, tiles, filters, products);
    vector_kernels().winograd.add_data_tiles(products, to_.plane, to, grad_input);
  }
  void clear(float* grad_input) const {
    const TilePlane& plane = to_.plane;
    std::fill_n(grad_input, tiles_ / (plane.tiles_down * plane.tiles_across) * plane.height * plane.width * plane.channels, 0.0F);
  }

 private:
  bool has_outer_phases() const { return filters_.input_outside && filters_.stride > 1; }

  template <class Block>
  void in_blocks(float* scratch, Block block) const {
    for (std::int64_t first = 0; first < tiles_; first += at_a_time_)
      block(TileRange{first, std::min(at_a_time_, tiles_ - first), from_.point(at_a_time_), from_.row}, scratch,
            scratch + from_.floats(at_a_time_));
  }

  TileRange multiply(const TileRange& from, const float* tiles, const float* filters, float* products) const {
    const std::int64_t depth = from_.plane.depth();
    const TileRange to{from.first, from.tiles, to_.point(from.tiles), to_.row};
    const PanelProduct product{.rows = from.tiles,
                               .columns = to_.plane.depth(),
                               .depth = depth,
                               .left_row = from.row,
                               .left_depth = 1,
                               .right_panel = kLanes * depth,
                               .right_depth = kLanes,
                               .product_row = to_.row};
    for (int p = 0; p < from_.plane.points(); ++p)
      vector_kernels().panels.multiply(product, tiles + p * from.point, filters + p * filters_.point, products + p * to.point);
    return to;
  }

  Side from_, to_;
  FilterLayout filters_;
  std::int64_t tiles_ = 0, at_a_time_ = 0;
};

/// The gradient of the filters: the same tiles of data, times transformed gradients of the output, summed over all tiles.
class FilterGradient {
 public:
  FilterGradient(std::int64_t samples, Side data, Side outputs, FilterLayout filters) : data_(data), outputs_(outputs), filters_(filters) {
    tiles_ = samples * data.plane.tiles_down * data.plane.tiles_across;
    channels_ = data.plane.channels;
    columns_ = outputs.plane.channels;
    const std::int64_t points = data.plane.points(), tile_floats = points * (data.row + outputs.row), depth = data.plane.depth();
    const bool many_products = points * depth * outputs.row > kGradientFloats;
    if (tiles_ * tile_floats <= (many_products ? kAllTilesFloats : 2 * kTileFloats)) {
      // All tiles at once; then filters can be finished in groups, whose products stay in the cache. Groups along the longer side read
      // the tiles of the shorter one again.
      at_a_time_ = tiles_;
      std::int64_t& side = depth > columns_ ? channels_ : columns_;
      const std::int64_t other = depth > columns_ ? outputs.row : depth;
      side = std::min(side, std::max(kLanes, kGradientFloats / (points * other) / kLanes * kLanes));
    } else {
      constexpr std::int64_t kLeast = 48;
      at_a_time_ = std::min(tiles_, std::max(kLeast, kTileFloats / tile_floats / kLanes * kLanes));
    }
    product_row_ = spread_row(columns_);
    finishes_groups_ = at_a_time_ == tiles_;
    filters_.point = (finishes_groups_ ? channels_ : depth) * product_row_ + kLanes;
  }

  std::int64_t scratch_floats() const {
    return data_.floats(at_a_time_) + outputs_.floats(at_a_time_) + data_.plane.points() * filters_.point;
  }

  /// Overwrites gradient [K, C, R, S]. After each block of tiles `after` gets their transformed gradients of the output, and the room of
  /// the data's tiles, which are not needed any more.
  template <class T, class After>
  void run(const T* data, const T* grad_output, float* gradient, float* scratch, After after) const {
    const TileKernels<T>& tiles_of = vector_kernels().of<T>().tiles;
    const WinogradKernels& kernels = vector_kernels().winograd;
    float* gradients = scratch + data_.floats(at_a_time_);
    float* products = gradients + outputs_.floats(at_a_time_);
    const std::int64_t phases = data_.plane.stride * data_.plane.stride;
    for (std::int64_t first = 0; first < tiles_; first += at_a_time_) {
      const std::int64_t tiles = std::min(at_a_time_, tiles_ - first);
      const TileRange from{first, tiles, data_.point(at_a_time_), data_.row}, to{first, tiles, outputs_.point(at_a_time_), outputs_.row};
      tiles_of.data_tiles(data, data_.plane, from, scratch);
      tiles_of.gradient_tiles(grad_output, outputs_.plane, to, gradients);
      for (std::int64_t phase = 0; phase < phases; ++phase)
        for (std::int64_t c = 0; c < data_.plane.channels; c += channels_)
          for (std::int64_t k = 0; k < outputs_.plane.channels; k += columns_) {
            FilterLayout group = filters_;
            group.outer = std::min(columns_, outputs_.plane.channels - k);
            group.depth = std::min(channels_, data_.plane.channels - c);
            const std::int64_t row = phase * data_.plane.channels + c;
            float* sums = products + (finishes_groups_ ? 0 : row * product_row_);
            const PanelProduct product{.rows = group.depth,
                                       .columns = group.outer,
                                       .depth = tiles,
                                       .left_row = 1,
                                       .left_depth = data_.row,
                                       .right_panel = kLanes,
                                       .right_depth = outputs_.row,
                                       .product_row = product_row_,
                                       .adds = first > 0};
            for (int p = 0; p < data_.plane.points(); ++p)
              vector_kernels().panels.multiply(product, scratch + p * from.point + row, gradients + p * to.point + k,
                                               sums + p * group.point);
            if (first + tiles == tiles_)
              kernels.filter_gradients(sums, group, phase, product_row_, gradient + k * group.outer_step + c * group.depth_step);
          }
      after(to, gradients, scratch);
    }
  }

 private:
  Side data_, outputs_;
  FilterLayout filters_;
  std::int64_t tiles_ = 0, at_a_time_ = 0;
  std::int64_t channels_ = 0, columns_ = 0;  ///< finished together
  std::int64_t product_row_ = 0;
  bool finishes_groups_ = false;  ///< and so uses the room of its products again
};

/// T: how activations are stored.
template <class T>
class WinogradConvolution final : public PlainGradientConvolution {
  static constexpr bool kHalves = !std::is_same_v<T, float>;

 public:
  WinogradConvolution(const ConvolutionShape& s, bool has_bias, bool wants_grad_input)
      : PlainGradientConvolution(s, kHalves ? Precision::bf16 : Precision::f32, has_bias, wants_grad_input),
        forward_(s.samples, data_side(s), output_side(s), layout(s, false)),
        backward_(s.samples, output_side(s), data_side(s), layout(s, true)),
        gradient_(s.samples, data_side(s), output_side(s), layout(s, false)) {}

  std::size_t packed_bytes() const override { return forward_bytes() + (wants_grad_input_ ? bytes(backward_.filter_floats()) : 0); }
  std::size_t scratch_bytes() const override { return tiles_bytes() + sums_bytes(); }

  void pack(const float* weight, std::byte* packed) const override {
    for (std::int64_t part = 0; part < packing_parts(); ++part) pack_part(weight, part, packed);
  }
  std::int64_t packing_parts() const override { return forward_.panels() + (wants_grad_input_ ? backward_.panels() : 0); }
  void pack_part(const float* weight, std::int64_t part, std::byte* packed) const override {
    const std::int64_t panels = forward_.panels();
    if (part < panels) return forward_.pack(weight, part, reinterpret_cast<float*>(packed));
    backward_.pack(weight, part - panels, reinterpret_cast<float*>(packed + forward_bytes()));
  }

  void forward(const void* input, const std::byte* packed, const float* bias, void* output, std::byte* scratch) const override {
    forward_.forward(static_cast<const T*>(input), reinterpret_cast<const float*>(packed), has_bias_ ? bias : nullptr,
                     static_cast<T*>(output), reinterpret_cast<float*>(scratch));
  }

  void backward_input(const void* grad_output, const std::byte* packed, void* grad_input, std::byte* scratch) const override {
    float* sums = sums_of(grad_input, scratch);
    backward_.adjoint(static_cast<const T*>(grad_output), filters_of_adjoint(packed), sums, reinterpret_cast<float*>(scratch));
    store(sums, grad_input);
  }

  void backward(const void* input, const void* grad_output, const std::byte* packed, float* grad_weight, float* grad_bias, void* grad_input,
                std::byte* scratch) const override {
    float* sums = sums_of(grad_input, scratch);
    backward_.clear(sums);
    gradient_.run(static_cast<const T*>(input), static_cast<const T*>(grad_output), grad_weight, reinterpret_cast<float*>(scratch),
                  [&](const TileRange& from, const float* tiles, float* products) {
                    backward_.add_adjoint(from, tiles, filters_of_adjoint(packed), sums, products);
                  });
    store(sums, grad_input);
    sum_bias(grad_output, grad_bias, scratch);
  }

  void backward_weight_packed(const void* input, const void* grad_output, float* packed_gradient, std::byte* scratch) const override {
    gradient_.run(static_cast<const T*>(input), static_cast<const T*>(grad_output), packed_gradient, reinterpret_cast<float*>(scratch),
                  [](const TileRange&, const float*, float*) {});
  }

 private:
  static TilePlane tiling(const ConvolutionShape& s) {
    TilePlane plane;
    plane.side = side_of(s);
    plane.step = step_of(s);
    plane.tiles_down = tiles_along(s.out_height(), plane.step);
    plane.tiles_across = tiles_along(s.out_width(), plane.step);
    return plane;
  }
  static Side data_side(const ConvolutionShape& s) { return {s.height, s.width, s.in_channels, tiling(s), s.padding, s.stride}; }
  static Side output_side(const ConvolutionShape& s) { return {s.out_height(), s.out_width(), s.filters, tiling(s), 0, 1}; }

  static FilterLayout layout(const ConvolutionShape& s, bool input_outside) {
    const std::int64_t area = s.filter_height * s.filter_width, filter = s.in_channels * area;
    FilterLayout f;
    f.size = static_cast<int>(s.filter_height);
    f.taps = taps_of(s);
    f.stride = static_cast<int>(s.stride);
    f.input_outside = input_outside;
    f.rounds = kHalves;
    f.outer = input_outside ? s.in_channels : s.filters;
    f.depth = input_outside ? s.filters : s.in_channels;
    f.outer_step = input_outside ? area : filter;
    f.depth_step = input_outside ? filter : area;
    return f;
  }

  static std::size_t bytes(std::int64_t floats) { return aligned(static_cast<std::size_t>(floats) * sizeof(float)); }
  std::size_t forward_bytes() const { return bytes(forward_.filter_floats()); }
  std::size_t tiles_bytes() const {
    return bytes(std::max({forward_.scratch_floats(), gradient_.scratch_floats(), wants_grad_input_ ? backward_.scratch_floats() : 0}));
  }

  const float* filters_of_adjoint(const std::byte* packed) const { return reinterpret_cast<const float*>(packed + forward_bytes()); }

  // Tiles overlap, so the gradient of the input is summed in float32 whatever is stored: in place, or after the tiles.
  std::size_t sums_bytes() const { return kHalves && wants_grad_input_ ? bytes(inputs()) : 0; }
  float* sums_of(void* grad_input, std::byte* scratch) const {
    return reinterpret_cast<float*>(kHalves ? scratch + tiles_bytes() : static_cast<std::byte*>(grad_input));
  }
  void store(const float* sums, void* grad_input) const {
    if constexpr (kHalves) vector_kernels().of<T>().from_float(sums, static_cast<T*>(grad_input), inputs());
  }

  Pass forward_, backward_;
  FilterGradient gradient_;
};

}  // namespace

double winograd_saving(const ConvolutionShape& s) {
  const bool square = s.filter_height == s.filter_width && s.filter_height > s.stride && taps_of(s) > 0;
  const bool strides = s.stride == 1 || (s.stride == 2 && s.in_channels % kLanes == 0);
  if (!square || !strides || s.groups != 1 || s.padding >= s.filter_height) return 0;
  const std::int64_t step = step_of(s), tiles = tiles_along(s.out_height(), step) * tiles_along(s.out_width(), step);
  return static_cast<double>(s.out_height() * s.out_width() * s.filter_height * s.filter_width) /
         static_cast<double>(tiles * side_of(s) * side_of(s) * s.stride * s.stride);
}

std::unique_ptr<Convolution> make_winograd_convolution(const ConvolutionShape& shape, Precision precision, bool has_bias,
                                                       bool wants_grad_input) {
  if (precision == Precision::f32) return std::make_unique<WinogradConvolution<float>>(shape, has_bias, wants_grad_input);
  return std::make_unique<WinogradConvolution<bf16>>(shape, has_bias, wants_grad_input);
}

}  // namespace reprise::kernels
