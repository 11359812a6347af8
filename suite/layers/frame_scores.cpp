#include "suite/layers/frame_scores.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "suite/errors.hpp"
#include "suite/layers/float_buffers.hpp"

namespace reprise::layers {

namespace {

constexpr std::array<std::string_view, 4> kNames{"last", "maximum", "mean", "weighted"};  // in the order of FrameAverage
constexpr float kLeast = 1e-30f;

template <class T>
class PreparedFrameScores : public PreparedLayer {
 public:
  PreparedFrameScores(FrameAverage average, const SampleShape& input, int samples)
      : average_(average), frames_(input.height), classes_(input.channels), samples_(samples) {
    double sum = 0;
    for (std::int64_t t = 0; t < frames_; ++t) sum += share(t);
    for (std::int64_t t = 0; t < frames_; ++t) shares_.push_back(static_cast<float>(share(t) / sum));
  }

  /// Logits, probabilities and gradients of one sample, and three rows of classes.
  std::size_t scratch_bytes() const override { return static_cast<std::size_t>((3 * frames_ + 3) * classes_) * sizeof(float); }

  void forward(const ForwardArgs& args) const override {
    const Rooms rooms = rooms_in(args.scratch);
    for (int n = 0; n < samples_; ++n) {
      average(typed<T>(args.inputs[0]) + n * size(), rooms);
      for (std::int64_t k = 0; k < classes_; ++k) rooms.scores[k] = std::max(rooms.scores[k], kLeast);
      kernels::vector_kernels().log(rooms.scores, rooms.row, classes_);
      write<T>(rooms.row, classes_, typed<T>(args.output) + n * classes_);
    }
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    const Rooms rooms = rooms_in(args.scratch);
    for (int n = 0; n < samples_; ++n) {
      average(typed<T>(args.inputs[0]) + n * size(), rooms);
      const float* grad = read<T>(typed<T>(args.grad_output) + n * classes_, classes_, rooms.grad);
      for (std::int64_t k = 0; k < classes_; ++k) rooms.row[k] = grad[k] / std::max(rooms.scores[k], kLeast);
      for (std::int64_t t = 0; t < frames_; ++t)
        for (std::int64_t k = 0; k < classes_; ++k)
          rooms.gradients[t * classes_ + k] = average_ == FrameAverage::maximum ? (winner(rooms, k) == t ? rooms.row[k] : 0.0f)
                                                                                : shares_[static_cast<std::size_t>(t)] * rooms.row[k];
      vector_of<float>().softmax_grad(rooms.probabilities, rooms.gradients, rooms.gradients, frames_, classes_, 1);
      write<T>(rooms.gradients, size(), typed<T>(args.grad_inputs[0]) + n * size());
    }
  }

 private:
  struct Rooms {
    float *logits, *probabilities, *gradients, *scores, *row, *grad;
  };
  std::int64_t size() const { return frames_ * classes_; }
  Rooms rooms_in(std::byte* scratch) const {
    float* room = floats(scratch);
    float* rows = room + 3 * size();
    return {room, room + size(), room + 2 * size(), rows, rows + classes_, rows + 2 * classes_};
  }

  double share(std::int64_t t) const {
    switch (average_) {
      case FrameAverage::last:
        return t + 1 == frames_ ? 1 : 0;
      case FrameAverage::weighted:
        return frame_gain(t, frames_);
      case FrameAverage::maximum:
      case FrameAverage::mean:
        break;
    }
    return 1;
  }

  std::int64_t winner(const Rooms& rooms, std::int64_t k) const {
    std::int64_t best = 0;
    for (std::int64_t t = 1; t < frames_; ++t)
      if (rooms.probabilities[t * classes_ + k] > rooms.probabilities[best * classes_ + k]) best = t;
    return best;
  }

  /// rooms.probabilities and rooms.scores of a sample.
  void average(const T* sample, const Rooms& rooms) const {
    const float* logits = read<T>(sample, size(), rooms.logits);
    vector_of<float>().softmax(logits, rooms.probabilities, frames_, classes_, 1);
    for (std::int64_t k = 0; k < classes_; ++k) {
      float score = 0;
      for (std::int64_t t = 0; t < frames_; ++t) {
        const float probability = rooms.probabilities[t * classes_ + k];
        score = average_ == FrameAverage::maximum ? std::max(score, probability)
                                                  : std::fma(shares_[static_cast<std::size_t>(t)], probability, score);
      }
      rooms.scores[k] = score;
    }
  }

  FrameAverage average_;
  std::int64_t frames_, classes_;
  int samples_;
  std::vector<float> shares_;  // of each frame; they add up to 1
};

}  // namespace

FrameAverage frame_average(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end())
    throw InputError(
        Complaint{"average over frames", fmt::format("one of {}", fmt::join(kNames, ", ")), fmt::format("'{}'", name), "Correct the name"});
  return static_cast<FrameAverage>(found - kNames.begin());
}

SampleShape FrameScores::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& input = only_input(kind(), inputs);
  if (input.width != 1)
    throw ShapeError(Complaint{"frame_scores", "logits of each frame, [T, 1, K]", input.text(), "Put a dense layer over frames in front"});
  return {1, 1, input.channels};
}

std::vector<Fact> FrameScores::facts() const {
  const std::string_view name = kNames[static_cast<std::size_t>(options_.average)];
  return {{"average", std::string(name), fmt::format(" {}", name)}};
}

std::unique_ptr<PreparedLayer> FrameScores::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  output_shape(inputs);
  return make_prepared<PreparedFrameScores>(options.precision, options_.average, inputs[0], options.samples);
}

}  // namespace reprise::layers
