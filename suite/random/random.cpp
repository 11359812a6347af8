#include "suite/random/random.hpp"

#define XXH_INLINE_ALL  // the header alone: no library to link
#include <Random123/philox.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace reprise::random {

PhiloxState philox_state(const Stream& stream) {
  // key: seed folded with purpose and name by an odd multiplier (golden ratio); counter: block, step, sample.
  // step and sample each keep 48 bits: sample's high bits share a word with step's.
  const std::uint64_t tag = (static_cast<std::uint64_t>(stream.purpose) << 32) | stream.name_hash;
  const std::uint64_t key = stream.seed + tag * 0x9E3779B97F4A7C15ull;
  PhiloxState state;
  state.key = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
  state.counter = {0, static_cast<std::uint32_t>(stream.step), static_cast<std::uint32_t>(stream.sample),
                   static_cast<std::uint32_t>((stream.step >> 32 & 0xFFFF) | (stream.sample >> 32 << 16))};
  return state;
}

std::uint32_t name_hash(std::string_view name) {
  return XXH32(name.data(), name.size(), 0);
}

std::array<std::uint32_t, 4> words(const Stream& stream, std::uint32_t block) {
  const PhiloxState state = philox_state(stream);
  const r123::Philox4x32::ctr_type counter{{block, state.counter[1], state.counter[2], state.counter[3]}};
  const r123::Philox4x32::key_type key{{state.key[0], state.key[1]}};
  const auto drawn = r123::Philox4x32()(counter, key);
  return {drawn[0], drawn[1], drawn[2], drawn[3]};
}

std::uint32_t Generator::next_word() {
  if (used_ == 4) {
    words_ = words(stream_, block_++);
    used_ = 0;
  }
  return words_[static_cast<std::size_t>(used_++)];
}

float Generator::next_uniform() {
  return static_cast<float>(next_word() >> 8) * 0x1p-24f;
}

float Generator::next_normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  // 1 - u lies in (0, 1], so the logarithm is finite.
  const double radius = std::sqrt(-2.0 * std::log(1.0 - static_cast<double>(next_word() >> 8) * 0x1p-24));
  const double angle = 2.0 * std::numbers::pi * static_cast<double>(next_word()) * 0x1p-32;
  spare_ = static_cast<float>(radius * std::sin(angle));
  has_spare_ = true;
  return static_cast<float>(radius * std::cos(angle));
}

std::uint32_t Generator::next_below(std::uint32_t bound) {
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(next_word()) * bound) >> 32);
}

std::vector<std::int64_t> permutation(std::uint64_t seed, Purpose purpose, std::uint64_t step, std::int64_t count) {
  struct Keyed {
    std::uint64_t key;
    std::int64_t index;
  };
  std::vector<Keyed> keyed(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; i += 2) {
    const auto drawn = words({seed, purpose, 0, step, 0}, static_cast<std::uint32_t>(i / 2));
    keyed[static_cast<std::size_t>(i)] = {(static_cast<std::uint64_t>(drawn[0]) << 32) | drawn[1], i};
    if (i + 1 < count) keyed[static_cast<std::size_t>(i + 1)] = {(static_cast<std::uint64_t>(drawn[2]) << 32) | drawn[3], i + 1};
  }
  std::sort(keyed.begin(), keyed.end(), [](const Keyed& a, const Keyed& b) { return a.key != b.key ? a.key < b.key : a.index < b.index; });
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = keyed[i].index;
  return order;
}

}  // namespace reprise::random
