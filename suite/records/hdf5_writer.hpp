#pragma once
// Writes an HDF5 file in memory (hdf5_file.hpp says how objects are named).

#include <cstddef>
#include <span>
#include <vector>

#include "suite/records/hdf5_file.hpp"

namespace reprise::records::hdf5 {

/// A file in memory; image() gives its bytes. The same calls give the same bytes. Parents of a path must exist.
class Writer : public File {
 public:
  Writer();

  std::vector<std::byte> image() const;

  void create_group(const std::string& path);
  /// T: std::uint8_t, std::uint16_t (half precision), std::int32_t, std::int64_t, float, double. More than 512 bytes are stored in chunks
  /// with shuffle, deflate and Fletcher-32.
  template <typename T>
  void write(const std::string& path, std::span<const T> values, const std::vector<std::int64_t>& shape);
  void write_text(const std::string& path, const std::string& text);
  void write_texts(const std::string& path, const std::vector<std::string>& texts);
  void set_attribute(const std::string& object, const std::string& name, const std::string& text);
  void set_attribute(const std::string& object, const std::string& name, const std::vector<std::string>& texts);
  void set_attribute(const std::string& object, const std::string& name, std::int64_t value);
  void set_attribute(const std::string& object, const std::string& name, double value);
  /// Makes the one-dimensional dataset `scale` the dimension scale of the first axis of `datasets`; once for each scale.
  void attach_scale(const std::string& scale, const std::string& name, const std::vector<std::string>& datasets);
};

}  // namespace reprise::records::hdf5
