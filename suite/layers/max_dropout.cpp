#include "suite/layers/max_dropout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"
#include "suite/layers/random_streams.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedMaxDropout : public PreparedLayer {
 public:
  PreparedMaxDropout(double rate, std::int64_t size, const PrepareOptions& prepare)
      : rate_(rate), size_(size), samples_(prepare.samples), name_hash_(prepare.name_hash) {}

  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(size_) * sizeof(float); }

  void forward(const ForwardArgs& args) const override {
    pass(typed<T>(args.inputs[0]), typed<T>(args.inputs[0]), typed<T>(args.output), reinterpret_cast<float*>(args.scratch), args.shard);
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    pass(typed<T>(args.inputs[0]), typed<T>(args.grad_output), typed<T>(args.grad_inputs[0]), reinterpret_cast<float*>(args.scratch),
         args.shard);
  }

 private:
  /// `values` where the input is kept, 0 elsewhere.
  void pass(const T* input, const T* values, T* output, float* floats, const ShardInfo& shard) const {
    std::memcpy(output, values, static_cast<std::size_t>(samples_ * size_) * sizeof(T));
    if (shard.mode == Mode::infer) return;
    random::Stream stream = sample_stream(shard, 0, name_hash_);
    stream.sample = ~std::uint64_t{0};  // one draw for the batch
    const float kept = 1 - static_cast<float>(rate_) * random::Generator(stream).next_uniform();
    for (std::int64_t n = 0; n < samples_; ++n) {
      vector_of<T>().to_float(input + n * size_, floats, size_);
      const auto [least, most] = std::minmax_element(floats, floats + size_);
      const float border = *least + kept * (*most - *least);
      for (std::int64_t i = 0; i < size_; ++i)
        if (floats[i] > border) output[n * size_ + i] = T{};
    }
  }

  double rate_;
  std::int64_t size_;  // values of a sample
  std::int64_t samples_;
  std::uint32_t name_hash_;
};

}  // namespace

MaxDropout::MaxDropout(Options options) : options_(options) {
  if (!(options_.rate >= 0 && options_.rate < 1))
    throw InputError(Complaint{"max_dropout rate", "at least 0 and below 1", fmt::format("{}", options_.rate), "Correct the rate"});
}

std::vector<Fact> MaxDropout::facts() const {
  return {{"rate", options_.rate, fmt::format(" up to {:.4g}", options_.rate)}};
}

std::unique_ptr<PreparedLayer> MaxDropout::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedMaxDropout>(options.precision, options_.rate, only_input(kind(), inputs).size(), options);
}

}  // namespace reprise::layers
