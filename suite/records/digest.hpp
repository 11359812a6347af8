#pragma once
// Digests: SHA-256 for what must be recognised years later (files, recipes, results), XXH3 for what is hashed often (weights).

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace reprise::records {

using Bytes = std::span<const std::byte>;

/// The bytes of an array of numbers or of a text, as they lie in memory (little-endian on every machine reprise builds for).
template <typename T>
Bytes bytes_of(std::span<const T> values) {
  return std::as_bytes(values);
}
inline Bytes bytes_of(std::string_view text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

/// The same bytes as text.
inline std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Lower-case hexadecimal, two digits a byte.
std::string hex(Bytes bytes);

/// SHA-256 (FIPS 180-4) fed piece by piece; pieces do not matter, only their concatenation. One per thread.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void add(Bytes bytes);
  /// The digest of everything added; a new, empty message begins.
  std::array<std::byte, 32> finish();
  std::string finish_hex();  ///< the same as 64 hex digits

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(Bytes bytes);
std::string sha256_hex(std::string_view text);

/// XXH3 fed piece by piece; gives the 64-bit or the 128-bit digest, not both, and only once.
class Xxh3 {
 public:
  enum class Width { bits64, bits128 };
  explicit Xxh3(Width width);
  ~Xxh3();
  Xxh3(Xxh3&&) noexcept;
  Xxh3& operator=(Xxh3&&) noexcept;

  void add(Bytes bytes);
  std::uint64_t finish64();  ///< requires Width::bits64
  std::string finish_hex();  ///< 16 or 32 hex digits, most significant first

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// XXH3-128, 32 hex digits: the digest of weights. Two different sets of weights share one with probability 2^-128.
std::string xxh3_hex(Bytes bytes);
std::uint64_t xxh3_64(Bytes bytes);

}  // namespace reprise::records
