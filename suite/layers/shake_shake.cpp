#include "suite/layers/shake_shake.hpp"

#include <fmt/format.h>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"
#include "suite/layers/random_streams.hpp"

namespace reprise::layers {

namespace {

using Weight = ShakeShake::Weight;

const char* name_of(Weight weight) {
  if (weight == Weight::keep) return "keep";
  return weight == Weight::even ? "even" : "shake";
}

template <class T>
class PreparedShakeShake : public PreparedLayer {
 public:
  PreparedShakeShake(const ShakeShake::Options& options, std::int64_t size, const PrepareOptions& prepare)
      : options_(options), size_(size), samples_(prepare.samples), name_hash_(prepare.name_hash) {}

  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(2 * size_) * sizeof(float); }

  void forward(const ForwardArgs& args) const override {
    float* sum = reinterpret_cast<float*>(args.scratch);
    float* second = sum + size_;
    for (int n = 0; n < samples_; ++n) {
      const float first = weights(args.shard, n).forward;
      vector_of<T>().to_float(typed<T>(args.inputs[0]) + n * size_, sum, size_);
      vector_of<T>().to_float(typed<T>(args.inputs[1]) + n * size_, second, size_);
      vector_of<float>().scale(sum, first, sum, size_);
      kernels::vector_kernels().add_scaled(sum, second, 1 - first, size_);
      vector_of<T>().from_float(sum, typed<T>(args.output) + n * size_, size_);
    }
  }

  void backward(const BackwardArgs& args) const override {
    for (int n = 0; n < samples_; ++n) {
      const float first = weights(args.shard, n).backward;
      const T* grad_output = typed<T>(args.grad_output) + n * size_;
      if (args.grad_inputs[1] != nullptr) vector_of<T>().scale(grad_output, 1 - first, typed<T>(args.grad_inputs[1]) + n * size_, size_);
      if (args.grad_inputs[0] != nullptr) vector_of<T>().scale(grad_output, first, typed<T>(args.grad_inputs[0]) + n * size_, size_);
    }
  }

 private:
  struct Pair {
    float forward, backward;
  };
  Pair weights(const ShardInfo& shard, int n) const {
    if (shard.mode == Mode::infer) return {0.5f, 0.5f};
    random::Stream stream = sample_stream(shard, n, name_hash_);
    if (!options_.per_image) stream.sample = ~std::uint64_t{0};
    random::Generator draws(stream);
    const float a = draws.next_uniform(), b = draws.next_uniform();
    const float first = options_.forward == Weight::even ? 0.5f : a;
    if (options_.backward == Weight::keep) return {first, first};
    return {first, options_.backward == Weight::even ? 0.5f : b};
  }

  ShakeShake::Options options_;
  std::int64_t size_;  // values of a sample
  int samples_;
  std::uint32_t name_hash_;
};

}  // namespace

ShakeShake::ShakeShake(Options options) : options_(options) {
  if (options_.forward == Weight::keep)
    throw InputError(Complaint{"shake_shake forward", "even or shake", "keep", "keep is for the backward pass, which then has forward's"});
}

SampleShape ShakeShake::output_shape(std::span<const SampleShape> inputs) const {
  if (inputs.size() != 2 || inputs[0] != inputs[1]) {
    std::string found;
    for (const SampleShape& input : inputs) found += (found.empty() ? "" : ", ") + input.text();
    throw ShapeError(Complaint{"shake_shake", "two inputs of one shape", found, "Make the branches alike"});
  }
  return inputs[0];
}

std::vector<Fact> ShakeShake::facts() const {
  return {{"forward", name_of(options_.forward), fmt::format(" {}", name_of(options_.forward))},
          {"backward", name_of(options_.backward), fmt::format("-{}", name_of(options_.backward))},
          {"per_image", options_.per_image, options_.per_image ? ", for each image" : ", for each batch"}};
}

std::unique_ptr<PreparedLayer> ShakeShake::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedShakeShake>(options.precision, options_, output_shape(inputs).size(), options);
}

}  // namespace reprise::layers
