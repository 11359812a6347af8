#include "datasets/hdf5_container_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hdf5.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "datasets/isolated_bytes.hpp"
#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

/// An HDF5 identifier with the function that closes it.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  bool is_valid() const { return id_ >= 0; }
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// HDF5 prints its error stack by default; our messages say it better.
class QuietErrors {
 public:
  QuietErrors() {
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~QuietErrors() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;

 private:
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

constexpr std::int64_t kMostClasses = 65536;
constexpr std::size_t kMostNameBytes = 4096;

/// Complaints about a container.
struct Place {
  const std::filesystem::path& path;
  const std::string& fix;

  [[noreturn]] void fail(const std::string& where, const std::string& expected, const std::string& found) const {
    throw InputError({fmt::format("{}: {}", path.string(), where), expected, found, fix});
  }
};

/// What precedes the pixels and labels of a split.
struct SplitHead {
  std::int64_t count = 0, channels = 0, height = 0, width = 0;

  /// Refused when the file cannot hold so many: deflate shrinks at most 1032 times, so a damaged extent cannot eat the memory.
  void check(const Place& place, const std::string& name) const {
    constexpr std::int64_t kDeflateLimit = 1032;
    std::error_code ignored;
    const auto file_bytes = static_cast<std::int64_t>(std::filesystem::file_size(place.path, ignored));
    const std::int64_t limit = ignored ? 0 : std::min<std::int64_t>(file_bytes, std::int64_t{1} << 50) * kDeflateLimit;
    std::int64_t bytes = 1;
    bool fits = true;
    for (const std::int64_t extent : {count, channels, height, width})
      fits = fits && extent > 0 && !__builtin_mul_overflow(bytes, extent, &bytes);
    for (const std::int64_t extent : {channels, height, width}) fits = fits && extent <= std::numeric_limits<int>::max();
    if (!fits || bytes > limit)
      place.fail(name, fmt::format("at most {} pixels in a file of {} bytes", limit, file_bytes),
                 fmt::format("[{}, {}, {}, {}]", count, channels, height, width));
  }
};

/// The file as HDF5 sees it. HDF5 may crash, hang or leak on damaged bytes, so this lives in a child process.
class Container {
 public:
  explicit Container(const Place& place) : place_(place), file_(open()) {}

  /// Head, pixels in pieces, labels.
  void send_split(const std::string& split, const IsolatedBytes::Send& send) const {
    const std::string images_name = fmt::format("/{}/images", split), labels_name = fmt::format("/{}/labels", split);
    const Handle images = open_dataset(images_name), labels = open_dataset(labels_name);
    const std::vector<hsize_t> shape = shape_of(images), label_shape = shape_of(labels);
    if (shape.size() != 4 || *std::min_element(shape.begin(), shape.end()) == 0)
      place_.fail(images_name, "shape [count, channels, height, width], none of them 0", fmt::format("[{}]", fmt::join(shape, ", ")));
    if (label_shape != std::vector<hsize_t>{shape[0]})
      place_.fail(labels_name, fmt::format("shape [{}], one label an image", shape[0]), fmt::format("[{}]", fmt::join(label_shape, ", ")));
    const Handle image_type(H5Dget_type(images), &H5Tclose), label_type(H5Dget_type(labels), &H5Tclose);
    if (H5Tget_class(image_type) != H5T_INTEGER || H5Tget_size(image_type) != 1 || H5Tget_sign(image_type) != H5T_SGN_NONE)
      place_.fail(images_name, "unsigned 8-bit integers", "another element type");
    if (H5Tget_class(label_type) != H5T_INTEGER || H5Tget_size(label_type) > sizeof(std::int64_t))
      place_.fail(labels_name, "integers of at most 64 bits", "another element type");

    const SplitHead head{static_cast<std::int64_t>(shape[0]), static_cast<std::int64_t>(shape[1]), static_cast<std::int64_t>(shape[2]),
                         static_cast<std::int64_t>(shape[3])};
    head.check(place_, images_name);
    send(&head, sizeof head);
    send_pixels(images, images_name, shape, send);
    std::vector<std::int32_t> values(shape[0]);
    if (H5Dread(labels, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
      place_.fail(labels_name, "readable values", "damage or an unknown compression");
    send(values.data(), values.size() * sizeof values.front());
  }

  /// Their number, then length and bytes of each.
  void send_class_names(const IsolatedBytes::Send& send) const {
    const std::vector<std::string> names = class_names();
    const std::uint64_t count = names.size();
    send(&count, sizeof count);
    for (const std::string& name : names) {
      const std::uint64_t bytes = std::min(name.size(), kMostNameBytes);
      send(&bytes, sizeof bytes);
      send(name.data(), bytes);
    }
  }

 private:
  /// Whole chunks at a time, so that none is unpacked twice.
  void send_pixels(hid_t images, const std::string& name, const std::vector<hsize_t>& shape, const IsolatedBytes::Send& send) const {
    constexpr hsize_t kPieceBytes = hsize_t{8} << 20;
    const hsize_t image_bytes = shape[1] * shape[2] * shape[3];
    std::vector<hsize_t> chunk(shape.size(), 1);
    const Handle plan(H5Dget_create_plist(images), &H5Pclose);
    if (H5Pget_layout(plan) == H5D_CHUNKED) H5Pget_chunk(plan, static_cast<int>(chunk.size()), chunk.data());
    const hsize_t chunk_images = std::clamp<hsize_t>(chunk[0], 1, shape[0]);
    const hsize_t step = std::min(shape[0], std::max<hsize_t>(1, kPieceBytes / image_bytes / chunk_images) * chunk_images);
    std::vector<std::uint8_t> pixels(step * image_bytes);
    const Handle space(H5Dget_space(images), &H5Sclose);
    for (hsize_t first = 0; first < shape[0]; first += step) {
      const hsize_t start[4] = {first, 0, 0, 0}, count[4] = {std::min(step, shape[0] - first), shape[1], shape[2], shape[3]};
      const Handle memory(H5Screate_simple(4, count, nullptr), &H5Sclose);
      if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr) < 0 ||
          H5Dread(images, H5T_NATIVE_UINT8, memory, space, H5P_DEFAULT, pixels.data()) < 0)
        place_.fail(name, "readable values", "damage or an unknown compression");
      send(pixels.data(), count[0] * image_bytes);
    }
  }

  /// Empty if the container has none.
  std::vector<std::string> class_names() const {
    if (H5Aexists(file_, "class_names") <= 0) return {};
    const Handle attribute(H5Aopen(file_, "class_names", H5P_DEFAULT), &H5Aclose);
    const Handle type(H5Aget_type(attribute), &H5Tclose), space(H5Aget_space(attribute), &H5Sclose);
    if (H5Tget_class(type) != H5T_STRING) place_.fail("class_names", "an array of strings", "another element type");
    const hssize_t points = H5Sget_simple_extent_npoints(space);
    if (points < 0 || points > kMostClasses)
      place_.fail("class_names", fmt::format("at most {} names", kMostClasses), fmt::format("{}", points));
    const auto count = static_cast<std::size_t>(points);
    return H5Tis_variable_str(type) > 0 ? variable_strings(attribute, type, space, count) : fixed_strings(attribute, type, count);
  }

  Handle open() const {
    std::error_code ignored;
    if (!std::filesystem::exists(place_.path, ignored))
      throw InputError({place_.path.string(), "an HDF5 file", "no such file", place_.fix});
    Handle file(H5Fopen(place_.path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), &H5Fclose);
    if (file.is_valid()) return file;
    const char* found =
        H5Fis_hdf5(place_.path.c_str()) > 0 ? "a truncated, damaged or locked HDF5 file" : "a file without the HDF5 signature";
    throw InputError({place_.path.string() + " at byte 0", "an HDF5 file", found, place_.fix});
  }

  Handle open_dataset(const std::string& name) const {
    Handle dataset(H5Dopen2(file_, name.c_str(), H5P_DEFAULT), &H5Dclose);
    if (!dataset.is_valid()) place_.fail(name, "a data set of this name", "none");
    return dataset;
  }

  static std::vector<hsize_t> shape_of(hid_t dataset) {
    const Handle space(H5Dget_space(dataset), &H5Sclose);
    std::vector<hsize_t> shape(static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
    H5Sget_simple_extent_dims(space, shape.data(), nullptr);
    return shape;
  }

  std::vector<std::string> variable_strings(hid_t attribute, hid_t type, hid_t space, std::size_t count) const {
    std::vector<char*> pointers(count, nullptr);
    if (H5Aread(attribute, type, pointers.data()) < 0) place_.fail("class_names", "readable strings", "damage");
    std::vector<std::string> names;
    for (const char* pointer : pointers) names.emplace_back(pointer != nullptr ? pointer : "");
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
    return names;
  }

  std::vector<std::string> fixed_strings(hid_t attribute, hid_t type, std::size_t count) const {
    const std::size_t size = H5Tget_size(type);
    if (size == 0 || size > kMostNameBytes)
      place_.fail("class_names", fmt::format("names of 1 to {} bytes", kMostNameBytes), fmt::format("{}", size));
    std::vector<char> text(size * count);
    if (H5Aread(attribute, type, text.data()) < 0) place_.fail("class_names", "readable strings", "damage");
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i) {
      std::string name(text.data() + i * size, size);
      name.resize(std::min(name.find('\0'), name.size()));
      while (!name.empty() && name.back() == ' ') name.pop_back();
      names.push_back(name);
    }
    return names;
  }

  const Place& place_;
  Handle file_;
};

void send_container(const Place& place, const IsolatedBytes::Send& send) {
  const QuietErrors quiet;
  const Container container(place);
  container.send_split("train", send);
  container.send_split("test", send);
  container.send_class_names(send);
}

// ------------------------------------------------------------------------------------------------ in this process

ImageSet receive_split(const Place& place, const std::string& split, IsolatedBytes& bytes) {
  const auto head = bytes.value<SplitHead>();
  head.check(place, fmt::format("/{}/images", split));
  ImageSet set;
  set.count = head.count;
  set.channels = static_cast<int>(head.channels), set.height = static_cast<int>(head.height), set.width = static_cast<int>(head.width);
  set.pixels.resize(static_cast<std::size_t>(set.count * set.image_bytes()));
  set.labels.resize(static_cast<std::size_t>(set.count));
  bytes.read(set.pixels.data(), set.pixels.size());
  bytes.read(set.labels.data(), set.labels.size() * sizeof set.labels.front());
  return set;
}

std::vector<std::string> receive_class_names(IsolatedBytes& bytes) {
  std::vector<std::string> names(std::min<std::uint64_t>(bytes.value<std::uint64_t>(), kMostClasses));
  for (std::string& name : names) {
    name.resize(std::min<std::uint64_t>(bytes.value<std::uint64_t>(), kMostNameBytes));
    bytes.read(name.data(), name.size());
  }
  return names;
}

void check_labels(const Place& place, const std::string& split, const ImageSet& set, std::int64_t classes) {
  for (std::size_t i = 0; i < set.labels.size(); ++i)
    if (set.labels[i] < 0 || set.labels[i] >= classes)
      place.fail(fmt::format("/{}/labels[{}]", split, i), fmt::format("a label from 0 to {}", classes - 1),
                 fmt::format("{}", set.labels[i]));
}

void check_and_name_classes(const Place& place, Dataset& data, std::vector<std::string> names) {
  ImageSet& train = data.train;
  ImageSet& test = data.test;
  if (train.channels != test.channels || train.height != test.height || train.width != test.width)
    place.fail("/test/images", fmt::format("images of [{}, {}, {}] as in /train", train.channels, train.height, train.width),
               fmt::format("[{}, {}, {}]", test.channels, test.height, test.width));
  auto classes = static_cast<std::int64_t>(names.size());
  if (names.empty()) {
    check_labels(place, "train", train, kMostClasses);
    check_labels(place, "test", test, kMostClasses);
    classes = 1 + std::max(*std::max_element(train.labels.begin(), train.labels.end()),
                           *std::max_element(test.labels.begin(), test.labels.end()));
    for (std::int64_t i = 0; i < classes; ++i) names.push_back(fmt::format("{}", i));
  }
  check_labels(place, "train", train, classes);
  check_labels(place, "test", test, classes);
  train.classes = test.classes = static_cast<int>(classes);
  train.class_names = test.class_names = names;
}

}  // namespace

Dataset read_hdf5_container(const std::filesystem::path& path, const std::string& fix) {
  const Place place{path, fix};
  H5open();  // before the fork, so that no other thread of this process can be in the middle of it
  try {
    IsolatedBytes bytes([&](const IsolatedBytes::Send& send) { send_container(place, send); });
    Dataset data;
    data.train = receive_split(place, "train", bytes);
    data.test = receive_split(place, "test", bytes);
    check_and_name_classes(place, data, receive_class_names(bytes));
    return data;
  } catch (const ChildEnded& ended) {
    throw InputError({path.string(), "an HDF5 file that the HDF5 library can read",
                      fmt::format("damage, at which the library ended with {}", ended.what()), fix});
  }
}

}  // namespace reprise::datasets
