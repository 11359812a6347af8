#include "datasets/cached_bytes.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <span>

#include "suite/errors.hpp"
#include "suite/records/atomic_file.hpp"

namespace reprise::datasets {

namespace {

using Digest = std::array<std::byte, 32>;

struct Header {
  char magic[16] = "reprise kept 1\n";
  Digest key{};
};
static_assert(sizeof(Header) == 48);

Digest sha256(records::Bytes bytes) {
  records::Sha256 sha;
  sha.add(bytes);
  return sha.finish();
}

}  // namespace

std::filesystem::path cached_file(const std::filesystem::path& directory, const std::string& kind, const std::string& key) {
  return directory / fmt::format("{}-{}.bin", kind, records::sha256_hex(key).substr(0, 16));
}

std::optional<std::vector<std::byte>> read_cached(const std::filesystem::path& path, const std::string& key) {
  std::vector<std::byte> bytes;
  try {
    bytes = records::read_file("computed data", path);
  } catch (const InputError&) {
    return {};
  }
  Header header;
  if (bytes.size() < sizeof header + sizeof(Digest)) return {};
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.magic, Header().magic, sizeof header.magic) != 0 || header.key != sha256(records::bytes_of(key))) return {};
  const std::size_t size = bytes.size() - sizeof(Digest);
  const Digest digest = sha256(records::Bytes(bytes).first(size));
  if (std::memcmp(digest.data(), bytes.data() + size, digest.size()) != 0) return {};
  return std::vector<std::byte>(bytes.begin() + sizeof header, bytes.begin() + static_cast<std::ptrdiff_t>(size));
}

bool write_cached(const std::filesystem::path& path, const std::string& key, std::initializer_list<records::Bytes> parts) {
  Header header;
  header.key = sha256(records::bytes_of(key));
  try {
    records::AtomicFile file("computed data", path);
    records::Sha256 sha;
    const auto write = [&](records::Bytes part) {
      sha.add(part);
      file.write(part);
    };
    write(std::as_bytes(std::span(&header, 1)));
    for (const records::Bytes part : parts) write(part);
    file.write(sha.finish());
    file.commit();
    return true;
  } catch (const RunError&) {
    return false;
  }
}

}  // namespace reprise::datasets
