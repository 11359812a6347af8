// Fitted whitenings on disk. Layout: 16 bytes of magic, SHA-256 of the key, features (int64), least and largest eigenvalue
// (double), mean, matrix (float32), SHA-256 of all before it. Little endian.

#include <unistd.h>

#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "datasets/digest.hpp"
#include "datasets/whitening.hpp"

namespace reprise::datasets {

static_assert(std::endian::native == std::endian::little, "the file is written as it lies in memory");

namespace {

struct Header {
  char magic[16] = "reprise zca v1\n";
  std::array<std::uint8_t, 32> key{};
  std::int64_t features = 0;
  double least = 0, largest = 0;
};
static_assert(sizeof(Header) == 72);

std::array<std::uint8_t, 32> sha256(const std::string& text) {
  Sha256 sha;
  sha.update(text.data(), text.size());
  return sha.finish();
}

template <typename Value>
bool read_into(std::ifstream& file, Sha256& sha, Value* values, std::size_t count) {
  file.read(reinterpret_cast<char*>(values), static_cast<std::streamsize>(count * sizeof(Value)));
  sha.update(values, count * sizeof(Value));
  return file.good();
}

template <typename Value>
void write_from(std::ofstream& file, Sha256& sha, const Value* values, std::size_t count) {
  file.write(reinterpret_cast<const char*>(values), static_cast<std::streamsize>(count * sizeof(Value)));
  sha.update(values, count * sizeof(Value));
}

}  // namespace

std::filesystem::path whitening_file(const std::filesystem::path& directory, const std::string& key) {
  return directory / fmt::format("zca-{}.bin", hex(sha256(key)).substr(0, 16));
}

std::optional<Whitening> read_whitening(const std::filesystem::path& path, const std::string& key) {
  std::ifstream file(path, std::ios::binary);
  Sha256 sha;
  Header header;
  if (!file || !read_into(file, sha, &header, 1)) return {};
  if (std::memcmp(header.magic, Header().magic, sizeof header.magic) != 0 || header.key != sha256(key)) return {};
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  const auto features = static_cast<std::uintmax_t>(header.features);
  // The size decides before memory is taken for what the header says.
  if (error || header.features < 1 || features > 65536 || bytes != sizeof(Header) + 4 * (features + features * features) + 32) return {};
  Whitening whitening;
  whitening.features = header.features;
  whitening.least_eigenvalue = header.least;
  whitening.largest_eigenvalue = header.largest;
  whitening.mean.resize(features);
  whitening.matrix.resize(features * features);
  if (!read_into(file, sha, whitening.mean.data(), whitening.mean.size())) return {};
  if (!read_into(file, sha, whitening.matrix.data(), whitening.matrix.size())) return {};
  std::array<std::uint8_t, 32> stored{};
  file.read(reinterpret_cast<char*>(stored.data()), 32);
  if (!file || stored != sha.finish()) return {};
  return whitening;
}

bool write_whitening(const std::filesystem::path& path, const std::string& key, const Whitening& whitening) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  // The process number keeps two jobs from writing the same file.
  const std::filesystem::path part = path.string() + fmt::format(".{}.part", ::getpid());
  {
    std::ofstream file(part, std::ios::binary | std::ios::trunc);
    if (!file) return false;
    Sha256 sha;
    Header header;
    header.key = sha256(key);
    header.features = whitening.features;
    header.least = whitening.least_eigenvalue;
    header.largest = whitening.largest_eigenvalue;
    write_from(file, sha, &header, 1);
    write_from(file, sha, whitening.mean.data(), whitening.mean.size());
    write_from(file, sha, whitening.matrix.data(), whitening.matrix.size());
    const auto digest = sha.finish();
    file.write(reinterpret_cast<const char*>(digest.data()), 32);
    file.close();
    if (!file) {
      std::filesystem::remove(part, error);
      return false;
    }
  }
  std::filesystem::rename(part, path, error);
  if (!error) return true;
  std::filesystem::remove(part, error);
  return false;
}

}  // namespace reprise::datasets
