#include "suite/layers/kl_sparsity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

constexpr double kClip = 1e-6;  // keeps the gradient finite for a unit that is always off or always on

double clipped(double mean) {
  return std::clamp(mean, kClip, 1.0 - kClip);
}

/// Coupled floats: the gradient added to every value of a channel, then the channel's mean; C each.
template <class T>
class PreparedKlSparsity : public PreparedLayer {
 public:
  PreparedKlSparsity(const KlSparsity::Options& options, const SampleShape& shape, int samples)
      : options_(options),
        positions_(shape.positions()),
        channels_(shape.channels),
        samples_(samples),
        factors_(2 * static_cast<std::size_t>(channels_)) {
    std::fill_n(factors_.begin() + channels_, channels_, 1.0f);
  }

  /// The vector kernel sums squares as well; they are not used.
  int statistics() const override { return static_cast<int>(2 * channels_); }
  std::size_t coupled_floats() const override { return static_cast<std::size_t>(2 * channels_); }

  void shard_statistics(const ForwardArgs& args, double* sums) const override {
    vector_of<T>().sums(typed<T>(args.inputs[0]), args.shard.valid * positions_, channels_, sums, sums + channels_);
  }

  void finish_forward(const double* sums, std::int64_t count, std::span<const float* const>, std::span<float* const>,
                      float* coupled) const override {
    const double values = static_cast<double>(count * positions_);
    for (std::int64_t c = 0; c < channels_; ++c) {
      const double mean = sums[c] / values, q = clipped(mean);
      coupled[c] = static_cast<float>(options_.weight * ((1.0 - options_.target) / (1.0 - q) - options_.target / q) / values);
      coupled[channels_ + c] = static_cast<float>(mean);
    }
  }

  void forward(const ForwardArgs& args) const override { move(args.inputs[0], args.output, rows()); }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    const T* grad_output = typed<T>(args.grad_output);
    T* grad_input = typed<T>(args.grad_inputs[0]);
    const std::int64_t penalised = args.shard.mode == Mode::train ? args.shard.valid * positions_ : 0;
    const float* zero = factors_.data();
    vector_of<T>().affine(grad_output, channels_, grad_input, penalised, channels_, zero, zero + channels_,
                          penalised > 0 ? args.coupled : zero, false);
    move(grad_output + penalised * channels_, grad_input + penalised * channels_, rows() - penalised);
  }

 private:
  std::int64_t rows() const { return samples_ * positions_; }
  void move(const void* from, void* to, std::int64_t row_count) const {
    if (from != to) std::memcpy(to, from, static_cast<std::size_t>(row_count * channels_) * sizeof(T));
  }

  KlSparsity::Options options_;
  std::int64_t positions_, channels_;
  int samples_;
  std::vector<float> factors_;  // C zeros, C ones
};

}  // namespace

KlSparsity::KlSparsity(Options options) : options_(options) {
  if (!(options_.target > 0 && options_.target < 1))
    throw InputError(
        Complaint{"kl_sparsity target", "a mean activation between 0 and 1", fmt::format("{}", options_.target), "0.05 is usual"});
  if (!(options_.weight >= 0))
    throw InputError(Complaint{"kl_sparsity weight", "0 or more", fmt::format("{}", options_.weight), "change the model's options"});
}

double KlSparsity::penalty(std::span<const float> means) const {
  const double a = options_.target;
  double sum = 0;
  for (const float mean : means) {
    const double q = clipped(static_cast<double>(mean));
    sum += a * std::log(a / q) + (1.0 - a) * std::log((1.0 - a) / (1.0 - q));
  }
  return options_.weight * sum;
}

std::vector<Fact> KlSparsity::facts() const {
  return {{"target", options_.target, fmt::format(", target {}", options_.target)},
          {"weight", options_.weight, fmt::format(", weight {}", options_.weight)}};
}

std::unique_ptr<PreparedLayer> KlSparsity::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedKlSparsity>(options.precision, options_, only_input(kind(), inputs), options.samples);
}

}  // namespace reprise::layers
