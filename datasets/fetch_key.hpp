#pragma once

#include <cstdint>

namespace reprise::datasets {

/// Names the random draws of one fetch: a sample's augmentation depends on (seed, epoch, its index in the set) only.
struct FetchKey {
  std::uint64_t seed = 0;
  std::uint64_t epoch = 0;
  /// Of a sample that is seen several times in a step: 0 without the list of operations on bytes (augment_policy.hpp), 1, 2 ... with draws
  /// of its own for it. All other draws are those of the sample.
  std::uint32_t view = 1;
};

}  // namespace reprise::datasets
