#pragma once
// Shared by hdf5::Writer and hdf5::Reader: identifiers that close themselves, types, and HDF5's own words in errors. Internal.

#include <hdf5.h>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "suite/records/hdf5_file.hpp"

namespace reprise::records::hdf5 {

static_assert(sizeof(hid_t) == sizeof(std::int64_t), "File keeps an HDF5 identifier as std::int64_t");

/// While one lives, HDF5 belongs to this thread and prints nothing.
class Library {
 public:
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

 private:
  std::lock_guard<std::mutex> lock_;
  H5E_auto2_t print_ = nullptr;
  void* client_ = nullptr;
};

/// HDF5's own account of its last failure: the outermost call and the innermost cause.
inline std::string account() {
  std::vector<std::string> lines;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_DOWNWARD,
      [](unsigned, const H5E_error2_t* error, void* client) -> herr_t {
        auto& all = *static_cast<std::vector<std::string>*>(client);
        all.push_back(std::string(error->func_name) + ": " + error->desc);
        return 0;
      },
      &lines);
  if (lines.empty()) return "an HDF5 failure without an account";
  return "HDF5: " + lines.front() + (lines.size() > 1 ? " (" + lines.back() + ")" : "");
}

[[noreturn]] inline void fail(const std::string& object, const std::string& expected) {
  throw Error(object, expected, account());
}

inline void check(herr_t status, const std::string& object, const char* expected) {
  if (status < 0) fail(object, expected);
}

/// An HDF5 identifier that closes itself.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle(hid_t id, Close close, const std::string& object, const char* expected) : id_(id), close_(close) {
    if (id < 0) fail(object, expected);
  }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  Close close_;
};

template <typename T>
hid_t stored_type();
template <>
inline hid_t stored_type<std::uint8_t>() {
  return H5T_STD_U8LE;
}
/// Sixteen bits are numbers of half precision, which HDF5 has no name for.
template <>
inline hid_t stored_type<std::uint16_t>() {
  static const hid_t type = [] {
    const hid_t half = H5Tcopy(H5T_IEEE_F32LE);
    const bool is_set = half >= 0 && H5Tset_fields(half, 15, 10, 5, 0, 10) >= 0 && H5Tset_size(half, 2) >= 0 && H5Tset_ebias(half, 15) >= 0;
    check(is_set ? 0 : -1, "half precision", "a type of 16 bits");
    return half;
  }();
  return type;
}
template <>
inline hid_t stored_type<std::int32_t>() {
  return H5T_STD_I32LE;
}
template <>
inline hid_t stored_type<std::int64_t>() {
  return H5T_STD_I64LE;
}
template <>
inline hid_t stored_type<float>() {
  return H5T_IEEE_F32LE;
}
template <>
inline hid_t stored_type<double>() {
  return H5T_IEEE_F64LE;
}

inline Handle text_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "text", "a type");
  check(H5Tset_size(type, H5T_VARIABLE), "text", "a type of variable length");
  check(H5Tset_cset(type, H5T_CSET_UTF8), "text", "UTF-8");
  return type;
}

/// Access to a file that is in memory alone.
inline Handle memory_access() {
  constexpr std::size_t kGrowBytes = std::size_t{1} << 16;
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "file", "access properties");
  check(H5Pset_fapl_core(access, kGrowBytes, false), "file", "a file in memory");
  return access;
}

inline Handle open_dataset(hid_t file, const std::string& path) {
  return {H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose, path, "a dataset"};
}

inline std::vector<std::int64_t> shape_of(hid_t space, const std::string& path) {
  const int order = H5Sget_simple_extent_ndims(space);
  if (order < 0 || H5Sget_simple_extent_type(space) == H5S_NULL) fail(path, "an array");
  std::vector<hsize_t> extents(static_cast<std::size_t>(order));
  check(H5Sget_simple_extent_dims(space, extents.data(), nullptr), path, "extents");
  return {extents.begin(), extents.end()};
}

}  // namespace reprise::records::hdf5
