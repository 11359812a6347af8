#pragma once
// Counter-based random numbers: a draw depends on (seed, purpose, step, sample, index) and on nothing else, so it is the
// same on any number of threads and ranks and after any restart. Philox4x32-10, Salmon et al. 2011 (Random123).

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace reprise::random {

/// What a draw is for; two purposes never share a stream.
enum class Purpose : std::uint32_t {
  initialisation = 1,
  shuffle = 2,
  augmentation = 3,
  dropout = 4,
  subset = 5,
  canvas = 6,
  synthetic = 7,
  monte_carlo = 8,
  analysis = 9,
  rotation = 10,
  distortion = 11,
  mixing = 12,
  partners = 13,
  surrogate = 14,
  labelled = 15,
};

/// Names a stream. `channel` tells layers or parameters of the same purpose apart (name_hash their names); `step` is the training step
/// (or epoch, or mask number); `sample` is the sample's index in the data set or its slot in the global batch.
struct Stream {
  std::uint64_t seed = 0;
  Purpose purpose = Purpose::initialisation;
  std::uint32_t name_hash = 0;
  std::uint64_t step = 0;
  std::uint64_t sample = 0;
};

/// What identifies a name in a stream, wherever the name stands in its net: XXH32 with seed 0 of the name's bytes (xxHash fast digest
/// algorithm, github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). Two names of one net must not share one: graph::Graph refuses that.
std::uint32_t name_hash(std::string_view name);

/// Four 32-bit words, number `block` of the stream.
std::array<std::uint32_t, 4> words(const Stream& stream, std::uint32_t block);

/// The Philox key and the fixed part of the counter of a stream; the block number goes into counter[0].
struct PhiloxState {
  std::array<std::uint32_t, 2> key;
  std::array<std::uint32_t, 4> counter;
};
PhiloxState philox_state(const Stream& stream);

/// Sequential reader of one stream. Cheap to make.
class Generator {
 public:
  explicit Generator(const Stream& stream) : stream_(stream) {}
  std::uint32_t next_word();
  /// Uniform in [0, 1), 24 bits.
  float next_uniform();
  /// Standard normal (Box-Muller).
  float next_normal();
  /// Uniform integer in [0, bound), without bias beyond 2^-32 * bound.
  std::uint32_t next_below(std::uint32_t bound);

 private:
  Stream stream_;
  std::uint32_t block_ = 0;
  int used_ = 4;
  std::array<std::uint32_t, 4> words_{};
  bool has_spare_ = false;
  float spare_ = 0;
};

/// A permutation of 0..count-1: sorted by (64-bit draw, index), so it does not depend on a sorting algorithm.
std::vector<std::int64_t> permutation(std::uint64_t seed, Purpose purpose, std::uint64_t step, std::int64_t count);

}  // namespace reprise::random
