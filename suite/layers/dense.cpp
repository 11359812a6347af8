#include "suite/layers/dense.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "suite/errors.hpp"
#include "suite/kernels/onednn/inner_product.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::layers {

namespace {

class DenseKernel : public Kernel {
 public:
  DenseKernel(const Dense::Options& options, std::int64_t in_features, const PrepareOptions& prepare)
      : has_bias_(options.bias),
        product_(kernels::make_inner_product({prepare.samples, in_features, options.features}, prepare.precision, options.bias,
                                             prepare.wants_grad_input, prepare.precision)),
        packed_(product_->packed_bytes()) {}

  std::size_t scratch_bytes() const override { return product_->scratch_bytes(); }
  std::size_t packed_bytes() const override { return packed_.size(); }
  void load_weights(std::span<const float* const> parameters) override { product_->pack(parameters[0], packed_.data()); }

  void forward(const ForwardArgs& args) const override {
    product_->forward(args.inputs[0], packed_.data(), has_bias_ ? args.parameters[1] : nullptr, args.output, args.scratch);
  }

  void backward(const BackwardArgs& args) const override {
    if (!args.grad_parameters.empty())
      product_->backward_weight(args.inputs[0], args.grad_output, args.grad_parameters[0], has_bias_ ? args.grad_parameters[1] : nullptr, args.scratch);
    if (args.grad_inputs[0] != nullptr) product_->backward_input(args.grad_output, packed_.data(), args.grad_inputs[0], args.scratch);
  }

 private:
  bool has_bias_;
  std::unique_ptr<kernels::InnerProduct> product_;
  Memory packed_;
};

/// Rows of a block are multiples of 16, so that vectors are full; blocks differ by at most 16 rows.
constexpr std::int64_t kRowUnit = 16;

class DenseBlocks : public BlockKernel {
 public:
  DenseBlocks(const Dense::Options& options, std::int64_t in_features, int blocks, const PrepareOptions& prepare)
      : has_bias_(options.bias), samples_(prepare.samples), in_features_(in_features), features_(options.features), precision_(prepare.precision) {
    const std::int64_t units = (features_ + kRowUnit - 1) / kRowUnit;
    for (int b = 0; b <= blocks; ++b) first_row_.push_back(std::min(features_, units * b / blocks * kRowUnit));
    for (int b = 0; b < blocks; ++b) {
      const std::int64_t rows = first_row_[static_cast<std::size_t>(b) + 1] - first_row_[static_cast<std::size_t>(b)];
      auto known = std::find_if(products_.begin(), products_.end(), [&](const auto& p) { return p.first == rows; });
      if (known == products_.end())
        known = products_.insert(products_.end(), {rows, kernels::make_inner_product({samples_, in_features_, rows}, precision_, has_bias_, prepare.wants_grad_input, Precision::f32)});
      block_products_.push_back(known->second);
      packed_.emplace_back(known->second->packed_bytes());
      product_scratch_ = std::max(product_scratch_, known->second->scratch_bytes());
      most_rows_ = std::max(most_rows_, rows);
      most_rows_unit_ = std::max(most_rows_unit_, known->second->row_unit());
    }
  }

  int blocks() const override { return static_cast<int>(block_products_.size()); }
  std::int64_t first_row(int block) const override { return first_row_[static_cast<std::size_t>(block)]; }
  std::size_t scratch_bytes() const override {
    return product_scratch_ + columns_bytes() + aligned(static_cast<std::size_t>(most_rows_unit_ * in_features_ + most_rows_) * sizeof(float));
  }
  std::size_t packed_bytes() const override {
    std::size_t bytes = 0;
    for (const auto& memory : packed_) bytes += memory.size();
    return bytes;
  }

  void load_block(int block, std::span<const float* const> parameters) override {
    product(block).pack(parameters[0] + first_row(block) * in_features_, packed_[static_cast<std::size_t>(block)].data());
  }

  void forward(int block, const void* input, void* output, std::span<const float* const> parameters, std::byte* scratch) const override {
    std::byte* columns = scratch + product_scratch_;
    product(block).forward(input, packed_[static_cast<std::size_t>(block)].data(), has_bias_ ? parameters[1] + first_row(block) : nullptr, columns, scratch);
    copy_columns(block, static_cast<std::byte*>(output), columns, false);
  }

