#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace reprise::losses {

/// The target of a mixed sample: up to four classes, each with a share. The shares add up to 1.
struct MixedLabel {
  static constexpr int kMax = 4;
  std::array<std::int32_t, kMax> classes{};
  std::array<float, kMax> shares{};
  int count = 0;

  void add(std::int32_t label, float share);
  /// The class with the largest share in all, the first of several.
  std::int32_t main_class() const;
  /// target [K], overwritten: (1 - smoothing) times the class's shares, plus smoothing / K.
  void spread(float smoothing, std::span<float> target) const;
};

}  // namespace reprise::losses
