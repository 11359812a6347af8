#include "suite/layers/dense.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "suite/errors.hpp"
#include "suite/kernels/block_product.hpp"
#include "suite/kernels/onednn/inner_product.hpp"
#include "suite/layers/layer_checks.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::layers {

namespace {

class PreparedDense : public PreparedLayer {
 public:
  PreparedDense(const Dense::Options& options, std::int64_t in_features, const PrepareOptions& prepare)
      : has_bias_(options.bias),
        product_(kernels::make_inner_product({prepare.samples, in_features, options.features}, prepare.precision, options.bias,
                                             prepare.wants_grad_input)),
        packed_(product_->packed_bytes()) {}

  std::size_t scratch_bytes() const override { return product_->scratch_bytes(); }
  std::size_t packed_bytes() const override { return packed_.size(); }
  void load_weights(std::span<const float* const> parameters) override { product_->pack(parameters[0], packed_.data()); }

  void forward(const ForwardArgs& args) const override {
    product_->forward(args.inputs[0], packed_.data(), has_bias_ ? args.parameters[1] : nullptr, args.output, args.scratch);
  }

  void backward(const BackwardArgs& args) const override {
    if (!args.grad_parameters.empty())
      product_->backward_weight(args.inputs[0], args.grad_output, args.grad_parameters[0], has_bias_ ? args.grad_parameters[1] : nullptr,
                                args.scratch);
    if (args.grad_inputs[0] != nullptr) product_->backward_input(args.grad_output, packed_.data(), args.grad_inputs[0], args.scratch);
  }

 private:
  bool has_bias_;
  std::unique_ptr<kernels::InnerProduct> product_;
  Memory packed_;
};

class PreparedDensePartitions : public PreparedPartitions {
 public:
  PreparedDensePartitions(const Dense::Options& options, std::int64_t in_features, int partitions, const PrepareOptions& prepare)
      : has_bias_(options.bias),
        in_features_(in_features),
        precision_(prepare.precision),
        first_row_(first_rows(options.features, partitions)),
        max_rows_(max_rows(first_row_)),
        product_(prepare.samples, in_features, options.features, max_rows_, prepare.precision) {}

  int partitions() const override { return static_cast<int>(first_row_.size()) - 1; }
  std::int64_t first_row(int partition) const override { return first_row_[static_cast<std::size_t>(partition)]; }
  std::size_t scratch_bytes() const override { return bias_bytes() + product_.scratch_bytes(); }

  void forward(int partition, const void* input, void* output, std::span<const float* const> parameters,
               std::byte* scratch) const override {
    const std::int64_t first = first_row(partition);
    std::byte* columns = static_cast<std::byte*>(output) + static_cast<std::size_t>(first) * bytes_of(precision_);
    product_.forward(input, parameters[0] + first * in_features_, has_bias_ ? parameters[1] + first : nullptr, rows(partition), columns,
                     scratch);
  }

  void backward(int partition, const void* input, const void* grad_output, float* partial, std::span<const float* const> parameters,
                const RowsDone& rows_done, const float* state, std::byte* scratch) const override {
    const std::int64_t first = first_row(partition);
    float* grad_bias = has_bias_ ? reinterpret_cast<float*>(scratch) : nullptr;
    const auto* columns = static_cast<const std::byte*>(grad_output) + static_cast<std::size_t>(first) * bytes_of(precision_);
    kernels::BlockProduct::RowsDone weight_done;
    if (rows_done)
      weight_done = [&rows_done, first](std::int64_t row, std::int64_t count, const float* gradient) {
        rows_done(0, first + row, count, gradient);
      };
    product_.backward(input, columns, parameters[0] + first * in_features_, rows(partition), partial, grad_bias, weight_done,
                      state == nullptr ? nullptr : state + first * in_features_, scratch + bias_bytes());
    if (rows_done && has_bias_) rows_done(1, first, rows(partition), grad_bias);
  }

 private:
  /// Partitions start at multiples of 16 rows, so that vectors are full, and differ by at most 16.
  static std::vector<std::int64_t> first_rows(std::int64_t features, int partitions) {
    constexpr std::int64_t kRowUnit = 16;
    const std::int64_t units = (features + kRowUnit - 1) / kRowUnit;
    std::vector<std::int64_t> first;
    for (int b = 0; b <= partitions; ++b) first.push_back(std::min(features, units * b / partitions * kRowUnit));
    return first;
  }
  static std::int64_t max_rows(const std::vector<std::int64_t>& first_row) {
    std::int64_t most = 0;
    for (std::size_t b = 1; b < first_row.size(); ++b) most = std::max(most, first_row[b] - first_row[b - 1]);
    return most;
  }
  std::int64_t rows(int partition) const { return first_row(partition + 1) - first_row(partition); }
  std::size_t bias_bytes() const { return aligned(static_cast<std::size_t>(max_rows_) * sizeof(float)); }

  bool has_bias_;
  std::int64_t in_features_;
  Precision precision_;
  std::vector<std::int64_t> first_row_;
  std::int64_t max_rows_;
  kernels::BlockProduct product_;
};

}  // namespace

SampleShape Dense::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& in = only_input(kind(), inputs);
  if (options_.features < 1 || in.size() < 1)
    throw ShapeError(Complaint{"dense", "at least one input and one output feature", fmt::format("{} -> {}", in.text(), options_.features),
                               "Set features"});
  return {1, 1, options_.features};
}

std::vector<ParameterSpec> Dense::parameters(std::span<const SampleShape> inputs) const {
  const std::int64_t in = inputs[0].size();
  Initialisation start{
      .kind = options_.initialisation, .value = options_.gain, .gain = options_.gain, .fan_in = in, .fan_out = options_.features};
  std::vector<ParameterSpec> specs{
      {.name = "weight", .shape = {options_.features, in}, .initialisation = start, .decays = true, .has_norm_bound = true}};
  if (options_.bias)
    specs.push_back(
        {.name = "bias", .shape = {options_.features}, .initialisation = {.value = options_.bias_start}, .decays = options_.bias_decays});
  return specs;
}

Cost Dense::cost(std::span<const SampleShape> inputs) const {
  const std::int64_t macs = inputs[0].size() * options_.features;
  return {macs, macs, macs};
}

std::vector<Fact> Dense::facts() const {
  return {{"features", options_.features, fmt::format(" {}", options_.features)}};
}

std::unique_ptr<PreparedLayer> Dense::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return std::make_unique<PreparedDense>(options_, inputs[0].size(), options);
}

int Dense::output_partitions(std::span<const SampleShape> inputs) const {
  if (options_.features < kBlockedFeatures || inputs[0].size() * options_.features < kBlockedWeights) return 0;
  // About 128 rows a partition: enough for full speed of the product, few enough that the sum over partitions stays cheap.
  return static_cast<int>(std::clamp<std::uint64_t>(std::bit_floor(static_cast<std::uint64_t>(options_.features) / 128), 2, 16));
}

std::unique_ptr<PreparedPartitions> Dense::prepare_partitions(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return std::make_unique<PreparedDensePartitions>(options_, inputs[0].size(), output_partitions(inputs), options);
}

}  // namespace reprise::layers
