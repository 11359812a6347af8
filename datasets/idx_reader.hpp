#pragma once
// IDX files of unsigned bytes, the format of MNIST (http://yann.lecun.com/exdb/mnist): magic 00 00 08 <order>, one
// big-endian 32-bit size per dimension, then the elements in row-major order. Plain or gzip.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace reprise::datasets {

struct IdxArray {
  std::vector<std::int64_t> sizes;   ///< [order]
  std::vector<std::uint8_t> values;  ///< product of sizes
  std::string sha256;                ///< of the (inflated) file content
};

/// Reads an array of `order` dimensions. `fix` ends each message. Throws InputError with file, byte offset (in the inflated
/// content), expected and found for a wrong magic, element type or order, an absurd size, missing or trailing bytes.
IdxArray read_idx(const std::filesystem::path& path, int order, const std::string& fix);

}  // namespace reprise::datasets
