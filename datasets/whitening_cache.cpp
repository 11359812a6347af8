#include "datasets/whitening_cache.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "suite/errors.hpp"
#include "suite/records/atomic_file.hpp"
#include "suite/records/digest.hpp"

namespace reprise::datasets {

namespace {

using Digest = std::array<std::byte, 32>;

struct Header {
  char magic[16] = "reprise zca v1\n";
  Digest key{};
  std::int64_t features = 0;
  double least = 0, largest = 0;
};
static_assert(sizeof(Header) == 72);

Digest sha256(records::Bytes bytes) {
  records::Sha256 sha;
  sha.add(bytes);
  return sha.finish();
}

}  // namespace

std::filesystem::path whitening_file(const std::filesystem::path& directory, const std::string& key) {
  return directory / fmt::format("zca-{}.bin", records::sha256_hex(key).substr(0, 16));
}

std::optional<Whitening> read_whitening(const std::filesystem::path& path, const std::string& key) {
  std::vector<std::byte> bytes;
  try {
    bytes = records::read_file("whitening", path);
  } catch (const InputError&) {
    return {};
  }
  Header header;
  if (bytes.size() < sizeof header) return {};
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.magic, Header().magic, sizeof header.magic) != 0 || header.key != sha256(records::bytes_of(key))) return {};
  if (header.features < 1 || header.features > 65536) return {};
  const auto features = static_cast<std::size_t>(header.features), size = sizeof header + 4 * (features + features * features);
  if (bytes.size() != size + sizeof(Digest)) return {};
  const Digest digest = sha256(records::Bytes(bytes).first(size));
  if (std::memcmp(digest.data(), bytes.data() + size, digest.size()) != 0) return {};
  Whitening whitening{header.features, std::vector<float>(features), std::vector<float>(features * features), header.least, header.largest};
  std::memcpy(whitening.mean.data(), bytes.data() + sizeof header, 4 * features);
  std::memcpy(whitening.matrix.data(), bytes.data() + sizeof header + 4 * features, 4 * features * features);
  return whitening;
}

bool write_whitening(const std::filesystem::path& path, const std::string& key, const Whitening& whitening) {
  Header header;
  header.key = sha256(records::bytes_of(key));
  header.features = whitening.features;
  header.least = whitening.min_eigenvalue;
  header.largest = whitening.largest_eigenvalue;
  try {
    records::AtomicFile file("whitening", path);
    records::Sha256 sha;
    for (const records::Bytes part :
         {std::as_bytes(std::span(&header, 1)), std::as_bytes(std::span(whitening.mean)), std::as_bytes(std::span(whitening.matrix))}) {
      sha.add(part);
      file.write(part);
    }
    file.write(sha.finish());
    file.commit();
    return true;
  } catch (const RunError&) {
    return false;
  }
}

}  // namespace reprise::datasets
