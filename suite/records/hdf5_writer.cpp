#include "suite/records/hdf5_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "suite/records/hdf5_handle.hpp"

namespace reprise::records::hdf5 {

namespace {

Handle space_of(const std::string& path, const std::vector<std::int64_t>& shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose, path, "a scalar"};
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  return {H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose, path, "an array"};
}

/// Chunks of at most 1 MiB, halved along the first axis that is still longer than one.
std::vector<hsize_t> chunk_of(const std::vector<std::int64_t>& shape, std::size_t value_bytes) {
  constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
  std::vector<hsize_t> chunk(shape.begin(), shape.end());
  const auto bytes = [&] { return std::accumulate(chunk.begin(), chunk.end(), value_bytes, std::multiplies<>()); };
  for (auto axis = chunk.begin(); axis != chunk.end() && bytes() > kChunkBytes; ++axis) {
    while (*axis > 1 && bytes() > kChunkBytes) *axis = (*axis + 1) / 2;
  }
  return chunk;
}

/// Creation properties that all objects share. Keeping the order of attributes selects the object header of HDF5 1.8, which has no
/// limit of 64 KiB on them and finds one among many quickly; netCDF expects it too.
Handle object_plan(hid_t kind, const std::string& path) {
  Handle plan(H5Pcreate(kind), H5Pclose, path, "creation properties");
  check(H5Pset_obj_track_times(plan, false), path, "no time stamps");
  check(H5Pset_attr_creation_order(plan, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED), path, "attributes in order");
  return plan;
}

Handle group_plan(hid_t kind, const std::string& path) {
  Handle plan = object_plan(kind, path);
  check(H5Pset_link_creation_order(plan, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED), path, "links in order");
  return plan;
}

/// Creation properties of a dataset: chunks and filters when `bytes` is worth it.
Handle dataset_plan(const std::string& path, const std::vector<std::int64_t>& shape, std::size_t value_bytes) {
  constexpr std::size_t kWorthCompressing = 512;
  constexpr unsigned kDeflateLevel = 6;
  Handle plan = object_plan(H5P_DATASET_CREATE, path);
  const std::size_t bytes = std::accumulate(shape.begin(), shape.end(), value_bytes, [](std::size_t product, std::int64_t extent) {
    return product * static_cast<std::size_t>(extent);
  });
  if (shape.empty() || bytes <= kWorthCompressing) return plan;
  const std::vector<hsize_t> chunk = chunk_of(shape, value_bytes);
  check(H5Pset_chunk(plan, static_cast<int>(chunk.size()), chunk.data()), path, "chunks");
  check(H5Pset_shuffle(plan), path, "the shuffle filter");
  check(H5Pset_deflate(plan, kDeflateLevel), path, "the deflate filter");
  check(H5Pset_fletcher32(plan), path, "the Fletcher-32 filter");
  return plan;
}

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> list;
  for (const std::string& text : texts) list.push_back(text.c_str());
  return list;
}

void write_attribute(hid_t file, const std::string& object, const std::string& name, hid_t type, hid_t space, const void* values) {
  const std::string full = object + " attribute '" + name + "'";
  const Handle plan(H5Pcreate(H5P_ATTRIBUTE_CREATE), H5Pclose, full, "creation properties");
  check(H5Pset_char_encoding(plan, H5T_CSET_UTF8), full, "a UTF-8 name");
  const Handle attribute(H5Acreate_by_name(file, object.c_str(), name.c_str(), type, space, plan, H5P_DEFAULT, H5P_DEFAULT), H5Aclose, full,
                         "to create it");
  check(H5Awrite(attribute, type, values), full, "to write it");
}

Handle link_plan(const std::string& path) {
  Handle plan(H5Pcreate(H5P_LINK_CREATE), H5Pclose, path, "link properties");
  check(H5Pset_char_encoding(plan, H5T_CSET_UTF8), path, "a UTF-8 name");
  return plan;
}

Handle create_dataset(hid_t file, const std::string& path, hid_t type, hid_t space, hid_t plan) {
  const Handle link = link_plan(path);
  return {H5Dcreate2(file, path.c_str(), type, space, link, plan, H5P_DEFAULT), H5Dclose, path, "to create a dataset"};
}

hid_t create_in_memory() {
  const Library library;
  const Handle access = memory_access();
  // Nothing younger than HDF5 1.8. Not V18 as the lower bound: H5Fget_file_image (1.10) clears a flag of the superblock that comes
  // with it and forgets to renew its checksum.
  check(H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18), "file", "the format of HDF5 1.8");
  const Handle plan = group_plan(H5P_FILE_CREATE, "file");
  const hid_t id = H5Fcreate("reprise-in-memory.h5", H5F_ACC_TRUNC, plan, access);
  if (id < 0) fail("file", "to create a file in memory");
  return id;
}

}  // namespace

Writer::Writer() : File(create_in_memory()) {}

std::vector<std::byte> Writer::image() const {
  const Library library;
  check(H5Fflush(id_, H5F_SCOPE_GLOBAL), "file", "to flush it");
  const ssize_t size = H5Fget_file_image(id_, nullptr, 0);
  if (size < 0) fail("file", "its size");
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  if (H5Fget_file_image(id_, bytes.data(), bytes.size()) != size) fail("file", "its bytes");
  return bytes;
}

void Writer::create_group(const std::string& path) {
  const Library library;
  const Handle plan = group_plan(H5P_GROUP_CREATE, path);
  const Handle link = link_plan(path);
  const Handle group(H5Gcreate2(id_, path.c_str(), link, plan, H5P_DEFAULT), H5Gclose, path, "to create a group");
}

