#pragma once

#include <cstdint>

namespace reprise::datasets {

/// Names the random draws of one fetch: a sample's augmentation depends on (seed, epoch, its index in the set) only.
struct FetchKey {
  std::uint64_t seed = 0;
  std::uint64_t epoch = 0;
};

}  // namespace reprise::datasets
