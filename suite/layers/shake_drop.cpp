#include "suite/layers/shake_drop.hpp"

#include <fmt/format.h>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"
#include "suite/layers/random_streams.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedShakeDrop : public PreparedLayer {
 public:
  PreparedShakeDrop(const ShakeDrop::Options& options, std::int64_t size, const PrepareOptions& prepare)
      : options_(options), size_(size), samples_(prepare.samples), name_hash_(prepare.name_hash) {}

  void forward(const ForwardArgs& args) const override {
    for (int n = 0; n < samples_; ++n)
      vector_of<T>().scale(typed<T>(args.inputs[0]) + n * size_, factors(args.shard, n).forward, typed<T>(args.output) + n * size_, size_);
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    for (int n = 0; n < samples_; ++n)
      vector_of<T>().scale(typed<T>(args.grad_output) + n * size_, factors(args.shard, n).backward,
                           typed<T>(args.grad_inputs[0]) + n * size_, size_);
  }

 private:
  struct Pair {
    float forward, backward;
  };
  Pair factors(const ShardInfo& shard, int n) const {
    if (shard.mode == Mode::infer) {
      const auto mean = static_cast<float>(options_.keep + (1 - options_.keep) * (options_.alpha.low + options_.alpha.high) / 2);
      return {mean, mean};
    }
    random::Generator draws(sample_stream(shard, n, name_hash_));
    if (draws.next_uniform() < static_cast<float>(options_.keep)) return {1, 1};
    const float alpha = within(options_.alpha, draws.next_uniform());
    return {alpha, within(options_.beta, draws.next_uniform())};
  }
  static float within(const ShakeDrop::Range& range, float u) {
    return static_cast<float>(range.low + (range.high - range.low) * static_cast<double>(u));
  }

  ShakeDrop::Options options_;
  std::int64_t size_;  // values of a sample
  int samples_;
  std::uint32_t name_hash_;
};

}  // namespace

ShakeDrop::ShakeDrop(Options options) : options_(options) {
  const bool in_order = options_.alpha.low <= options_.alpha.high && options_.beta.low <= options_.beta.high;
  if (!(options_.keep > 0 && options_.keep <= 1) || !in_order)
    throw InputError(Complaint{"shake_drop", "keep, a probability above 0 and at most 1, and ranges from low to high",
                               fmt::format("keep {}, alpha [{}, {}], beta [{}, {}]", options_.keep, options_.alpha.low, options_.alpha.high,
                                           options_.beta.low, options_.beta.high),
                               "Correct the values"});
}

std::vector<Fact> ShakeDrop::facts() const {
  const auto text = [](const Range& range) { return fmt::format("{:.4g} to {:.4g}", range.low, range.high); };
  return {{"keep", options_.keep, fmt::format(" keep {:.4g}", options_.keep)},
          {"alpha", text(options_.alpha), ", alpha " + text(options_.alpha)},
          {"beta", text(options_.beta), ", beta " + text(options_.beta)}};
}

std::unique_ptr<PreparedLayer> ShakeDrop::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedShakeDrop>(options.precision, options_, only_input(kind(), inputs).size(), options);
}

}  // namespace reprise::layers
