#include "suite/layers/locally_connected2d.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "suite/errors.hpp"
#include "suite/kernels/onednn/inner_product.hpp"
#include "suite/layers/float_buffers.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::layers {

namespace {

/// One row of a window that lies inside the input: S values of C channels, less where it hangs over the edge.
struct Strip {
  std::int64_t in_patch, in_input, count;  ///< values
};

template <class T>
class PreparedLocallyConnected2d : public PreparedLayer {
 public:
  PreparedLocallyConnected2d(const LocallyConnected2d::Options& options, const SampleShape& input, const SampleShape& output,
                             const PrepareOptions& prepare)
      : options_(options),
        input_(input),
        positions_(output.positions()),
        out_width_(output.width),
        samples_(prepare.samples),
        patch_(options.filter_size * options.filter_size * input.channels),
        product_(kernels::make_inner_product({samples_, patch_, options.filters}, prepare.precision, true, prepare.wants_grad_input)),
        packed_of_one_(aligned(product_->packed_bytes())),
        packed_(packed_of_one_ * static_cast<std::size_t>(positions_)) {}

  std::size_t scratch_bytes() const override { return own_bytes() + product_->scratch_bytes(); }
  std::size_t packed_bytes() const override { return packed_.size(); }
  void load_weights(std::span<const float* const> parameters) override {
    for (std::int64_t p = 0; p < positions_; ++p) load_part(parameters, p);
  }
  std::int64_t load_parts() const override { return positions_; }
  void load_part(std::span<const float* const> parameters, std::int64_t part) override {
    product_->pack(parameters[0] + part * weights_of_one(), packed_.data() + static_cast<std::size_t>(part) * packed_of_one_);
  }

  void forward(const ForwardArgs& args) const override {
    T* patches = typed<T>(args.scratch);
    T* maps = typed<T>(args.scratch + patch_bytes());
    for (std::int64_t p = 0; p < positions_; ++p) {
      gather(typed<T>(args.inputs[0]), p, patches);
      product_->forward(patches, packed(p), args.parameters[1] + p * options_.filters, maps, room(args.scratch));
      for (std::int64_t n = 0; n < samples_; ++n)
        std::copy_n(maps + n * options_.filters, options_.filters, typed<T>(args.output) + (n * positions_ + p) * options_.filters);
    }
  }

  void backward(const BackwardArgs& args) const override {
    T* patches = typed<T>(args.scratch);
    T* maps = typed<T>(args.scratch + patch_bytes());
    float* wide = floats(args.scratch + patch_bytes() + maps_bytes());
    float* sums = args.grad_inputs[0] == nullptr ? nullptr
                  : stores_floats()              ? static_cast<float*>(args.grad_inputs[0])
                                                 : floats(args.scratch + patch_bytes() + maps_bytes() + wide_bytes());
    if (sums != nullptr) std::fill_n(sums, samples_ * input_.size(), 0.0f);
    for (std::int64_t p = 0; p < positions_; ++p) {
      for (std::int64_t n = 0; n < samples_; ++n)
        std::copy_n(typed<T>(args.grad_output) + (n * positions_ + p) * options_.filters, options_.filters, maps + n * options_.filters);
      if (!args.grad_parameters.empty()) {
        gather(typed<T>(args.inputs[0]), p, patches);
        product_->backward_weight(patches, maps, args.grad_parameters[0] + p * weights_of_one(),
                                  args.grad_parameters[1] + p * options_.filters, room(args.scratch));
      }
      if (sums == nullptr) continue;
      product_->backward_input(maps, packed(p), patches, room(args.scratch));
      scatter(read<T>(patches, samples_ * patch_, wide), p, sums);
    }
    if (sums != nullptr) write<T>(sums, samples_ * input_.size(), args.grad_inputs[0]);
  }

 private:
  std::size_t patch_bytes() const { return aligned(static_cast<std::size_t>(samples_ * patch_) * sizeof(T)); }
  std::size_t maps_bytes() const { return aligned(static_cast<std::size_t>(samples_ * options_.filters) * sizeof(T)); }
  // Gradients of patches and their sums in float32; where values are stored so, neither needs a place of its own.
  static constexpr bool stores_floats() { return std::is_same_v<T, float>; }
  std::size_t wide_bytes() const { return stores_floats() ? 0 : aligned(static_cast<std::size_t>(samples_ * patch_) * sizeof(float)); }
  std::size_t sums_bytes() const {
    return stores_floats() ? 0 : aligned(static_cast<std::size_t>(samples_ * input_.size()) * sizeof(float));
  }
  std::byte* room(std::byte* scratch) const { return scratch + own_bytes(); }
  std::size_t own_bytes() const { return patch_bytes() + maps_bytes() + wide_bytes() + sums_bytes(); }
  const std::byte* packed(std::int64_t position) const { return packed_.data() + static_cast<std::size_t>(position) * packed_of_one_; }
  std::int64_t weights_of_one() const { return options_.filters * patch_; }

