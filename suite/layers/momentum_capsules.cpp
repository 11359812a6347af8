#include "suite/layers/momentum_capsules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "suite/errors.hpp"
#include "suite/layers/float_buffers.hpp"
#include "suite/tensor/memory.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::layers {

namespace {

/// Cuts pieces off a block of memory; null if there is none, so that it counts bytes too.
class Pieces {
 public:
  explicit Pieces(std::byte* memory) : memory_(memory) {}
  template <class Value>
  Value* take(std::size_t count) {
    std::byte* piece = memory_ != nullptr ? memory_ + used_ : nullptr;
    used_ += aligned(count * sizeof(Value));
    return reinterpret_cast<Value*>(piece);
  }
  std::size_t used() const { return used_; }

 private:
  std::byte* memory_;
  std::size_t used_ = 0;
};

/// `Chain` holds x and v; StackMemory::store keeps every layer's input and routing instead of going back through it.
template <class T, class Chain>
class PreparedMomentumCapsules : public PreparedLayer {
  using Number = typename Chain::Number;

 public:
  PreparedMomentumCapsules(const MomentumCapsules::Options& options, const RoutingShape& shape, const RoutingOptions& routing)
      : options_(options),
        gamma_(options.momentum),
        routing_(shape, routing),
        blocks_(static_cast<std::size_t>(options.blocks)),
        size_(shape.samples * shape.inputs * shape.input_dimensions) {}

  std::size_t saved_bytes() const override { return Saved(*this, nullptr).bytes; }
  std::size_t scratch_bytes() const override { return Work(*this, nullptr).bytes; }

  void forward(const ForwardArgs& args) const override {
    const bool keeps = args.saved != nullptr, goes_back = keeps && !stores();
    const Saved saved(*this, args.saved);
    const Work work(*this, args.scratch);
    const float* first = read<T>(args.inputs[0], size_, work.floats);
    bool holds = Chain::holds(first, size_);
    Chain::start(first, size_, work.x);
    for (std::size_t block = 0; block < blocks_; ++block) {
      if (block == 0 || options_.restart) {
        std::fill_n(work.v, size_, Number{0});
        if (Chain::kKeepsRemainders) std::fill_n(work.remainders, size_, std::uint64_t{0});
      }
      Number* block_input = goes_back && options_.doubled ? saved.inputs[block] : work.input;
      if (options_.doubled) std::copy_n(work.x, size_, block_input);
      for (std::size_t layer = 2 * block; layer < 2 * block + 2; ++layer) {
        float* input = keeps && stores() ? saved.layer_inputs[layer] : work.floats;
        Chain::as_floats(work.x, size_, input);
        routing_.forward(input, weight_of(args.parameters, layer), bias_of(args.parameters, layer), work.f,
                         keeps && stores() ? saved.routings[layer] : work.kept, work.routing);
        holds = holds && Chain::holds(input, size_) && Chain::holds(work.f, size_);
        Chain::forward(gamma_, work.f, size_, work.x, work.v, work.remainders);
      }
      if (goes_back && (options_.restart || block + 1 == blocks_)) {
        std::copy_n(work.v, size_, saved.velocities[chain_of(block)]);
        if (Chain::kKeepsRemainders) std::copy_n(work.remainders, size_, saved.remainders[chain_of(block)]);
      }
      if (options_.doubled)
        for (std::int64_t i = 0; i < size_; ++i) work.x[i] += block_input[i];
    }
    if (goes_back) std::copy_n(work.x, size_, saved.end);
    Chain::as_floats(work.x, size_, work.floats);
    if (!holds) std::fill_n(work.floats, size_, std::numeric_limits<float>::quiet_NaN());  // for the loss to see
    write<T>(work.floats, size_, args.output);
  }

  void backward(const BackwardArgs& args) const override {
    const Saved saved(*this, args.saved);
    const Work work(*this, args.scratch);
    std::copy_n(read<T>(args.grad_output, size_, work.floats), size_, work.grad_x);
    if (!stores()) std::copy_n(saved.end, size_, work.x);
    for (std::size_t block = blocks_; block-- > 0;) {
      if (options_.restart || block + 1 == blocks_) {
        std::fill_n(work.grad_v, size_, 0.0f);
        if (!stores()) {
          std::copy_n(saved.velocities[chain_of(block)], size_, work.v);
          if (Chain::kKeepsRemainders) std::copy_n(saved.remainders[chain_of(block)], size_, work.remainders);
        }
      }
      if (options_.doubled) {
        std::copy_n(work.grad_x, size_, work.grad_skip);
        if (!stores()) Chain::subtract(work.x, saved.inputs[block], size_);
      }
      backward_layer(2 * block + 1, saved, work, args);
      backward_layer(2 * block, saved, work, args);
      if (!options_.doubled) continue;
      for (std::int64_t i = 0; i < size_; ++i) work.grad_x[i] += work.grad_skip[i];
      if (!stores()) std::copy_n(saved.inputs[block], size_, work.x);
    }
    if (args.grad_inputs[0] != nullptr) write<T>(work.grad_x, size_, args.grad_inputs[0]);
  }

