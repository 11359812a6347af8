#include "suite/layers/drop_path.hpp"

#include <fmt/format.h>

#include <cstring>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"
#include "suite/layers/random_streams.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedDropPath : public PreparedLayer {
 public:
  PreparedDropPath(double keep, std::int64_t size, const PrepareOptions& prepare)
      : keep_(keep), size_(size), samples_(prepare.samples), name_hash_(prepare.name_hash) {}

  void forward(const ForwardArgs& args) const override { multiply(typed<T>(args.inputs[0]), typed<T>(args.output), args.shard); }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] != nullptr) multiply(typed<T>(args.grad_output), typed<T>(args.grad_inputs[0]), args.shard);
  }

 private:
  void multiply(const T* from, T* to, const ShardInfo& shard) const {
    const std::size_t bytes = static_cast<std::size_t>(size_) * sizeof(T);
    for (int n = 0; n < samples_; ++n) {
      const T* input = from + n * size_;
      T* output = to + n * size_;
      if (shard.mode == Mode::infer || keep_ == 1) {
        if (input != output) std::memcpy(output, input, bytes);
      } else if (random::Generator(sample_stream(shard, n, name_hash_)).next_uniform() < static_cast<float>(keep_)) {
        vector_of<T>().scale(input, static_cast<float>(1 / keep_), output, size_);
      } else {
        std::memset(output, 0, bytes);
      }
    }
  }

  double keep_;
  std::int64_t size_;  // values of a sample
  int samples_;
  std::uint32_t name_hash_;
};

}  // namespace

DropPath::DropPath(Options options) : options_(options) {
  if (!(options_.keep > 0 && options_.keep <= 1))
    throw InputError(Complaint{"drop_path keep", "a probability above 0, at most 1", fmt::format("{}", options_.keep),
                               "keep is the probability that a branch stays"});
}

std::vector<Fact> DropPath::facts() const {
  return {{"keep", options_.keep, fmt::format(" keep {:.4g}", options_.keep)}};
}

std::unique_ptr<PreparedLayer> DropPath::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedDropPath>(options.precision, options_.keep, only_input(kind(), inputs).size(), options);
}

}  // namespace reprise::layers
