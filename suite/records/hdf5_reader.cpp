#include "suite/records/hdf5_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

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

/// Texts of fixed length, up to their zero byte or without the spaces that fill them up.
template <typename Read>
std::vector<std::string> read_fixed(hid_t file, hid_t space, hid_t stored, const std::string& object, Read&& read) {
  const std::size_t size = H5Tget_size(stored);
  std::vector<char> bytes(size * count_of(file, space, std::max<std::size_t>(1, size), object));
  if (!bytes.empty() && read(stored, bytes.data()) < 0) fail(object, "text that can be read");
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    std::string text(bytes.data() + at, size);
    text.resize(std::min(text.find('\0'), size));
    text.resize(text.find_last_not_of(' ') + 1);
    texts.push_back(std::move(text));
  }
  return texts;
}

/// Reads texts of a dataset or attribute with `read(type, buffer)`. HDF5 allocates those of variable length.
template <typename Read>
std::vector<std::string> read_strings(hid_t file, hid_t space, hid_t stored, const std::string& object, Read&& read) {
  if (H5Tget_class(stored) != H5T_STRING) throw Error(object, "text", "another type");
  if (H5Tis_variable_str(stored) <= 0) return read_fixed(file, space, stored, object, read);
  std::vector<char*> list(count_of(file, space, sizeof(char*), object), nullptr);
  if (list.empty()) return {};
  if (read(stored, list.data()) < 0) fail(object, "text that can be read");
  std::vector<std::string> texts;
  for (const char* text : list) texts.emplace_back(text == nullptr ? "" : text);
  H5Dvlen_reclaim(stored, space, H5P_DEFAULT, list.data());
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

hid_t open_image(std::span<const std::byte> image) {
  const Library library;
  const Handle access = memory_access();
  // HDF5 copies the image; its signature merely forgot the const.
  check(H5Pset_file_image(access, const_cast<std::byte*>(image.data()), image.size()), "file", "an image in memory");
  const hid_t id = H5Fopen("reprise-image.h5", H5F_ACC_RDONLY, access);
  if (id < 0) fail("file", "an HDF5 file");
  return id;
}

hid_t open_path(const std::filesystem::path& path) {
  const Library library;
  const hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id >= 0) return id;
  const bool is_signed = H5Fis_hdf5(path.c_str()) > 0;
  throw Error("at byte 0", "an HDF5 file", is_signed ? "a truncated, damaged or locked HDF5 file" : "a file without the HDF5 signature");
}

}  // namespace

Reader::Reader(std::span<const std::byte> image) : File(open_image(image)) {}
Reader::Reader(const std::filesystem::path& path) : File(open_path(path)) {}

bool Reader::exists(const std::string& path) const {
  const Library library;
  return path == "/" || H5Lexists(id_, path.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> Reader::children(const std::string& group) const {
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

std::vector<std::string> Reader::attributes(const std::string& object) const {
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

bool Reader::has_attribute(const std::string& object, const std::string& name) const {
  const Library library;
  return H5Aexists_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

template <typename T>
Array<T> Reader::read(const std::string& path) const {
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

std::vector<std::string> Reader::read_texts(const std::string& path) const {
  const Library library;
  const Handle dataset = open_dataset(id_, path);
  const Handle type(H5Dget_type(dataset), H5Tclose, path, "a type");
  const Handle space(H5Dget_space(dataset), H5Sclose, path, "a shape");
  return read_strings(id_, space, type, path,
                      [&](hid_t text, void* list) { return H5Dread(dataset, text, H5S_ALL, H5S_ALL, H5P_DEFAULT, list); });
}

std::string Reader::read_text(const std::string& path) const {
  return only(read_texts(path), path);
}

std::vector<std::string> Reader::texts_attribute(const std::string& object, const std::string& name) const {
  const Library library;
  const std::string full = object + " attribute '" + name + "'";
  const Handle attribute = open_attribute(id_, object, name);
  const Handle type(H5Aget_type(attribute), H5Tclose, full, "a type");
  const Handle space(H5Aget_space(attribute), H5Sclose, full, "a shape");
  return read_strings(id_, space, type, full, [&](hid_t text, void* list) { return H5Aread(attribute, text, list); });
}

std::string Reader::text_attribute(const std::string& object, const std::string& name) const {
  return only(texts_attribute(object, name), object + " attribute '" + name + "'");
}

std::int64_t Reader::integer_attribute(const std::string& object, const std::string& name) const {
  const Library library;
  return scalar_attribute<std::int64_t>(id_, object, name);
}

double Reader::number_attribute(const std::string& object, const std::string& name) const {
  const Library library;
  return scalar_attribute<double>(id_, object, name);
}

std::vector<std::int64_t> Reader::shape(const std::string& path) const {
  const Library library;
  const Handle dataset = open_dataset(id_, path);
  return shape_of(Handle(H5Dget_space(dataset), H5Sclose, path, "a shape"), path);
}

ElementType Reader::element_type(const std::string& path) const {
  const Library library;
  const Handle dataset = open_dataset(id_, path);
  const Handle type(H5Dget_type(dataset), H5Tclose, path, "a type");
  return {H5Tget_class(type) == H5T_INTEGER, H5Tget_sign(type) == H5T_SGN_2, H5Tget_size(type)};
}

std::int64_t Reader::chunk_rows(const std::string& path) const {
  const Library library;
  const Handle dataset = open_dataset(id_, path);
  const Handle plan(H5Dget_create_plist(dataset), H5Pclose, path, "creation properties");
  hsize_t chunk[H5S_MAX_RANK] = {1};
  if (H5Pget_layout(plan) == H5D_CHUNKED) check(H5Pget_chunk(plan, H5S_MAX_RANK, chunk), path, "chunks");
  return static_cast<std::int64_t>(chunk[0]);
}

template <typename T>
void Reader::read_rows(const std::string& path, std::int64_t first, std::int64_t count, T* values) const {
  const Library library;
  const Handle dataset = open_dataset(id_, path);
  const Handle space(H5Dget_space(dataset), H5Sclose, path, "a shape");
  const std::vector<std::int64_t> shape = shape_of(space, path);
  std::vector<hsize_t> start(shape.size(), 0), extents(shape.begin(), shape.end());
  if (shape.empty()) throw Error(path, "rows", "a scalar");
  start[0] = static_cast<hsize_t>(first), extents[0] = static_cast<hsize_t>(count);
  const Handle memory(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose, path, "an array");
  check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, extents.data(), nullptr), path, "rows");
  check(H5Dread(dataset, stored_type<T>(), memory, space, H5P_DEFAULT, values), path, "values that can be read");
}

template void Reader::read_rows<std::uint8_t>(const std::string&, std::int64_t, std::int64_t, std::uint8_t*) const;
template void Reader::read_rows<std::int32_t>(const std::string&, std::int64_t, std::int64_t, std::int32_t*) const;
template Array<std::uint8_t> Reader::read<std::uint8_t>(const std::string&) const;
template Array<std::uint16_t> Reader::read<std::uint16_t>(const std::string&) const;
template Array<std::int32_t> Reader::read<std::int32_t>(const std::string&) const;
template Array<std::int64_t> Reader::read<std::int64_t>(const std::string&) const;
template Array<float> Reader::read<float>(const std::string&) const;
template Array<double> Reader::read<double>(const std::string&) const;

}  // namespace reprise::records::hdf5
