#pragma once
// HDF5 behind one small class: the only header to include for HDF5, and it includes no hdf5.h itself.
//
// Objects are named by their path ("/metrics/test_error"). Arrays are little-endian integers or IEEE floats; texts are UTF-8 of variable
// length. Calls from several threads are taken one at a time (Debian's HDF5 is not thread-safe). Nothing here is collective.

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "suite/records/digest.hpp"

namespace reprise::records::hdf5 {

/// What went wrong with which object; `found` ends with HDF5's own words. Callers add the file and what to do.
class Error : public std::runtime_error {
 public:
  Error(std::string what_object, std::string what_expected, std::string what_found)
      : std::runtime_error(what_object + ": expected " + what_expected + ", found " + what_found),
        object(std::move(what_object)),
        expected(std::move(what_expected)),
        found(std::move(what_found)) {}
  std::string object, expected, found;
};

template <typename T>
struct Array {
  std::vector<std::int64_t> shape;  ///< empty for a scalar
  std::vector<T> values;            ///< row-major
};

class File {
 public:
  /// An empty file in memory; image() gives its bytes. The same calls give the same bytes.
  static File in_memory();
  /// A file whose bytes are in memory, read-only. HDF5 may crash on damaged bytes: verify them first.
  static File from_image(Bytes image);
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  std::vector<std::byte> image() const;

  // Writing. Parents of a path must exist. More than 512 bytes of numbers are stored in chunks with shuffle, deflate and Fletcher-32.
  void create_group(const std::string& path);
  /// T: std::uint8_t, std::int32_t, std::int64_t, float, double.
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

  // Reading. Anything missing or of another type is an Error.
  bool exists(const std::string& path) const;
  /// Names of the objects in a group, sorted.
  std::vector<std::string> children(const std::string& group) const;
  std::vector<std::string> attributes(const std::string& object) const;
  bool has_attribute(const std::string& object, const std::string& name) const;
  template <typename T>
  Array<T> read(const std::string& path) const;
  std::string read_text(const std::string& path) const;
  std::vector<std::string> read_texts(const std::string& path) const;
  std::string text_attribute(const std::string& object, const std::string& name) const;
  std::vector<std::string> texts_attribute(const std::string& object, const std::string& name) const;
  std::int64_t integer_attribute(const std::string& object, const std::string& name) const;
  double number_attribute(const std::string& object, const std::string& name) const;

 private:
  explicit File(std::int64_t id) : id_(id) {}
  std::int64_t id_ = -1;
};

}  // namespace reprise::records::hdf5
