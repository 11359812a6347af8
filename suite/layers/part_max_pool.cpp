#include "suite/layers/part_max_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

constexpr std::int64_t kMaxPositions = 65536;  // a winner is saved in two bytes

/// Where part i of n of `extent` begins.
std::int64_t first_of(std::int64_t part, std::int64_t extent, std::int64_t parts) {
  return (part * extent + parts - 1) / parts;
}

/// Rows and columns [top, bottom) x [left, right) of the input.
struct Part {
  std::int64_t top, bottom, left, right;
  std::int64_t width() const { return right - left; }
  std::int64_t positions() const { return (bottom - top) * width(); }
};

template <class T>
class PreparedPartMaxPool : public PreparedLayer {
 public:
  PreparedPartMaxPool(std::int64_t parts, const SampleShape& input, int samples) : input_(input), samples_(samples) {
    for (std::int64_t i = 0; i < parts; ++i)
      for (std::int64_t j = 0; j < parts; ++j)
        parts_.push_back({first_of(i, input.height, parts), first_of(i + 1, input.height, parts), first_of(j, input.width, parts),
                          first_of(j + 1, input.width, parts)});
    for (const Part& part : parts_) largest_ = std::max(largest_, part.positions());
  }

  std::size_t saved_bytes() const override {
    return static_cast<std::size_t>(samples_ * count() * input_.channels) * sizeof(std::uint16_t);
  }
  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(largest_ * input_.channels) * sizeof(T); }

  void forward(const ForwardArgs& args) const override {
    T* gathered = typed<T>(static_cast<void*>(args.scratch));
    for (std::int64_t n = 0; n < samples_; ++n)
      for (std::int64_t p = 0; p < count(); ++p) {
        const Part& part = parts_[static_cast<std::size_t>(p)];
        const T* sample = typed<T>(args.inputs[0]) + n * input_.size();
        for (std::int64_t y = part.top; y < part.bottom; ++y)
          std::memcpy(gathered + row_of(part, y), sample + place(y, part.left), row_bytes(part));
        const std::int64_t to = (n * count() + p) * input_.channels;
        vector_of<T>().global_max(gathered, part.positions(), input_.channels, typed<T>(args.output) + to, winners(args.saved, to));
      }
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    T* spread = typed<T>(static_cast<void*>(args.scratch));
    for (std::int64_t n = 0; n < samples_; ++n)
      for (std::int64_t p = 0; p < count(); ++p) {
        const Part& part = parts_[static_cast<std::size_t>(p)];
        const std::int64_t from = (n * count() + p) * input_.channels;
        vector_of<T>().global_max_grad(typed<T>(args.grad_output) + from, winners(args.saved, from), part.positions(), input_.channels,
                                       spread);
        T* sample = typed<T>(args.grad_inputs[0]) + n * input_.size();
        for (std::int64_t y = part.top; y < part.bottom; ++y)
          std::memcpy(sample + place(y, part.left), spread + row_of(part, y), row_bytes(part));
      }
  }

 private:
  std::int64_t count() const { return static_cast<std::int64_t>(parts_.size()); }
  std::int64_t place(std::int64_t row, std::int64_t column) const { return (row * input_.width + column) * input_.channels; }
  std::int64_t row_of(const Part& part, std::int64_t row) const { return (row - part.top) * part.width() * input_.channels; }
  std::size_t row_bytes(const Part& part) const { return static_cast<std::size_t>(part.width() * input_.channels) * sizeof(T); }
  /// Null when nothing is kept for a backward pass.
  static std::uint16_t* winners(std::byte* saved, std::int64_t at) {
    return saved == nullptr ? nullptr : reinterpret_cast<std::uint16_t*>(saved) + at;
  }

  SampleShape input_;
  std::int64_t samples_;
  std::vector<Part> parts_;
  std::int64_t largest_ = 0;
};

}  // namespace

PartMaxPool::PartMaxPool(Options options) : options_(options) {
  if (options_.parts < 1)
    throw InputError(Complaint{"part_max_pool parts", "at least 1", fmt::format("{}", options_.parts), "Correct the number"});
}

SampleShape PartMaxPool::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& input = only_input(kind(), inputs);
  if (std::min(input.height, input.width) < options_.parts)
    throw ShapeError(Complaint{"part_max_pool", fmt::format("at least {0} rows and {0} columns", options_.parts), input.text(),
                               "Lower the number of parts"});
  const std::int64_t rows = input.height / options_.parts + 1, columns = input.width / options_.parts + 1;
  if (rows * columns > kMaxPositions)
    throw ShapeError(Complaint{"part_max_pool", "parts of at most 65536 positions", input.text(), "Raise the number of parts"});
  return {options_.parts, options_.parts, input.channels};
}

std::vector<Fact> PartMaxPool::facts() const {
  return {{"parts", options_.parts, fmt::format(" {0}x{0}", options_.parts)}};
}

std::unique_ptr<PreparedLayer> PartMaxPool::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  output_shape(inputs);
  return make_prepared<PreparedPartMaxPool>(options.precision, options_.parts, only_input(kind(), inputs), options.samples);
}

}  // namespace reprise::layers
