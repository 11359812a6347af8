#include "suite/layers/drop_block.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"
#include "suite/layers/random_streams.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedDropBlock : public PreparedLayer {
 public:
  PreparedDropBlock(const DropBlock::Options& options, const SampleShape& map, const PrepareOptions& prepare)
      : options_(options), map_(map), samples_(prepare.samples), name_hash_(prepare.name_hash) {}

  /// Of each sample, a byte a value: 1 where it is kept.
  std::size_t saved_bytes() const override { return static_cast<std::size_t>(samples_ * map_.size()); }
  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(map_.size()); }

  void forward(const ForwardArgs& args) const override {
    for (std::int64_t n = 0; n < samples_; ++n) {
      const T* input = typed<T>(args.inputs[0]) + n * map_.size();
      T* output = typed<T>(args.output) + n * map_.size();
      if (args.shard.mode == Mode::infer) {
        std::memcpy(output, input, static_cast<std::size_t>(map_.size()) * sizeof(T));
        continue;
      }
      auto* mask = reinterpret_cast<std::uint8_t*>(args.saved != nullptr ? args.saved + n * map_.size() : args.scratch);
      draw(args.shard, n, mask);
      multiply(input, mask, output);
    }
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    for (std::int64_t n = 0; n < samples_; ++n) {
      const T* grad_output = typed<T>(args.grad_output) + n * map_.size();
      T* grad_input = typed<T>(args.grad_inputs[0]) + n * map_.size();
      if (args.shard.mode == Mode::infer)
        std::memcpy(grad_input, grad_output, static_cast<std::size_t>(map_.size()) * sizeof(T));
      else
        multiply(grad_output, reinterpret_cast<const std::uint8_t*>(args.saved + n * map_.size()), grad_input);
    }
  }

 private:
  void draw(const ShardInfo& shard, std::int64_t n, std::uint8_t* mask) const {
    std::memset(mask, 1, static_cast<std::size_t>(map_.size()));
    const double keep = options_.ramps ? 1 - (1 - options_.keep) * shard.progress : options_.keep;
    const double share = DropBlock::gamma(keep, options_.size, map_);
    const auto threshold = static_cast<std::uint64_t>(std::llround(std::min(share, 1.0) * 0x1p32));
    if (threshold == 0) return;
    const std::int64_t size = std::min({options_.size, map_.height, map_.width});
    random::Generator draws(sample_stream(shard, static_cast<int>(n), name_hash_));
    for (std::int64_t y = 0; y <= map_.height - size; ++y)
      for (std::int64_t x = 0; x <= map_.width - size; ++x)
        for (std::int64_t c = 0; c < map_.channels; ++c)
          if (draws.next_word() < threshold) clear(mask, y, x, c, size);
  }

  void clear(std::uint8_t* mask, std::int64_t top, std::int64_t left, std::int64_t channel, std::int64_t size) const {
    for (std::int64_t y = top; y < top + size; ++y)
      for (std::int64_t x = left; x < left + size; ++x) mask[(y * map_.width + x) * map_.channels + channel] = 0;
  }

  void multiply(const T* input, const std::uint8_t* mask, T* output) const {
    const std::int64_t ones = std::count(mask, mask + map_.size(), std::uint8_t{1});
    if (ones == 0) return static_cast<void>(std::memset(output, 0, static_cast<std::size_t>(map_.size()) * sizeof(T)));
    vector_of<T>().scale(input, static_cast<float>(static_cast<double>(map_.size()) / static_cast<double>(ones)), output, map_.size());
    for (std::int64_t i = 0; i < map_.size(); ++i)
      if (mask[i] == 0) output[i] = T{};
  }

  DropBlock::Options options_;
  SampleShape map_;
  std::int64_t samples_;
  std::uint32_t name_hash_;
};

}  // namespace

double DropBlock::gamma(double keep, std::int64_t size, const SampleShape& map) {
  const auto h = static_cast<double>(map.height), w = static_cast<double>(map.width);
  const double s = std::min({static_cast<double>(size), h, w});
  return (1 - keep) / (s * s) * (h * w) / ((h - s + 1) * (w - s + 1));
}

DropBlock::DropBlock(Options options) : options_(options) {
  if (!(options_.keep > 0 && options_.keep <= 1) || options_.size < 1)
    throw InputError(Complaint{"drop_block", "keep, a probability above 0 and at most 1, and size, at least 1",
                               fmt::format("keep {}, size {}", options_.keep, options_.size), "keep is the share of values that stay"});
}

std::vector<Fact> DropBlock::facts() const {
  return {{"size", options_.size, fmt::format(" {0}x{0}", options_.size)},
          {"keep", options_.keep, fmt::format(", keep {:.4g}", options_.keep)},
          {"ramps", options_.ramps, options_.ramps ? " in the end" : ""}};
}

std::unique_ptr<PreparedLayer> DropBlock::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedDropBlock>(options.precision, options_, only_input(kind(), inputs), options);
}

}  // namespace reprise::layers
