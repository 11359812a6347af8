#pragma once
// .npy files as NumPy writes them.

#include <cstdint>
#include <string>
#include <vector>

#include "temporary_folder.hpp"

namespace reprise::datasets {

/// A file with this header text, filled up with spaces to a multiple of 64 bytes, and these bytes of numbers.
inline Bytes npy_bytes(const std::string& dictionary, const Bytes& numbers, int version = 1) {
  const std::size_t before = version == 1 ? 10 : 12;
  std::string header = dictionary;
  while ((before + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string text = "\x93NUMPY";
  text += static_cast<char>(version);
  text += '\0';
  for (std::size_t i = 0; i < before - 8; ++i) text += static_cast<char>(header.size() >> (8 * i));
  text += header;
  text.append(reinterpret_cast<const char*>(numbers.data()), numbers.size());
  return {text.begin(), text.end()};
}

/// "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }"
inline std::string npy_dictionary(const std::string& type, const std::string& shape, const std::string& fortran_order = "False") {
  return "{'descr': '" + type + "', 'fortran_order': " + fortran_order + ", 'shape': " + shape + ", }";
}

/// Numbers as `bytes` bytes each, least significant first.
inline Bytes little_endian(const std::vector<std::int64_t>& numbers, std::size_t bytes) {
  Bytes result;
  for (const std::int64_t number : numbers)
    for (std::size_t i = 0; i < bytes; ++i) result.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> (8 * i)));
  return result;
}

}  // namespace reprise::datasets