  void backward(int block, const void* input, const void* grad_output, float* partial, std::span<const float* const> parameters, const RowsDone& rows_done,
                std::byte* scratch) override {
    std::byte* columns = scratch + product_scratch_;
    std::byte* packed = packed_[static_cast<std::size_t>(block)].data();
    copy_columns(block, static_cast<std::byte*>(const_cast<void*>(grad_output)), columns, true);
    if (partial != nullptr) product(block).backward_input(columns, packed, partial, scratch);
    if (!rows_done) return;
    float* grad_rows = reinterpret_cast<float*>(columns + columns_bytes());
    float* grad_bias = grad_rows + most_rows_unit_ * in_features_;
    const std::int64_t first = first_row(block), rows = first_row(block + 1) - first, unit = product(block).row_unit();
    product(block).backward_weight_packed(input, columns, has_bias_ ? grad_bias : nullptr, scratch);
    // A few rows at a time: unpacked, handed over and packed again while they are in cache.
    for (std::int64_t r = 0; r < rows; r += unit) {
      product(block).unpack_rows(scratch, r, unit, grad_rows);
      rows_done(0, first + r, unit, grad_rows);
      product(block).pack_rows(parameters[0] + first * in_features_, r, unit, packed);
    }
    if (has_bias_) rows_done(1, first, rows, grad_bias);
  }

 private:
  const kernels::InnerProduct& product(int block) const { return *block_products_[static_cast<std::size_t>(block)]; }
  std::size_t columns_bytes() const { return aligned(static_cast<std::size_t>(samples_ * most_rows_) * bytes_of(precision_)); }

  /// Between [N, K] and the block's own contiguous [N, rows]: oneDNN's fast kernels take no row stride.
  void copy_columns(int block, std::byte* whole, std::byte* columns, bool gather) const {
    const std::size_t width = bytes_of(precision_), first = static_cast<std::size_t>(first_row(block)) * width;
    const std::size_t rows = static_cast<std::size_t>(first_row(block + 1) - first_row(block)) * width, stride = static_cast<std::size_t>(features_) * width;
    for (std::size_t n = 0; n < static_cast<std::size_t>(samples_); ++n) {
      std::byte* outside = whole + n * stride + first;
      if (gather)
        std::memcpy(columns + n * rows, outside, rows);
      else
        std::memcpy(outside, columns + n * rows, rows);
    }
  }

  bool has_bias_;
  std::int64_t samples_, in_features_, features_;
  Precision precision_;
  std::vector<std::int64_t> first_row_;
  std::vector<std::pair<std::int64_t, std::shared_ptr<kernels::InnerProduct>>> products_;  ///< one per number of rows
  std::vector<std::shared_ptr<kernels::InnerProduct>> block_products_;
  std::vector<Memory> packed_;
  std::size_t product_scratch_ = 0;
  std::int64_t most_rows_ = 0, most_rows_unit_ = 0;
};

}  // namespace

SampleShape Dense::output_shape(std::span<const SampleShape> inputs) const {
  if (options_.features < 1 || inputs[0].size() < 1)
    throw ShapeError(Complaint{"dense", "at least one input and one output feature", fmt::format("{} -> {}", inputs[0].text(), options_.features), "Set features"});
  return {1, 1, options_.features};
}

std::vector<ParameterSpec> Dense::parameters(std::span<const SampleShape> inputs) const {
  const std::int64_t in = inputs[0].size();
  Initialisation start{.kind = options_.initialisation, .value = options_.gain, .gain = options_.gain, .fan_in = in, .fan_out = options_.features};
  std::vector<ParameterSpec> specs{{.name = "weight", .shape = {options_.features, in}, .initialisation = start, .decays = true, .has_norm_bound = true}};
  if (options_.bias) specs.push_back({.name = "bias", .shape = {options_.features}, .initialisation = {}, .decays = options_.bias_decays});
  return specs;
}

Cost Dense::cost(std::span<const SampleShape> inputs) const {
  const std::int64_t macs = inputs[0].size() * options_.features;
  return {macs, macs, macs};
}

std::string Dense::summary() const { return fmt::format("dense {}", options_.features); }

std::unique_ptr<Kernel> Dense::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return std::make_unique<DenseKernel>(options_, inputs[0].size(), options);
}

int Dense::output_blocks(std::span<const SampleShape> inputs) const {
  if (options_.features < kBlockedFeatures || inputs[0].size() * options_.features < kBlockedWeights) return 0;
  // About 128 rows a block: enough for full speed of the product, few enough that the sum over blocks stays cheap.
  return static_cast<int>(std::clamp<std::uint64_t>(std::bit_floor(static_cast<std::uint64_t>(options_.features) / 128), 2, 16));
}

std::unique_ptr<BlockKernel> Dense::prepare_blocks(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return std::make_unique<DenseBlocks>(options_, inputs[0].size(), output_blocks(inputs), options);
}

}  // namespace reprise::layers
