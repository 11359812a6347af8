#pragma once
// Sums over the bytes of all images of a set, in whole numbers: the same in any order, on any number of threads.

#include <cstdint>
#include <filesystem>
#include <vector>

#include "datasets/image_set.hpp"

namespace reprise::datasets {

struct ByteStatistics {
  std::int64_t images = 0;
  std::vector<std::int64_t> histogram;  ///< [C, 256] how often each value occurs
  std::vector<std::int64_t> sums;       ///< [C, H, W] sum over images
  std::vector<std::int64_t> products;   ///< [C, C] sums over all pixels of products of two channels
};

/// Of photographs, which have to be decoded, they are kept in `cache_directory`.
ByteStatistics measure_bytes(const ImageSet& set, const std::filesystem::path& cache_directory);

/// Directions of the pixels' spread, [C, C]: row i is eigenvector i of the channels' covariance over all pixels of all images, times the
/// root of its eigenvalue, largest first, in units of bytes. The largest component of each is positive.
std::vector<double> colour_axes(const ByteStatistics& statistics);

}  // namespace reprise::datasets
