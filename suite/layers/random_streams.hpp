#pragma once
// Streams of the random factors that layers multiply with, by sample.

#include <cmath>

#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/layers/layer.hpp"
#include "suite/random/random.hpp"

namespace reprise::layers {

/// Of sample n of a shard: (seed, purpose, name, step, slot in the global batch), purpose dropout in Mode::train, else monte_carlo.
inline random::Stream sample_stream(const ShardInfo& shard, int n, std::uint32_t name_hash) {
  const auto purpose = shard.mode == Mode::train ? random::Purpose::dropout : random::Purpose::monte_carlo;
  return {shard.seed, purpose, name_hash, shard.step, static_cast<std::uint64_t>(shard.first_slot + n)};
}

inline kernels::MaskStream dropout_stream(const ShardInfo& shard, int n, std::uint32_t name_hash) {
  const random::PhiloxState state = random::philox_state(sample_stream(shard, n, name_hash));
  return {{state.key[0], state.key[1]}, {state.counter[0], state.counter[1], state.counter[2], state.counter[3]}};
}

/// Draws of 16 bits below it keep the value.
inline std::uint32_t dropout_threshold(double keep) {
  return static_cast<std::uint32_t>(std::lround(keep * 65536.0));
}

}  // namespace reprise::layers
