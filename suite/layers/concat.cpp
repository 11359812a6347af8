#include "suite/layers/concat.hpp"

#include <cstring>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

/// Copies rows of channels that are not yet in their place; the numbers themselves are not looked at.
class PreparedConcat : public PreparedLayer {
 public:
  PreparedConcat(std::span<const SampleShape> inputs, const SampleShape& output, const PrepareOptions& options)
      : rows_(output.positions() * options.samples), channels_(output.channels), value_bytes_(bytes_of(options.precision)) {
    for (const SampleShape& input : inputs) part_bytes_.push_back(static_cast<std::size_t>(input.channels) * value_bytes_);
  }

  void forward(const ForwardArgs& args) const override {
    auto* output = static_cast<std::byte*>(args.output);
    for (std::size_t k = 0; k < part_bytes_.size(); ++k) {
      if (args.inputs[k] != output)
        copy_rows(static_cast<const std::byte*>(args.inputs[k]), part_bytes_[k], output, row_bytes(args.output_pitch), part_bytes_[k]);
      output += part_bytes_[k];
    }
  }

  void backward(const BackwardArgs& args) const override {
    const auto* grad_output = static_cast<const std::byte*>(args.grad_output);
    for (std::size_t k = 0; k < part_bytes_.size(); ++k) {
      if (args.grad_inputs[k] != nullptr && args.grad_inputs[k] != grad_output)
        copy_rows(grad_output, row_bytes(args.grad_output_pitch), static_cast<std::byte*>(args.grad_inputs[k]), part_bytes_[k],
                  part_bytes_[k]);
      grad_output += part_bytes_[k];
    }
  }

 private:
  std::size_t row_bytes(std::int64_t pitch) const { return static_cast<std::size_t>(pitch > 0 ? pitch : channels_) * value_bytes_; }
  void copy_rows(const std::byte* from, std::size_t from_stride, std::byte* to, std::size_t to_stride, std::size_t bytes) const {
    for (std::int64_t row = 0; row < rows_; ++row, from += from_stride, to += to_stride) std::memcpy(to, from, bytes);
  }

  std::int64_t rows_, channels_;
  std::size_t value_bytes_;
  std::vector<std::size_t> part_bytes_;
};

}  // namespace

SampleShape Concat::output_shape(std::span<const SampleShape> inputs) const {
  if (inputs.empty()) throw ShapeError(Complaint{"concat", "one or more inputs", "none", "name what is to be joined"});
  SampleShape output{inputs[0].height, inputs[0].width, 0};
  for (const SampleShape& input : inputs) {
    if (input.height != output.height || input.width != output.width)
      throw ShapeError(
          Complaint{"concat", "inputs as high and wide as the first, " + inputs[0].text(), input.text(), "pool or pad one of them"});
    output.channels += input.channels;
  }
  return output;
}

std::unique_ptr<PreparedLayer> Concat::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return std::make_unique<PreparedConcat>(inputs, output_shape(inputs), options);
}

}  // namespace reprise::layers
