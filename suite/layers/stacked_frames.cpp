#include "suite/layers/stacked_frames.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "suite/layers/float_buffers.hpp"
#include "suite/layers/frame_pool.hpp"

namespace reprise::layers {

namespace {

/// Legend: L frames of a window, P positions and C channels of a frame.
struct Stack {
  std::int64_t frames, windows, window, stride, positions, channels;
  std::int64_t frame() const { return positions * channels; }
  std::int64_t input() const { return frames * frame(); }
  std::int64_t output() const { return windows * window * frame(); }
};

template <class T>
class PreparedStackedFrames : public PreparedLayer {
 public:
  PreparedStackedFrames(const Stack& stack, int samples) : stack_(stack), samples_(samples) {}

  /// The gradient of one sample, and a row of channels.
  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(stack_.input() + stack_.channels) * sizeof(float); }

  void forward(const ForwardArgs& args) const override {
    for (int n = 0; n < samples_; ++n) {
      const T* input = typed<T>(args.inputs[0]) + n * stack_.input();
      T* output = typed<T>(args.output) + n * stack_.output();
      for_each_row([&](std::int64_t from, std::int64_t to) { std::copy_n(input + from, stack_.channels, output + to); });
    }
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    float* sums = floats(args.scratch);
    float* room = sums + stack_.input();
    for (int n = 0; n < samples_; ++n) {
      const T* grad_output = typed<T>(args.grad_output) + n * stack_.output();
      std::fill_n(sums, stack_.input(), 0.0f);
      for_each_row([&](std::int64_t from, std::int64_t to) {
        kernels::vector_kernels().accumulate(sums + from, read<T>(grad_output + to, stack_.channels, room), stack_.channels);
      });
      write<T>(sums, stack_.input(), typed<T>(args.grad_inputs[0]) + n * stack_.input());
    }
  }

 private:
  /// Of input and output, where the same channels are, window after window.
  template <class Visit>
  void for_each_row(const Visit& visit) const {
    const Stack& s = stack_;
    for (std::int64_t k = 0; k < s.windows; ++k)
      for (std::int64_t p = 0; p < s.positions; ++p)
        for (std::int64_t l = 0; l < s.window; ++l)
          visit((k * s.stride + l) * s.frame() + p * s.channels, ((k * s.positions + p) * s.window + l) * s.channels);
  }

  Stack stack_;
  int samples_;
};

}  // namespace

StackedFrames::StackedFrames(Options options) : options_(options) {
  frame_windows("stacked_frames", options_.frames, options_.window, options_.stride);
}

SampleShape StackedFrames::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape frame = frame_of(kind(), only_input(kind(), inputs), options_.frames);
  std::int64_t window = options_.window;
  return {frame.height * frame_windows(kind(), options_.frames, window, options_.stride), frame.width, frame.channels * window};
}

std::vector<Fact> StackedFrames::facts() const {
  return {{"frames", options_.frames, fmt::format(" {}", options_.frames)},
          {"window", options_.window, fmt::format(" in windows of {}", options_.window)},
          {"stride", options_.stride, fmt::format(", stride {}", options_.stride)}};
}

std::unique_ptr<PreparedLayer> StackedFrames::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  const SampleShape frame = frame_of(kind(), only_input(kind(), inputs), options_.frames);
  std::int64_t window = options_.window;
  const std::int64_t windows = frame_windows(kind(), options_.frames, window, options_.stride);
  return make_prepared<PreparedStackedFrames>(
      options.precision, Stack{options_.frames, windows, window, options_.stride, frame.positions(), frame.channels}, options.samples);
}

}  // namespace reprise::layers
