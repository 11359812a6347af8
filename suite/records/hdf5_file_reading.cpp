// The reading half of hdf5_file.hpp.

#include <fmt/format.h>

#include <algorithm>

#include "suite/records/hdf5_file.hpp"
#include "suite/records/hdf5_handle.hpp"

namespace reprise::records::hdf5 {

namespace {

template <typename T>
std::string type_name() {
  const std::string kind = std::is_floating_point_v<T> ? "float" : std::is_signed_v<T> ? "int" : "uint";
  return kind + std::to_string(8 * sizeof(T));
}

Handle open_attribute(hid_t file, const std::string& object, const std::string& name) {
  return {H5Aopen_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose, object + " attribute '" + name + "'",
          "an attribute"};
}

/// Number of values, refused when the file cannot hold them: deflate shrinks at most 1032 times, so a damaged extent cannot eat the memory.
std::size_t count_of(hid_t file, hid_t space, std::size_t value_bytes, const std::string& path) {
  constexpr std::size_t kDeflateLimit = 1032;
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  hsize_t file_bytes = 0;
  check(H5Fget_filesize(file, &file_bytes), path, "a file size");
  const auto limit = (static_cast<std::size_t>(file_bytes) + 4096) * kDeflateLimit / value_bytes;
  if (count < 0 || static_cast<std::size_t>(count) > limit) {
    throw Error(path, "at most " + std::to_string(limit) + " values in a file of " + std::to_string(file_bytes) + " bytes",
                std::to_string(count));
  }
  return static_cast<std::size_t>(count);
}

/// Reads texts of a dataset or attribute. `read(type, buffer)` fills pointers that HDF5 allocates.
template <typename Read>
std::vector<std::string> read_pointers(hid_t file, hid_t space, hid_t stored, const std::string& object, Read&& read) {
  if (H5Tget_class(stored) != H5T_STRING || H5Tis_variable_str(stored) <= 0) throw Error(object, "UTF-8 text", "another type");
  const Handle type = text_type();
  std::vector<char*> list(count_of(file, space, sizeof(char*), object), nullptr);
  if (list.empty()) return {};
  if (read(type, list.data()) < 0) fail(object, "text that can be read");
  std::vector<std::string> texts;
  for (const char* text : list) texts.emplace_back(text == nullptr ? "" : text);
  H5Dvlen_reclaim(type, space, H5P_DEFAULT, list.data());
  return texts;
}

const std::string& only(const std::vector<std::string>& texts, const std::string& object) {
  if (texts.size() != 1) throw Error(object, "one text", std::to_string(texts.size()));
  return texts.front();
}

template <typename T>
T scalar_attribute(hid_t file, const std::string& object, const std::string& name) {
  const std::string full = object + " attribute '" + name + "'";
  const Handle attribute = open_attribute(file, object, name);
  const Handle type(H5Aget_type(attribute), H5Tclose, full, "a type");
  const Handle space(H5Aget_space(attribute), H5Sclose, full, "a shape");
  if (H5Tequal(type, stored_type<T>()) <= 0) throw Error(full, type_name<T>(), "another type");
  if (H5Sget_simple_extent_npoints(space) != 1) throw Error(full, "one value", std::to_string(H5Sget_simple_extent_npoints(space)));
  T value{};
  check(H5Aread(attribute, type, &value), full, "a value that can be read");
  return value;
}

}  // namespace

bool File::exists(const std::string& path) const {
  const Library library;
  return path == "/" || H5Lexists(id_, path.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> File::children(const std::string& group) const {
  const Library library;
  const Handle handle(H5Gopen2(id_, group.c_str(), H5P_DEFAULT), H5Gclose, group, "a group");
  std::vector<std::string> names;
  hsize_t position = 0;
  check(H5Literate(
            handle, H5_INDEX_NAME, H5_ITER_INC, &position,
            [](hid_t, const char* name, const H5L_info_t*, void* client) -> herr_t {
              static_cast<std::vector<std::string>*>(client)->emplace_back(name);
              return 0;
            },
            &names),
        group, "to list it");
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> File::attributes(const std::string& object) const {
  const Library library;
  std::vector<std::string> names;
  hsize_t position = 0;
  check(H5Aiterate_by_name(
            id_, object.c_str(), H5_INDEX_NAME, H5_ITER_INC, &position,
            [](hid_t, const char* name, const H5A_info_t*, void* client) -> herr_t {
              static_cast<std::vector<std::string>*>(client)->emplace_back(name);
              return 0;
            },
            &names, H5P_DEFAULT),
        object, "to list its attributes");
  std::sort(names.begin(), names.end());
  return names;
}

bool File::has_attribute(const std::string& object, const std::string& name) const {
  const Library library;
  return H5Aexists_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

template <typename T>
Array<T> File::read(const std::string& path) const {
  const Library library;
  const Handle dataset = open_dataset(id_, path);
  const Handle type(H5Dget_type(dataset), H5Tclose, path, "a type");
  if (H5Tequal(type, stored_type<T>()) <= 0) throw Error(path, type_name<T>(), "another type");
  const Handle space(H5Dget_space(dataset), H5Sclose, path, "a shape");
  Array<T> array{shape_of(space, path), std::vector<T>(count_of(id_, space, sizeof(T), path))};
  if (!array.values.empty()) {
    check(H5Dread(dataset, stored_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, array.values.data()), path, "values that can be read");
  }
  return array;
}

std::vector<std::string> File::read_texts(const std::string& path) const {
  const Library library;
  const Handle dataset = open_dataset(id_, path);
  const Handle type(H5Dget_type(dataset), H5Tclose, path, "a type");
  const Handle space(H5Dget_space(dataset), H5Sclose, path, "a shape");
  return read_pointers(id_, space, type, path,
                       [&](hid_t text, void* list) { return H5Dread(dataset, text, H5S_ALL, H5S_ALL, H5P_DEFAULT, list); });
}

std::string File::read_text(const std::string& path) const {
  return only(read_texts(path), path);
}

std::vector<std::string> File::texts_attribute(const std::string& object, const std::string& name) const {
  const Library library;
  const std::string full = object + " attribute '" + name + "'";
  const Handle attribute = open_attribute(id_, object, name);
  const Handle type(H5Aget_type(attribute), H5Tclose, full, "a type");
  const Handle space(H5Aget_space(attribute), H5Sclose, full, "a shape");
  return read_pointers(id_, space, type, full, [&](hid_t text, void* list) { return H5Aread(attribute, text, list); });
}

std::string File::text_attribute(const std::string& object, const std::string& name) const {
  return only(texts_attribute(object, name), object + " attribute '" + name + "'");
}

std::int64_t File::integer_attribute(const std::string& object, const std::string& name) const {
  const Library library;
  return scalar_attribute<std::int64_t>(id_, object, name);
}

double File::number_attribute(const std::string& object, const std::string& name) const {
  const Library library;
  return scalar_attribute<double>(id_, object, name);
}

template Array<std::uint8_t> File::read<std::uint8_t>(const std::string&) const;
template Array<std::int32_t> File::read<std::int32_t>(const std::string&) const;
template Array<std::int64_t> File::read<std::int64_t>(const std::string&) const;
template Array<float> File::read<float>(const std::string&) const;
template Array<double> File::read<double>(const std::string&) const;

}  // namespace reprise::records::hdf5
