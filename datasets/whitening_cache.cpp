#include "datasets/whitening_cache.hpp"

#include <cstring>
#include <span>
#include <vector>

#include "datasets/cached_bytes.hpp"

namespace reprise::datasets {

namespace {

struct Header {
  std::int64_t features = 0;
  double least = 0, largest = 0;
};
static_assert(sizeof(Header) == 24);

}  // namespace

std::filesystem::path whitening_file(const std::filesystem::path& directory, const std::string& key) {
  return cached_file(directory, "zca", key);
}

std::optional<Whitening> read_whitening(const std::filesystem::path& path, const std::string& key) {
  const std::optional<std::vector<std::byte>> bytes = read_cached(path, key);
  Header header;
  if (!bytes || bytes->size() < sizeof header) return {};
  std::memcpy(&header, bytes->data(), sizeof header);
  if (header.features < 1 || header.features > 65536) return {};
  const auto features = static_cast<std::size_t>(header.features);
  if (bytes->size() != sizeof header + 4 * (features + features * features)) return {};
  Whitening whitening{header.features, std::vector<float>(features), std::vector<float>(features * features), header.least, header.largest};
  std::memcpy(whitening.mean.data(), bytes->data() + sizeof header, 4 * features);
  std::memcpy(whitening.matrix.data(), bytes->data() + sizeof header + 4 * features, 4 * features * features);
  return whitening;
}

bool write_whitening(const std::filesystem::path& path, const std::string& key, const Whitening& whitening) {
  const Header header{whitening.features, whitening.min_eigenvalue, whitening.largest_eigenvalue};
  return write_cached(
      path, key,
      {std::as_bytes(std::span(&header, 1)), std::as_bytes(std::span(whitening.mean)), std::as_bytes(std::span(whitening.matrix))});
}

}  // namespace reprise::datasets
