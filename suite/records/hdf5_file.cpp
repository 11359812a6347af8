#include "suite/records/hdf5_file.hpp"

#include <hdf5.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <numeric>
#include <utility>

namespace reprise::records::hdf5 {

namespace {

static_assert(sizeof(hid_t) == sizeof(std::int64_t), "File keeps an HDF5 identifier as std::int64_t");

/// While one lives, HDF5 belongs to this thread and prints nothing.
class Library {
 public:
  Library() : lock_(mutex()) {
    H5Eget_auto2(H5E_DEFAULT, &print_, &client_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Library() { H5Eset_auto2(H5E_DEFAULT, print_, client_); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

 private:
  static std::recursive_mutex& mutex() {
    static std::recursive_mutex one;
    return one;
  }
  std::lock_guard<std::recursive_mutex> lock_;
  H5E_auto2_t print_ = nullptr;
  void* client_ = nullptr;
};

/// HDF5's own account of its last failure: the outermost call and the innermost cause.
std::string account() {
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

[[noreturn]] void fail(const std::string& object, const std::string& expected) { throw Error(object, expected, account()); }

void check(herr_t status, const std::string& object, const char* expected) {
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
template <> hid_t stored_type<std::uint8_t>() { return H5T_STD_U8LE; }
template <> hid_t stored_type<std::int32_t>() { return H5T_STD_I32LE; }
template <> hid_t stored_type<std::int64_t>() { return H5T_STD_I64LE; }
template <> hid_t stored_type<float>() { return H5T_IEEE_F32LE; }
template <> hid_t stored_type<double>() { return H5T_IEEE_F64LE; }

template <typename T>
std::string type_name() {
  const std::string kind = std::is_floating_point_v<T> ? "float" : std::is_signed_v<T> ? "int" : "uint";
  return kind + std::to_string(8 * sizeof(T));
}

Handle text_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "text", "a type");
  check(H5Tset_size(type, H5T_VARIABLE), "text", "a type of variable length");
  check(H5Tset_cset(type, H5T_CSET_UTF8), "text", "UTF-8");
  return type;
}

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
  const std::size_t bytes = std::accumulate(shape.begin(), shape.end(), value_bytes,
                                            [](std::size_t product, std::int64_t extent) { return product * static_cast<std::size_t>(extent); });
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

Handle open_dataset(hid_t file, const std::string& path) { return {H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose, path, "a dataset"}; }

Handle open_attribute(hid_t file, const std::string& object, const std::string& name) {
  return {H5Aopen_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose, object + " attribute '" + name + "'",
          "an attribute"};
}

std::vector<std::int64_t> shape_of(hid_t space, const std::string& path) {
  const int order = H5Sget_simple_extent_ndims(space);
  if (order < 0 || H5Sget_simple_extent_type(space) == H5S_NULL) fail(path, "an array");
  std::vector<hsize_t> extents(static_cast<std::size_t>(order));
  check(H5Sget_simple_extent_dims(space, extents.data(), nullptr), path, "extents");
  return {extents.begin(), extents.end()};
}

/// Number of values, refused when the file cannot hold them: deflate shrinks at most 1032 times, so a damaged extent cannot eat the memory.
std::size_t count_of(hid_t file, hid_t space, std::size_t value_bytes, const std::string& path) {
  constexpr std::size_t kDeflateLimit = 1032;
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  hsize_t file_bytes = 0;
  check(H5Fget_filesize(file, &file_bytes), path, "a file size");
  const auto limit = (static_cast<std::size_t>(file_bytes) + 4096) * kDeflateLimit / value_bytes;
  if (count < 0 || static_cast<std::size_t>(count) > limit) {
    throw Error(path, "at most " + std::to_string(limit) + " values in a file of " + std::to_string(file_bytes) + " bytes", std::to_string(count));
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

void write_attribute(hid_t file, const std::string& object, const std::string& name, hid_t type, hid_t space, const void* values) {
  const std::string full = object + " attribute '" + name + "'";
  const Handle plan(H5Pcreate(H5P_ATTRIBUTE_CREATE), H5Pclose, full, "creation properties");
  check(H5Pset_char_encoding(plan, H5T_CSET_UTF8), full, "a UTF-8 name");
  const Handle attribute(H5Acreate_by_name(file, object.c_str(), name.c_str(), type, space, plan, H5P_DEFAULT, H5P_DEFAULT), H5Aclose, full,
                         "to create it");
  check(H5Awrite(attribute, type, values), full, "to write it");
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

Handle link_plan(const std::string& path) {
  Handle plan(H5Pcreate(H5P_LINK_CREATE), H5Pclose, path, "link properties");
  check(H5Pset_char_encoding(plan, H5T_CSET_UTF8), path, "a UTF-8 name");
  return plan;
}

Handle create_dataset(hid_t file, const std::string& path, hid_t type, hid_t space, hid_t plan) {
  const Handle link = link_plan(path);
  return {H5Dcreate2(file, path.c_str(), type, space, link, plan, H5P_DEFAULT), H5Dclose, path, "to create a dataset"};
}

Handle memory_access() {
  constexpr std::size_t kGrowBytes = std::size_t{1} << 16;
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "file", "access properties");
  check(H5Pset_fapl_core(access, kGrowBytes, false), "file", "a file in memory");
  // Nothing younger than HDF5 1.8. Not V18 as the lower bound: H5Fget_file_image (1.10) clears a flag of the superblock that comes
  // with it and forgets to renew its checksum.
  check(H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18), "file", "the format of HDF5 1.8");
  return access;
}

}  // namespace

File File::in_memory() {
  const Library library;
  const Handle access = memory_access();
  const Handle plan = group_plan(H5P_FILE_CREATE, "file");
  const hid_t id = H5Fcreate("reprise-in-memory.h5", H5F_ACC_TRUNC, plan, access);
  if (id < 0) fail("file", "to create a file in memory");
  return File(id);
}

File File::from_image(Bytes image) {
  const Library library;
  const Handle access = memory_access();
  // HDF5 copies the image; its signature merely forgot the const.
  check(H5Pset_file_image(access, const_cast<std::byte*>(image.data()), image.size()), "file", "an image in memory");
  const hid_t id = H5Fopen("reprise-image.h5", H5F_ACC_RDONLY, access);
  if (id < 0) fail("file", "an HDF5 file");
  return File(id);
}

File File::open(const std::filesystem::path& path) {
  const Library library;
  const hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id < 0) fail("file", "an HDF5 file");
  return File(id);
}

File::File(File&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
File& File::operator=(File&& other) noexcept {
  std::swap(id_, other.id_);
  return *this;
}
File::~File() {
  if (id_ < 0) return;
  const Library library;
  H5Fclose(id_);
}

std::vector<std::byte> File::image() const {
  const Library library;
  check(H5Fflush(id_, H5F_SCOPE_GLOBAL), "file", "to flush it");
  const ssize_t size = H5Fget_file_image(id_, nullptr, 0);
  if (size < 0) fail("file", "its size");
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  if (H5Fget_file_image(id_, bytes.data(), bytes.size()) != size) fail("file", "its bytes");
  return bytes;
}

void File::create_group(const std::string& path) {
  const Library library;
  const Handle plan = group_plan(H5P_GROUP_CREATE, path);
  const Handle link = link_plan(path);
  const Handle group(H5Gcreate2(id_, path.c_str(), link, plan, H5P_DEFAULT), H5Gclose, path, "to create a group");
}

template <typename T>
void File::write(const std::string& path, std::span<const T> values, const std::vector<std::int64_t>& shape) {
  const Library library;
  const Handle space = space_of(path, shape);
  const Handle plan = dataset_plan(path, shape, sizeof(T));
  const Handle dataset = create_dataset(id_, path, stored_type<T>(), space, plan);
  if (!values.empty()) check(H5Dwrite(dataset, stored_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), path, "to write values");
}

void File::write_text(const std::string& path, const std::string& text) {
  const Library library;
  const Handle type = text_type();
  const Handle space = space_of(path, {});
  const Handle plan = dataset_plan(path, {}, sizeof(char*));
  const Handle dataset = create_dataset(id_, path, type, space, plan);
  const char* pointer = text.c_str();
  check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &pointer), path, "to write text");
}

void File::write_texts(const std::string& path, const std::vector<std::string>& texts) {
  const Library library;
  const Handle type = text_type();
  const Handle space = space_of(path, {static_cast<std::int64_t>(texts.size())});
  const Handle plan = dataset_plan(path, {}, sizeof(char*));  // texts of variable length lie in a heap that filters do not reach
  const Handle dataset = create_dataset(id_, path, type, space, plan);
  const auto list = pointers(texts);
  if (!list.empty()) check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, list.data()), path, "to write texts");
}

void File::set_attribute(const std::string& object, const std::string& name, const std::string& text) {
  const Library library;
  const char* pointer = text.c_str();
  write_attribute(id_, object, name, text_type(), space_of(object, {}), &pointer);
}

void File::set_attribute(const std::string& object, const std::string& name, const std::vector<std::string>& texts) {
  const Library library;
  write_attribute(id_, object, name, text_type(), space_of(object, {static_cast<std::int64_t>(texts.size())}), pointers(texts).data());
}

void File::set_attribute(const std::string& object, const std::string& name, std::int64_t value) {
  const Library library;
  write_attribute(id_, object, name, stored_type<std::int64_t>(), space_of(object, {}), &value);
}

void File::set_attribute(const std::string& object, const std::string& name, double value) {
  const Library library;
  write_attribute(id_, object, name, stored_type<double>(), space_of(object, {}), &value);
}

// Written here and not by H5DSattach_scale, which leaves the padding of REFERENCE_LIST's pairs unset: files would not repeat byte by byte.
// Layout: HDF5 dimension scale specification, sections 4.1 to 4.4.
void File::attach_scale(const std::string& scale, const std::string& name, const std::vector<std::string>& datasets) {
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

std::string File::read_text(const std::string& path) const { return only(read_texts(path), path); }

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

#define REPRISE_HDF5_TYPE(T)                                                                                  \
  template void File::write<T>(const std::string&, std::span<const T>, const std::vector<std::int64_t>&); \
  template Array<T> File::read<T>(const std::string&) const;
REPRISE_HDF5_TYPE(std::uint8_t)
REPRISE_HDF5_TYPE(std::int32_t)
REPRISE_HDF5_TYPE(std::int64_t)
REPRISE_HDF5_TYPE(float)
REPRISE_HDF5_TYPE(double)
#undef REPRISE_HDF5_TYPE

}  // namespace reprise::records::hdf5
