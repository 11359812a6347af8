#include "suite/layers/channel_shuffle.hpp"

#include <fmt/format.h>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedShuffle : public PreparedLayer {
 public:
  PreparedShuffle(std::int64_t groups, std::int64_t channels, std::int64_t positions)
      : groups_(groups), in_group_(channels / groups), positions_(positions) {}

  void forward(const ForwardArgs& args) const override { move(typed<T>(args.inputs[0]), in_group_, groups_, typed<T>(args.output)); }
  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] != nullptr) move(typed<T>(args.grad_output), groups_, in_group_, typed<T>(args.grad_inputs[0]));
  }

 private:
  /// Each position's [columns, rows] transposed: a value's place i + columns g becomes g + rows i.
  void move(const T* from, std::int64_t columns, std::int64_t rows, T* to) const {
    for (std::int64_t p = 0; p < positions_; ++p, from += columns * rows, to += columns * rows)
      for (std::int64_t i = 0; i < columns; ++i)
        for (std::int64_t g = 0; g < rows; ++g) to[i * rows + g] = from[g * columns + i];
  }

  std::int64_t groups_, in_group_, positions_;  ///< channels of a group; positions of the shard
};

}  // namespace

SampleShape ChannelShuffle::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& in = only_input(kind(), inputs);
  if (options_.groups < 1 || in.channels % options_.groups != 0)
    throw ShapeError(Complaint{"channel_shuffle", fmt::format("groups dividing {} channels {}", in.channels, in.text()),
                               fmt::format("groups = {}", options_.groups), "Choose other groups or widths"});
  return in;
}

std::vector<Fact> ChannelShuffle::facts() const {
  return {{"groups", options_.groups, fmt::format(" {} groups", options_.groups)}};
}

std::unique_ptr<PreparedLayer> ChannelShuffle::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedShuffle>(options.precision, options_.groups, inputs[0].channels, inputs[0].positions() * options.samples);
}

}  // namespace reprise::layers