template <typename T>
void Writer::write(const std::string& path, std::span<const T> values, const std::vector<std::int64_t>& shape) {
  const Library library;
  const Handle space = space_of(path, shape);
  const Handle plan = dataset_plan(path, shape, sizeof(T));
  const Handle dataset = create_dataset(id_, path, stored_type<T>(), space, plan);
  if (!values.empty()) check(H5Dwrite(dataset, stored_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), path, "to write values");
}

void Writer::write_text(const std::string& path, const std::string& text) {
  const Library library;
  const Handle type = text_type();
  const Handle space = space_of(path, {});
  const Handle plan = dataset_plan(path, {}, sizeof(char*));
  const Handle dataset = create_dataset(id_, path, type, space, plan);
  const char* pointer = text.c_str();
  check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &pointer), path, "to write text");
}

void Writer::write_texts(const std::string& path, const std::vector<std::string>& texts) {
  const Library library;
  const Handle type = text_type();
  const Handle space = space_of(path, {static_cast<std::int64_t>(texts.size())});
  const Handle plan = dataset_plan(path, {}, sizeof(char*));  // texts of variable length lie in a heap that filters do not reach
  const Handle dataset = create_dataset(id_, path, type, space, plan);
  const auto list = pointers(texts);
  if (!list.empty()) check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, list.data()), path, "to write texts");
}

void Writer::set_attribute(const std::string& object, const std::string& name, const std::string& text) {
  const Library library;
  const char* pointer = text.c_str();
  write_attribute(id_, object, name, text_type(), space_of(object, {}), &pointer);
}

void Writer::set_attribute(const std::string& object, const std::string& name, const std::vector<std::string>& texts) {
  const Library library;
  write_attribute(id_, object, name, text_type(), space_of(object, {static_cast<std::int64_t>(texts.size())}), pointers(texts).data());
}

void Writer::set_attribute(const std::string& object, const std::string& name, std::int64_t value) {
  const Library library;
  write_attribute(id_, object, name, stored_type<std::int64_t>(), space_of(object, {}), &value);
}

void Writer::set_attribute(const std::string& object, const std::string& name, double value) {
  const Library library;
  write_attribute(id_, object, name, stored_type<double>(), space_of(object, {}), &value);
}

// Written here and not by H5DSattach_scale, which leaves the padding of REFERENCE_LIST's pairs unset: files would not repeat byte by byte.
// Layout: HDF5 dimension scale specification, sections 4.1 to 4.4.
void Writer::attach_scale(const std::string& scale, const std::string& name, const std::vector<std::string>& datasets) {
  const Library library;
  const auto fixed_text = [&](const std::string& attribute, const std::string& text) {
    const Handle type(H5Tcopy(H5T_C_S1), H5Tclose, scale, "a type");
    check(H5Tset_size(type, text.size() + 1), scale, "a type with a length");
    write_attribute(id_, scale, attribute, type, space_of(scale, {}), text.c_str());
  };
  fixed_text("CLASS", "DIMENSION_SCALE");
  fixed_text("NAME", name);
  if (datasets.empty()) return;

  struct Back {  // one dataset that uses the scale, and for which axis
    hobj_ref_t dataset;
    std::int32_t axis;
    std::int32_t padding;
  };
  std::vector<Back> backs;
  hobj_ref_t forward = 0;
  check(H5Rcreate(&forward, id_, scale.c_str(), H5R_OBJECT, H5I_INVALID_HID), scale, "a reference to it");
  for (const std::string& path : datasets) {
    Back back{0, 0, 0};
    check(H5Rcreate(&back.dataset, id_, path.c_str(), H5R_OBJECT, H5I_INVALID_HID), path, "a reference to it");
    backs.push_back(back);
    const Handle dataset = open_dataset(id_, path);
    const Handle space(H5Dget_space(dataset), H5Sclose, path, "a shape");
    const auto order = shape_of(space, path).size();
    std::vector<hvl_t> list(order, hvl_t{0, nullptr});
    if (order > 0) list.front() = {1, &forward};
    const Handle type(H5Tvlen_create(H5T_STD_REF_OBJ), H5Tclose, path, "a list type");
    write_attribute(id_, path, "DIMENSION_LIST", type, space_of(path, {static_cast<std::int64_t>(order)}), list.data());
  }
  const Handle type(H5Tcreate(H5T_COMPOUND, sizeof(Back)), H5Tclose, scale, "a pair type");
  check(H5Tinsert(type, "dataset", offsetof(Back, dataset), H5T_STD_REF_OBJ), scale, "a pair type");
  check(H5Tinsert(type, "dimension", offsetof(Back, axis), H5T_STD_I32LE), scale, "a pair type");
  write_attribute(id_, scale, "REFERENCE_LIST", type, space_of(scale, {static_cast<std::int64_t>(backs.size())}), backs.data());
}

template void Writer::write<std::uint8_t>(const std::string&, std::span<const std::uint8_t>, const std::vector<std::int64_t>&);
template void Writer::write<std::uint16_t>(const std::string&, std::span<const std::uint16_t>, const std::vector<std::int64_t>&);
template void Writer::write<std::int32_t>(const std::string&, std::span<const std::int32_t>, const std::vector<std::int64_t>&);
template void Writer::write<std::int64_t>(const std::string&, std::span<const std::int64_t>, const std::vector<std::int64_t>&);
template void Writer::write<float>(const std::string&, std::span<const float>, const std::vector<std::int64_t>&);
template void Writer::write<double>(const std::string&, std::span<const double>, const std::vector<std::int64_t>&);

}  // namespace reprise::records::hdf5
