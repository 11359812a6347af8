#include "datasets/byte_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <mutex>
#include <numeric>
#include <span>

#include "datasets/cached_bytes.hpp"
#include "datasets/in_parallel.hpp"

namespace reprise::datasets {

namespace {

constexpr std::int64_t kImagesAtATime = 64;

ByteStatistics zeros_for(const ImageSet& set) {
  const auto channels = static_cast<std::size_t>(set.channels);
  return {0, std::vector<std::int64_t>(channels * 256), std::vector<std::int64_t>(static_cast<std::size_t>(set.image_bytes())),
          std::vector<std::int64_t>(channels * channels)};
}

void add_image(const std::uint8_t* image, std::int64_t channels, std::int64_t positions, ByteStatistics& to) {
  ++to.images;
  for (std::int64_t i = 0; i < channels * positions; ++i) to.sums[static_cast<std::size_t>(i)] += image[i];
  for (std::int64_t c = 0; c < channels; ++c) {
    const std::uint8_t* plane = image + c * positions;
    std::int64_t* counts = to.histogram.data() + c * 256;
    for (std::int64_t p = 0; p < positions; ++p) ++counts[plane[p]];
    for (std::int64_t d = 0; d <= c; ++d) {
      const std::uint8_t* other = image + d * positions;
      std::int64_t sum = 0;
      for (std::int64_t p = 0; p < positions; ++p) sum += std::int32_t{plane[p]} * other[p];
      to.products[static_cast<std::size_t>(c * channels + d)] += sum;
      if (d < c) to.products[static_cast<std::size_t>(d * channels + c)] += sum;
    }
  }
}

void add(const ByteStatistics& from, ByteStatistics& to) {
  const auto add_all = [](const std::vector<std::int64_t>& a, std::vector<std::int64_t>& b) {
    std::transform(a.begin(), a.end(), b.begin(), b.begin(), std::plus<>());
  };
  to.images += from.images;
  add_all(from.histogram, to.histogram), add_all(from.sums, to.sums), add_all(from.products, to.products);
}

ByteStatistics measure(const ImageSet& set) {
  ByteStatistics all = zeros_for(set);
  std::mutex mutex;
  // Few long blocks: each thread adds up its own.
  in_parallel(set.count, std::max(kImagesAtATime, set.count / 64), [&](std::int64_t first, std::int64_t last) {
    ByteStatistics part = zeros_for(set);
    std::vector<std::uint8_t> room;
    for (std::int64_t i = first; i < last; ++i) add_image(set.image(i, room), set.channels, std::int64_t{set.height} * set.width, part);
    const std::lock_guard lock(mutex);
    add(part, all);
  });
  return all;
}

/// Symmetric [n, n], by Jacobi's rotations (Golub, Van Loan, section 8.5): columns of `vectors` are its eigenvectors, `matrix` becomes
/// diagonal.
void diagonalise(std::int64_t n, std::vector<double>& matrix, std::vector<double>& vectors) {
  const auto at = [n](std::vector<double>& m, std::int64_t i, std::int64_t j) -> double& { return m[static_cast<std::size_t>(i * n + j)]; };
  for (std::int64_t i = 0; i < n; ++i) at(vectors, i, i) = 1;
  for (int sweep = 0; sweep < 50; ++sweep)
    for (std::int64_t p = 0; p < n; ++p)
      for (std::int64_t q = p + 1; q < n; ++q) {
        if (at(matrix, p, q) == 0) continue;
        const double turn = 0.5 * std::atan2(2 * at(matrix, p, q), at(matrix, q, q) - at(matrix, p, p)), c = std::cos(turn),
                     s = std::sin(turn);
        const auto rotate = [&](double& a, double& b) {
          const double before = a;
          a = c * before - s * b, b = s * before + c * b;
        };
        for (std::int64_t k = 0; k < n; ++k) rotate(at(matrix, k, p), at(matrix, k, q));
        for (std::int64_t k = 0; k < n; ++k) rotate(at(matrix, p, k), at(matrix, q, k)), rotate(at(vectors, k, p), at(vectors, k, q));
      }
}

std::vector<double> covariance(const ByteStatistics& statistics, std::size_t channels) {
  const double pixels = static_cast<double>(statistics.images) * static_cast<double>(statistics.sums.size() / channels);
  std::vector<double> means(channels), result(channels * channels);
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t value = 0; value < 256; ++value)
      means[c] += static_cast<double>(value) * static_cast<double>(statistics.histogram[c * 256 + value]) / pixels;
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t d = 0; d < channels; ++d)
      result[c * channels + d] = static_cast<double>(statistics.products[c * channels + d]) / pixels - means[c] * means[d];
  return result;
}

}  // namespace

ByteStatistics measure_bytes(const ImageSet& set, const std::filesystem::path& cache_directory) {
  if (!set.lazy) return measure(set);
  const std::string key = fmt::format("byte statistics of {}: {}", set.digest, set.lazy->description());
  const std::filesystem::path path = cached_file(cache_directory, "statistics", key);
  ByteStatistics statistics = zeros_for(set);
  const std::size_t sizes[] = {statistics.histogram.size(), statistics.sums.size(), statistics.products.size()};
  if (const auto known = read_cached(path, key);
      known && known->size() == sizeof(std::int64_t) * std::accumulate(std::begin(sizes), std::end(sizes), std::size_t{0})) {
    const std::byte* from = known->data();
    for (std::vector<std::int64_t>* part : {&statistics.histogram, &statistics.sums, &statistics.products}) {
      std::memcpy(part->data(), from, part->size() * sizeof(std::int64_t));
      from += part->size() * sizeof(std::int64_t);
    }
    statistics.images = set.count;
    return statistics;
  }
  statistics = measure(set);
  std::vector<std::int64_t> all = statistics.histogram;
  all.insert(all.end(), statistics.sums.begin(), statistics.sums.end());
  all.insert(all.end(), statistics.products.begin(), statistics.products.end());
  write_cached(path, key, {std::as_bytes(std::span(all))});
  return statistics;
}

std::vector<double> colour_axes(const ByteStatistics& statistics) {
  const auto channels = static_cast<std::int64_t>(statistics.histogram.size() / 256);
  const auto size = static_cast<std::size_t>(channels);
  std::vector<double> matrix = covariance(statistics, size), vectors(size * size), axes;
  diagonalise(channels, matrix, vectors);
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return matrix[a * size + a] > matrix[b * size + b]; });
  for (const std::size_t i : order) {
    std::vector<double> axis;
    for (std::size_t c = 0; c < size; ++c) axis.push_back(vectors[c * size + i] * std::sqrt(std::max(0.0, matrix[i * size + i])));
    const double largest = *std::max_element(axis.begin(), axis.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
    for (const double value : axis) axes.push_back(largest < 0 ? -value : value);
  }
  return axes;
}

}  // namespace reprise::datasets
