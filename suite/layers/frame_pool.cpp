#include "suite/layers/frame_pool.hpp"

#include <fmt/format.h>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"
#include "suite/layers/pooling_windows.hpp"

namespace reprise::layers {

namespace {

constexpr std::int64_t kMaxWindow = 256;  // a winner is saved in one byte

/// Windows along a column whose cells are frames.
template <class T>
class PreparedFramePool : public PreparedWindow {
 public:
  PreparedFramePool(const kernels::WindowGeometry& geometry, FramePool::Kind kind, int samples)
      : PreparedWindow(geometry, samples, sizeof(T)), takes_maximum_(kind == FramePool::Kind::maximum) {}

  std::size_t saved_bytes() const override { return takes_maximum_ ? static_cast<std::size_t>(samples_ * output_size_) : 0; }

  void forward(const ForwardArgs& args) const override {
    for (int n = 0; n < samples_; ++n) {
      const T* input = typed<T>(args.inputs[0]) + n * input_size_;
      T* output = typed<T>(args.output) + n * output_size_;
      if (takes_maximum_)
        vector_of<T>().max_pool(input, geometry_, output, argmax(args.saved, n));
      else
        vector_of<T>().average_pool(input, geometry_, output);
    }
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    for (int n = 0; n < samples_; ++n) {
      T* grad_input = typed<T>(args.grad_inputs[0]) + n * input_size_;
      const T* grad_output = typed<T>(args.grad_output) + n * output_size_;
      if (takes_maximum_)
        vector_of<T>().max_pool_grad(grad_output, argmax(args.saved, n), geometry_, grad_input, sums(grad_input, args.scratch));
      else
        vector_of<T>().average_pool_grad(grad_output, geometry_, grad_input, sums(grad_input, args.scratch));
    }
  }

 private:
  /// Null when nothing is kept for a backward pass.
  std::uint8_t* argmax(std::byte* saved, int n) const {
    return saved == nullptr ? nullptr : reinterpret_cast<std::uint8_t*>(saved) + n * output_size_;
  }

  bool takes_maximum_;
};

}  // namespace

std::int64_t frame_windows(std::string_view kind, std::int64_t frames, std::int64_t& window, std::int64_t stride) {
  if (window == 0) window = frames;
  if (frames < 1 || window < 1 || window > frames || stride < 1)
    throw InputError(Complaint{std::string(kind), "at least one frame, a window of 1 to all frames, a stride of at least 1",
                               fmt::format("{} frames, window {}, stride {}", frames, window, stride), "Correct the numbers"});
  return (frames - window) / stride + 1;
}

SampleShape frame_of(std::string_view kind, const SampleShape& clip, std::int64_t frames) {
  if (clip.height % frames != 0)
    throw ShapeError(
        Complaint{std::string(kind), fmt::format("{} frames, one below the other", frames), clip.text(), "Correct the number of frames"});
  return {clip.height / frames, clip.width, clip.channels};
}

FramePool::FramePool(Options options) : options_(options) {
  frame_windows("frame_pool", options_.frames, options_.window, options_.stride);
  if (options_.kind == Kind::maximum && options_.window > kMaxWindow)
    throw InputError(Complaint{"frame_pool maximum", "a window of at most 256 frames", fmt::format("{}", options_.window),
                               "Pool in shorter windows first"});
}

SampleShape FramePool::output_shape(std::span<const SampleShape> inputs) const {
  SampleShape shape = frame_of(kind(), only_input(kind(), inputs), options_.frames);
  std::int64_t window = options_.window;
  shape.height *= frame_windows(kind(), options_.frames, window, options_.stride);
  return shape;
}

std::vector<Fact> FramePool::facts() const {
  const bool whole = options_.window == options_.frames;
  const char* name = options_.kind == Kind::maximum ? "maximum" : "mean";
  return {{"kind", std::string(name), fmt::format(" {}", name)},
          {"frames", options_.frames, fmt::format(" of {} frames", options_.frames)},
          {"window", options_.window, whole ? "" : fmt::format(" in windows of {}", options_.window)},
          {"stride", options_.stride, whole ? "" : fmt::format(", stride {}", options_.stride)}};
}

std::unique_ptr<PreparedLayer> FramePool::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  kernels::WindowGeometry geometry;
  geometry.height = options_.frames;
  geometry.channels = frame_of(kind(), only_input(kind(), inputs), options_.frames).size();
  geometry.window_height = options_.window;
  geometry.stride = options_.stride;
  std::int64_t window = options_.window;
  geometry.out_height = frame_windows(kind(), options_.frames, window, options_.stride);
  return make_prepared<PreparedFramePool>(options.precision, geometry, options_.kind, options.samples);
}

}  // namespace reprise::layers
