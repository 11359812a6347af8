#include "suite/layers/capsule_mask.hpp"

#include <algorithm>
#include <cstring>

#include "suite/layers/float_buffers.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedCapsuleMask : public PreparedLayer {
 public:
  PreparedCapsuleMask(const CapsuleMask::Options& options, const SampleShape& shape, int samples)
      : by_label_(options.by_label), capsules_(shape.positions()), dimensions_(shape.channels), samples_(samples) {}

  std::size_t saved_bytes() const override { return static_cast<std::size_t>(samples_) * sizeof(std::int32_t); }
  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(capsules_ * dimensions_) * sizeof(float) + saved_bytes(); }

  void forward(const ForwardArgs& args) const override {
    auto* chosen = reinterpret_cast<std::int32_t*>(
        args.saved != nullptr ? args.saved : args.scratch + capsules_ * dimensions_ * static_cast<std::int64_t>(sizeof(float)));
    for (int n = 0; n < samples_; ++n) {
      const bool knows = by_label_ && args.shard.mode == Mode::train && static_cast<std::size_t>(n) < args.shard.labels.size();
      chosen[n] =
          knows ? args.shard.labels[static_cast<std::size_t>(n)] : longest(typed<T>(args.inputs[0]) + n * size(), floats(args.scratch));
    }
    keep(typed<T>(args.inputs[0]), chosen, typed<T>(args.output));
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] != nullptr)
      keep(typed<T>(args.grad_output), reinterpret_cast<const std::int32_t*>(args.saved), typed<T>(args.grad_inputs[0]));
  }

 private:
  std::int64_t size() const { return capsules_ * dimensions_; }

  std::int32_t longest(const T* sample, float* buffer) const {
    const float* values = read<T>(sample, size(), buffer);
    std::int32_t best = 0;
    float best_square = -1;
    for (std::int64_t k = 0; k < capsules_; ++k) {
      float square = 0;
      for (std::int64_t d = 0; d < dimensions_; ++d) square += values[k * dimensions_ + d] * values[k * dimensions_ + d];
      if (square > best_square) best_square = square, best = static_cast<std::int32_t>(k);
    }
    return best;
  }

  void keep(const T* from, const std::int32_t* chosen, T* to) const {
    std::memset(static_cast<void*>(to), 0, static_cast<std::size_t>(samples_ * size()) * sizeof(T));
    for (int n = 0; n < samples_; ++n) {
      const std::int64_t at = n * size() + chosen[n] * dimensions_;
      std::copy_n(from + at, dimensions_, to + at);
    }
  }

  bool by_label_;
  std::int64_t capsules_, dimensions_;
  int samples_;
};

}  // namespace

std::vector<Fact> CapsuleMask::facts() const {
  return {{"by_label", options_.by_label, options_.by_label ? ", by label while training" : ", by length"}};
}

std::unique_ptr<PreparedLayer> CapsuleMask::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedCapsuleMask>(options.precision, options_, only_input(kind(), inputs), options.samples);
}

}  // namespace reprise::layers
