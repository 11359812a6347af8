#pragma once
// NumPy's .npy files (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): "\x93NUMPY", two bytes of version, the
// length of a header, the header (the text of a Python dictionary), then the numbers of one array.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace reprise::datasets {

enum class NpyType { uint8, int32, int64 };

/// "uint8 [50000, 32, 32, 3]"
std::string npy_text(NpyType type, const std::vector<std::int64_t>& shape);

/// One array, whose numbers are read where they lie. Any number of threads may read at once.
class NpyFile {
 public:
  /// Reads the header and holds it to the size of the file. Versions 1.0 and 2.0, C order, little-endian numbers. Throws InputError that
  /// names file, byte offset, expected, found and `fix`: for a file that is missing, is no .npy file or has another version; a damaged
  /// header; Fortran order; numbers of another type; more or fewer bytes than its shape needs.
  NpyFile(const std::filesystem::path& path, const std::string& fix);
  ~NpyFile();
  NpyFile(NpyFile&& other) noexcept;
  NpyFile& operator=(NpyFile&&) = delete;

  NpyType type() const { return type_; }
  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::int64_t bytes() const { return bytes_; }  ///< of all numbers

  /// Throws InputError unless the array is of this type and shape.
  void require(NpyType type, const std::vector<std::int64_t>& shape) const;
  /// Bytes of the numbers from byte `first` on; they must be there. Throws InputError for a file that has shrunk or cannot be read.
  void read(std::int64_t first, std::span<std::uint8_t> to) const;

 private:
  std::filesystem::path path_;
  std::string fix_;
  int descriptor_ = -1;
  NpyType type_ = NpyType::uint8;
  std::vector<std::int64_t> shape_;
  std::int64_t offset_ = 0, bytes_ = 0;
};

/// Labels [count], of 1, 4 or 8 bytes each. Throws InputError as NpyFile does, and for another shape or a label that is not in
/// [0, classes).
std::vector<std::int32_t> read_npy_labels(const std::filesystem::path& path, std::int64_t count, int classes, const std::string& fix);

}  // namespace reprise::datasets
