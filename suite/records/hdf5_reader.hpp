#pragma once
// Reads an HDF5 file (hdf5_file.hpp says how objects are named).

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "suite/records/hdf5_file.hpp"

namespace reprise::records::hdf5 {

template <typename T>
struct Array {
  std::vector<std::int64_t> shape;  ///< empty for a scalar
  std::vector<T> values;            ///< row-major
};

/// Of the elements of a dataset.
struct ElementType {
  bool is_integer = false, is_signed = false;
  std::size_t bytes = 0;
};

/// Anything missing or of another type is an Error. HDF5 may crash on damaged bytes: verify them first, or read in a child process.
class Reader : public File {
 public:
  /// A file whose bytes are in memory.
  explicit Reader(std::span<const std::byte> image);
  /// A file on the disk.
  explicit Reader(const std::filesystem::path& path);

  bool exists(const std::string& path) const;
  /// Names of the objects in a group, sorted.
  std::vector<std::string> children(const std::string& group) const;
  std::vector<std::string> attributes(const std::string& object) const;
  bool has_attribute(const std::string& object, const std::string& name) const;
  /// The whole dataset, which must be stored as T: std::uint8_t, std::uint16_t (half precision), std::int32_t, std::int64_t, float, double.
  template <typename T>
  Array<T> read(const std::string& path) const;
  std::string read_text(const std::string& path) const;
  std::vector<std::string> read_texts(const std::string& path) const;
  std::string text_attribute(const std::string& object, const std::string& name) const;
  std::vector<std::string> texts_attribute(const std::string& object, const std::string& name) const;
  std::int64_t integer_attribute(const std::string& object, const std::string& name) const;
  double number_attribute(const std::string& object, const std::string& name) const;

  // Datasets that other programs wrote.
  std::vector<std::int64_t> shape(const std::string& path) const;
  ElementType element_type(const std::string& path) const;
  /// Rows that are stored, and compressed, together; 1 if the dataset is not cut into chunks.
  std::int64_t chunk_rows(const std::string& path) const;
  /// Rows [first, first + count) along the first axis, converted to T.
  template <typename T>
  void read_rows(const std::string& path, std::int64_t first, std::int64_t count, T* values) const;
};

}  // namespace reprise::records::hdf5