 private:
  bool has_bias() const { return options_.kind == RoutingKind::scaled_distance; }
  template <class Float>
  Float* weight_of(std::span<Float* const> parameters, std::size_t layer) const {
    return parameters[has_bias() ? 2 * layer : layer];
  }
  template <class Float>
  Float* bias_of(std::span<Float* const> parameters, std::size_t layer) const {
    return has_bias() ? parameters[2 * layer + 1] : nullptr;
  }
  bool stores() const { return options_.memory == StackMemory::store; }
  std::size_t chain_of(std::size_t block) const { return options_.restart ? block : 0; }

  /// What forward leaves for backward.
  struct Saved {
    Saved(const PreparedMomentumCapsules& stack, std::byte* memory) {
      Pieces pieces(memory);
      const auto size = static_cast<std::size_t>(stack.size_);
      if (stack.stores()) {
        for (std::size_t layer = 0; layer < 2 * stack.blocks_; ++layer) {
          layer_inputs.push_back(pieces.take<float>(size));
          routings.push_back(pieces.take<float>(stack.routing_.saved_floats()));
        }
      } else {
        end = pieces.take<Number>(size);
        for (std::size_t chain = 0; chain < (stack.options_.restart ? stack.blocks_ : 1); ++chain) {
          velocities.push_back(pieces.take<Number>(size));
          if (Chain::kKeepsRemainders) remainders.push_back(pieces.take<std::uint64_t>(size));
          if (stack.options_.doubled) inputs.push_back(pieces.take<Number>(size));
        }
      }
      bytes = pieces.used();
    }
    Number* end = nullptr;
    std::vector<Number*> velocities, inputs;     ///< of each chain; of each block
    std::vector<std::uint64_t*> remainders;      ///< of each chain
    std::vector<float*> layer_inputs, routings;  ///< of each layer
    std::size_t bytes;
  };

  /// What a call needs while it runs.
  struct Work {
    Work(const PreparedMomentumCapsules& stack, std::byte* memory) {
      Pieces pieces(memory);
      const auto size = static_cast<std::size_t>(stack.size_);
      x = pieces.take<Number>(size);
      v = pieces.take<Number>(size);
      remainders = pieces.take<std::uint64_t>(Chain::kKeepsRemainders ? size : 0);
      input = pieces.take<Number>(stack.options_.doubled ? size : 0);
      for (float** buffer : {&floats, &f, &grad_x, &grad_v, &grad, &grad_skip}) *buffer = pieces.take<float>(size);
      kept = pieces.take<float>(stack.routing_.saved_floats());
      routing = pieces.take<float>(stack.routing_.scratch_floats());
      bytes = pieces.used();
    }
    Number *x, *v, *input;
    std::uint64_t* remainders;
    float *floats, *f, *grad_x, *grad_v, *grad, *grad_skip, *kept, *routing;
    std::size_t bytes;
  };

  /// Takes x, v and their gradients from behind a layer to before it.
  void backward_layer(std::size_t layer, const Saved& saved, const Work& work, const BackwardArgs& args) const {
    const float* weight = weight_of(args.parameters, layer);
    const float* input = work.floats;
    const float* kept = work.kept;
    if (stores()) {
      input = saved.layer_inputs[layer];
      kept = saved.routings[layer];
    } else {
      Chain::subtract(work.x, work.v, size_);
      Chain::as_floats(work.x, size_, work.floats);
      routing_.forward(work.floats, weight, bias_of(args.parameters, layer), work.f, work.kept, work.routing);
      Chain::back(gamma_, work.f, size_, work.v, work.remainders);
    }
    const auto keep = static_cast<float>(gamma_.value()), share = static_cast<float>(1 - gamma_.value());
    for (std::int64_t i = 0; i < size_; ++i) {
      const float both = work.grad_x[i] + work.grad_v[i];
      work.grad_v[i] = keep * both;
      work.grad[i] = share * both;
    }
    const bool wants_weights = !args.grad_parameters.empty();
    routing_.backward(input, weight, work.grad, kept, work.f, wants_weights ? weight_of(args.grad_parameters, layer) : nullptr,
                      wants_weights ? bias_of(args.grad_parameters, layer) : nullptr, work.routing);
    for (std::int64_t i = 0; i < size_; ++i) work.grad_x[i] += work.f[i];
  }

