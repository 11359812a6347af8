#include "suite/layers/feature_mix.hpp"

#include <fmt/format.h>

#include <cstring>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedFeatureMix : public PreparedLayer {
 public:
  PreparedFeatureMix(int place, std::int64_t size, int samples) : place_(place), size_(size), samples_(samples) {}

  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(size_) * sizeof(T); }

  void forward(const ForwardArgs& args) const override {
    const T* input = typed<T>(args.inputs[0]);
    T* output = typed<T>(args.output);
    if (!mixes(args.shard)) return copy(input, output);
    const float share = args.shard.mixing->share;
    T* scratch = reinterpret_cast<T*>(args.scratch);
    for (int n = 0; n < samples_; ++n) {
      const int partner = partner_of(args.shard, n);
      vector_of<T>().scale(input + n * size_, share, output + n * size_, size_);
      vector_of<T>().scale(input + partner * size_, 1 - share, scratch, size_);
      vector_of<T>().add(output + n * size_, scratch, output + n * size_, size_);
    }
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    const T* grad_output = typed<T>(args.grad_output);
    T* grad_input = typed<T>(args.grad_inputs[0]);
    if (!mixes(args.shard)) return copy(grad_output, grad_input);
    const float share = args.shard.mixing->share;
    T* scratch = reinterpret_cast<T*>(args.scratch);
    for (int n = 0; n < samples_; ++n) vector_of<T>().scale(grad_output + n * size_, share, grad_input + n * size_, size_);
    for (int n = 0; n < samples_; ++n) {  // partners are a permutation: each row gets one more term
      T* to = grad_input + partner_of(args.shard, n) * size_;
      vector_of<T>().scale(grad_output + n * size_, 1 - share, scratch, size_);
      vector_of<T>().add(to, scratch, to, size_);
    }
  }

 private:
  bool mixes(const ShardInfo& shard) const { return shard.mode == Mode::train && shard.mixing != nullptr && shard.mixing->place == place_; }
  /// Padding is its own partner.
  static int partner_of(const ShardInfo& shard, int n) {
    if (n >= shard.valid) return n;
    return static_cast<int>(shard.mixing->partners[static_cast<std::size_t>(shard.first_slot + n)] - shard.first_slot);
  }
  void copy(const T* from, T* to) const { std::memcpy(to, from, static_cast<std::size_t>(samples_ * size_) * sizeof(T)); }

  int place_;
  std::int64_t size_;  // values of a sample
  int samples_;
};

}  // namespace

FeatureMix::FeatureMix(Options options) : options_(options) {
  if (options_.place < 0) throw InputError(Complaint{"feature_mix place", "at least 0", fmt::format("{}", options_.place), "Correct it"});
}

std::vector<Fact> FeatureMix::facts() const {
  return {{"place", std::int64_t{options_.place}, fmt::format(" place {}", options_.place)}};
}

std::unique_ptr<PreparedLayer> FeatureMix::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedFeatureMix>(options.precision, options_.place, only_input(kind(), inputs).size(), options.samples);
}

}  // namespace reprise::layers
