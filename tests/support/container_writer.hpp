#pragma once
// A user's own data set as an HDF5 container, written by hand.

#include <hdf5.h>

#include <filesystem>
#include <string>
#include <vector>

namespace reprise::tests {

/// Writes a container piece by piece.
class ContainerWriter {
 public:
  explicit ContainerWriter(const std::filesystem::path& path) : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) {
    for (const char* split : {"/train", "/test"}) H5Gclose(H5Gcreate2(file_, split, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  }
  ~ContainerWriter() { H5Fclose(file_); }
  ContainerWriter(const ContainerWriter&) = delete;
  ContainerWriter& operator=(const ContainerWriter&) = delete;

  /// Values `first`, first + 1, ... modulo 256.
  void images(const char* name, std::vector<hsize_t> shape, hid_t type = H5T_STD_U8LE, int first = 0) {
    hsize_t size = 1;
    for (const hsize_t extent : shape) size *= extent;
    std::vector<int> values(size);
    for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<int>((i + static_cast<std::size_t>(first)) % 256);
    write(name, shape, type, values);
  }
  void labels(const char* name, const std::vector<int>& values, hid_t type = H5T_STD_I64LE) { write(name, {values.size()}, type, values); }

  void text_attribute(const char* object, const char* name, const char* text) {
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), dataset = H5Dopen2(file_, object, H5P_DEFAULT);
    H5Tset_size(type, H5T_VARIABLE);
    const hid_t attribute = H5Acreate2(dataset, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, type, &text);
    H5Aclose(attribute);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Tclose(type);
  }

  void names(const std::vector<const char*>& names, bool variable) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, variable ? H5T_VARIABLE : 8);
    const hsize_t count = names.size();
    const hid_t space = H5Screate_simple(1, &count, nullptr);
    const hid_t attribute = H5Acreate2(file_, "class_names", type, space, H5P_DEFAULT, H5P_DEFAULT);
    std::string fixed(8 * names.size(), '\0');
    for (std::size_t i = 0; i < names.size(); ++i) std::string(names[i]).copy(fixed.data() + 8 * i, 8);
    H5Awrite(attribute, type, variable ? static_cast<const void*>(names.data()) : fixed.data());
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
  }

 private:
  void write(const char* name, const std::vector<hsize_t>& shape, hid_t type, const std::vector<int>& values) {
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t dataset = H5Dcreate2(file_, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(dataset);
    H5Sclose(space);
  }
  hid_t file_;
};

}  // namespace reprise::tests