  MomentumCapsules::Options options_;
  Momentum gamma_;
  Routing routing_;
  std::size_t blocks_;
  std::int64_t size_;  // values of the shard
};

template <class T>
using PreparedFloat = PreparedMomentumCapsules<T, FloatChain>;
template <class T>
using PreparedExact = PreparedMomentumCapsules<T, ExactChain>;

}  // namespace

MomentumCapsules::MomentumCapsules(Options options) : options_(options) {
  const Momentum gamma(options_.momentum);
  if (options_.iterations < 1)
    throw InputError(
        Complaint{"momentum_capsules", "at least one iteration", fmt::format("{}", options_.iterations), "Correct the model's options"});
  if (options_.blocks < 1)
    throw InputError(
        Complaint{"momentum_capsules", "at least one block", fmt::format("{}", options_.blocks), "Correct the model's options"});
  if (options_.doubled && !options_.restart)
    throw InputError(
        Complaint{"momentum_capsules", "restart with a doubled skip", "one velocity for the whole stack", "Drop one of the options"});
  const std::int64_t steps = options_.restart ? 2 : 2 * options_.blocks;
  if (options_.memory == StackMemory::exact && steps > gamma.exact_steps())
    throw InputError(Complaint{"momentum_capsules", fmt::format("an exact chain of at most {} layers", gamma.exact_steps()),
                               fmt::format("{}", steps), "Restart the velocity at each block"});
}

RoutingOptions MomentumCapsules::routing_for(const SampleShape& input) const {
  return {.capsules = input.positions(),
          .dimensions = input.channels,
          .iterations = options_.iterations,
          .kind = options_.kind,
          .gradient = options_.gradient};
}

SampleShape MomentumCapsules::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& input = only_input(kind(), inputs);
  routing_for(input).check("momentum_capsules");
  return input;
}

std::vector<ParameterSpec> MomentumCapsules::parameters(std::span<const SampleShape> inputs) const {
  const SampleShape& input = only_input(kind(), inputs);
  std::vector<ParameterSpec> specs;
  for (std::int64_t layer = 0; layer < 2 * options_.blocks; ++layer) {
    ParameterSpec spec;
    spec.name = fmt::format("block{}.{}", layer / 2 + 1, layer % 2 == 0 ? "first" : "second");
    spec.shape = {input.positions(), input.channels, input.positions(), input.channels};
    spec.initialisation = {.kind = Initialisation::Kind::normal, .value = options_.deviation};
    spec.decays = true;
    specs.push_back(spec);
    if (!has_bias()) continue;
    spec.name += ".bias";
    spec.shape = {input.positions(), input.channels};
    spec.initialisation = {.kind = Initialisation::Kind::constant, .value = 0.1};
    spec.decays = false;
    specs.push_back(std::move(spec));
  }
  return specs;
}

Cost MomentumCapsules::cost(std::span<const SampleShape> inputs) const {
  const SampleShape& input = only_input(kind(), inputs);
  const RoutingShape shape{1, input.positions(), input.channels, input.positions(), input.channels};
  const std::int64_t layers = 2 * options_.blocks, votes = layers * Routing::vote_macs(shape);
  const std::int64_t forward = layers * Routing::forward_macs(shape, routing_for(input));
  return {forward, votes + (options_.memory == StackMemory::store ? 0 : forward), votes};
}

std::vector<Fact> MomentumCapsules::facts() const {
  const char* memory = options_.memory == StackMemory::exact ? "exact" : options_.memory == StackMemory::store ? "stored" : "inverted";
  return {{"blocks", options_.blocks, " " + text::plural(options_.blocks, "block", "blocks")},
          {"iterations", options_.iterations, ", " + text::plural(options_.iterations, "iteration", "iterations")},
          {"momentum", options_.momentum, fmt::format(", momentum {}", options_.momentum)},
          {"memory", memory, fmt::format(", {}", memory)},
          {"scaled_distance", has_bias(), has_bias() ? ", scaled distance agreement" : ""},
          {"restart", options_.restart, options_.restart ? "" : ", one chain"},
          {"doubled", options_.doubled, options_.doubled ? ", doubled skip" : ""}};
}

std::unique_ptr<PreparedLayer> MomentumCapsules::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  const SampleShape& input = only_input(kind(), inputs);
  const RoutingShape shape{options.samples, input.positions(), input.channels, input.positions(), input.channels};
  if (options_.memory == StackMemory::exact) return make_prepared<PreparedExact>(options.precision, options_, shape, routing_for(input));
  return make_prepared<PreparedFloat>(options.precision, options_, shape, routing_for(input));
}

}  // namespace reprise::layers