  /// The strips of the window at a position that are not padding.
  template <class Take>
  void for_each_strip(std::int64_t position, Take take) const {
    const std::int64_t top = position / out_width_ * options_.stride - options_.padding;
    const std::int64_t left = position % out_width_ * options_.stride - options_.padding;
    const std::int64_t first = std::max<std::int64_t>(0, -left), last = std::min(options_.filter_size, input_.width - left);
    for (std::int64_t r = std::max<std::int64_t>(0, -top); r < std::min(options_.filter_size, input_.height - top); ++r)
      take(Strip{(r * options_.filter_size + first) * input_.channels, ((top + r) * input_.width + left + first) * input_.channels,
                 (last - first) * input_.channels});
  }

  void gather(const T* input, std::int64_t position, T* patches) const {
    std::memset(static_cast<void*>(patches), 0, static_cast<std::size_t>(samples_ * patch_) * sizeof(T));
    for (std::int64_t n = 0; n < samples_; ++n)
      for_each_strip(position, [&](const Strip& strip) {
        std::copy_n(input + n * input_.size() + strip.in_input, strip.count, patches + n * patch_ + strip.in_patch);
      });
  }

  void scatter(const float* patches, std::int64_t position, float* sums) const {
    for (std::int64_t n = 0; n < samples_; ++n)
      for_each_strip(position, [&](const Strip& strip) {
        kernels::vector_kernels().accumulate(sums + n * input_.size() + strip.in_input, patches + n * patch_ + strip.in_patch, strip.count);
      });
  }

  LocallyConnected2d::Options options_;
  SampleShape input_;
  std::int64_t positions_, out_width_, samples_, patch_;
  std::unique_ptr<kernels::InnerProduct> product_;
  std::size_t packed_of_one_;
  Memory packed_;
};

}  // namespace

SampleShape LocallyConnected2d::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& in = only_input(kind(), inputs);
  const auto& o = options_;
  if (o.filters < 1 || o.filter_size < 1 || o.padding < 0 || o.stride < 1)
    throw ShapeError(
        Complaint{"locally_connected2d", "at least one filter, of at least 1x1, a stride of at least 1, padding of at least 0",
                  fmt::format("{} filters of {}x{}, padding {}, stride {}", o.filters, o.filter_size, o.filter_size, o.padding, o.stride),
                  "Correct the options"});
  if (in.height + 2 * o.padding < o.filter_size || in.width + 2 * o.padding < o.filter_size)
    throw ShapeError(Complaint{"locally_connected2d",
                               fmt::format("an input of at least {0}x{0} after padding {1}", o.filter_size, o.padding), in.text(),
                               "Use a smaller filter or more padding"});
  return {(in.height + 2 * o.padding - o.filter_size) / o.stride + 1, (in.width + 2 * o.padding - o.filter_size) / o.stride + 1, o.filters};
}

std::vector<ParameterSpec> LocallyConnected2d::parameters(std::span<const SampleShape> inputs) const {
  const std::int64_t units = output_shape(inputs).size(), channels = inputs[0].channels, area = options_.filter_size * options_.filter_size;
  const Initialisation start{.kind = options_.initialisation,
                             .value = options_.gain,
                             .gain = options_.gain,
                             .fan_in = channels * area,
                             .fan_out = options_.filters * area};
  return {{.name = "weight",
           .shape = {units, options_.filter_size, options_.filter_size, channels},
           .initialisation = start,
           .decays = true,
           .has_norm_bound = true},
          {.name = "bias", .shape = {units}, .initialisation = {}}};
}

Cost LocallyConnected2d::cost(std::span<const SampleShape> inputs) const {
  const std::int64_t macs = output_shape(inputs).size() * inputs[0].channels * options_.filter_size * options_.filter_size;
  return {macs, macs, macs};
}

std::vector<Fact> LocallyConnected2d::facts() const {
  return {{"filter_size", options_.filter_size, fmt::format(" {0}x{0}", options_.filter_size)},
          {"filters", options_.filters, fmt::format(", {}", options_.filters)},
          {"stride", options_.stride, options_.stride > 1 ? fmt::format(", stride {}", options_.stride) : ""},
          {"padding", options_.padding, options_.padding > 0 ? fmt::format(", pad {}", options_.padding) : ""}};
}

std::unique_ptr<PreparedLayer> LocallyConnected2d::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedLocallyConnected2d>(options.precision, options_, inputs[0], output_shape(inputs), options);
}

}  // namespace reprise::layers
