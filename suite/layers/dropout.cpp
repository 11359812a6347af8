#include "suite/layers/dropout.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"
#include "suite/layers/random_streams.hpp"

namespace reprise::layers {

namespace {

const char* name_of(DropoutForm form) {
  switch (form) {
    case DropoutForm::inverted:
      return "inverted";
    case DropoutForm::gaussian:
      return "gaussian";
    default:
      return "non_inverted";
  }
}

template <class T>
class PreparedDropout : public PreparedLayer {
 public:
  PreparedDropout(const Dropout::Options& options, std::int64_t size, const PrepareOptions& prepare)
      : options_(options), size_(size), samples_(prepare.samples), name_hash_(prepare.name_hash) {}

  void forward(const ForwardArgs& args) const override { multiply(typed<T>(args.inputs[0]), typed<T>(args.output), args.shard); }

  void backward(const BackwardArgs& args) const override {
    // Every form is a product, so its gradient is the same product.
    if (args.grad_inputs[0] != nullptr) multiply(typed<T>(args.grad_output), typed<T>(args.grad_inputs[0]), args.shard);
  }

 private:
  void multiply(const T* from, T* to, const ShardInfo& shard) const {
    if (shard.mode == Mode::infer) return multiply_by_mean(from, to);
    for (int n = 0; n < samples_; ++n) {
      const kernels::MaskStream stream = dropout_stream(shard, n, name_hash_);
      const T* input = from + n * size_;
      T* output = to + n * size_;
      if (options_.form == DropoutForm::gaussian)
        vector_of<T>().gaussian_noise(input, output, size_, stream, deviation());
      else
        vector_of<T>().dropout(input, output, size_, stream, dropout_threshold(options_.keep), kept());
    }
  }

  void multiply_by_mean(const T* from, T* to) const {
    const std::int64_t count = size_ * samples_;
    if (options_.form == DropoutForm::non_inverted)
      vector_of<T>().scale(from, static_cast<float>(options_.keep), to, count);
    else if (from != to)
      std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(T));
  }

  float kept() const { return options_.form == DropoutForm::inverted ? static_cast<float>(1.0 / options_.keep) : 1.0f; }
  float deviation() const { return static_cast<float>(std::sqrt((1.0 - options_.keep) / options_.keep)); }

  Dropout::Options options_;
  std::int64_t size_;  // values of a sample
  int samples_;
  std::uint32_t name_hash_;
};

}  // namespace

Dropout::Dropout(Options options) : options_(options) {
  if (!(options_.keep > 0 && options_.keep <= 1))
    throw InputError(Complaint{"dropout keep", "a probability above 0, at most 1", fmt::format("{}", options_.keep),
                               "keep is the probability that a unit stays"});
}

std::vector<Fact> Dropout::facts() const {
  return {{"form", name_of(options_.form), fmt::format(" {}", name_of(options_.form))},
          {"keep", options_.keep, fmt::format(", keep {}", options_.keep)}};
}

std::unique_ptr<PreparedLayer> Dropout::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedDropout>(options.precision, options_, only_input(kind(), inputs).size(), options);
}

}  // namespace reprise::layers
