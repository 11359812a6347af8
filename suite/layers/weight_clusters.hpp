#pragma once
// Weights in clusters, each of which shares one value.

#include <cstdint>
#include <span>
#include <vector>

namespace reprise::layers {

struct WeightClusters {
  std::vector<float> codebook;        ///< [k], ascending but for a 0 in front: the shared values
  std::vector<std::int32_t> cluster;  ///< of each weight
};

/// k-means of one dimension: each weight belongs to the nearest value, of two equally near ones the smaller, and each value is the mean of
/// its weights. Begins with values evenly spaced from the smallest weight to the largest and goes on until no weight moves, at most 1,000
/// rounds; a value that has no weight stays where it is. If weights are 0, as pruning leaves them, the first value is 0 and has these
/// alone. Sums are double. Throws InputError for fewer than 2 values and for weights that are no numbers. Han et al. 2016, section 3 (arXiv
/// 1510.00149).
WeightClusters weight_clusters(std::span<const float> weights, std::int64_t values);

}  // namespace reprise::layers
