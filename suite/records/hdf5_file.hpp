#pragma once
// HDF5 behind two small classes, hdf5::Writer and hdf5::Reader: no other folder includes hdf5.h, and their headers do not either.
//
// Objects are named by their path ("/metrics/test_error"). Arrays are little-endian integers or IEEE floats; texts are UTF-8 of variable
// length. Calls from several threads are taken one at a time (Debian's HDF5 is not thread-safe), and a fork waits for the one under way,
// so that the child can use HDF5 too. Nothing here is collective.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

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

/// "1.10.8": the HDF5 that this program runs with.
std::string library_text();

/// An open file, closed with its owner.
class File {
 public:
  File(File&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~File();

 protected:
  explicit File(std::int64_t id) : id_(id) {}
  std::int64_t id_ = -1;
};

}  // namespace reprise::records::hdf5
