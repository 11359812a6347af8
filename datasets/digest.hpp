#pragma once
// SHA-256 of data files and image sets (OpenSSL, which uses the processor's SHA instructions where there are any).

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "datasets/image_set.hpp"

namespace reprise::datasets {

/// Running SHA-256. Not thread-safe; use one per thread.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(const void* bytes, std::size_t count);
  /// Ends the message and starts a new, empty one.
  std::array<std::uint8_t, 32> finish();
  std::string finish_hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string hex(const std::array<std::uint8_t, 32>& digest);
std::string sha256_hex(const void* bytes, std::size_t count);

/// SHA-256 over the text "channels height width classes count\n", the pixels and the labels (int32, little endian).
std::string image_set_digest(const ImageSet& set);

/// SHA-256 over the sorted SHA-256 of each image (its label as one byte, then its pixels): the same for any order of the
/// images. Needs classes <= 256.
std::string order_free_digest(const ImageSet& set);

}  // namespace reprise::datasets
