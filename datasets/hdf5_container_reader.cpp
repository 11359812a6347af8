#include "datasets/hdf5_container_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hdf5.h>

#include <algorithm>
#include <utility>
#include <vector>

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

class Container {
 public:
  Container(const std::filesystem::path& path, const std::string& fix) : path_(path), fix_(fix), file_(open()) {}

  ImageSet read_split(const std::string& split) const {
    ImageSet set;
    const std::string images_name = fmt::format("/{}/images", split), labels_name = fmt::format("/{}/labels", split);
    const Handle images = open_dataset(images_name), labels = open_dataset(labels_name);
    const std::vector<hsize_t> shape = shape_of(images), label_shape = shape_of(labels);
    if (shape.size() != 4 || *std::min_element(shape.begin(), shape.end()) == 0)
      fail(images_name, "shape [count, channels, height, width], none of them 0", fmt::format("[{}]", fmt::join(shape, ", ")));
    if (label_shape != std::vector<hsize_t>{shape[0]})
      fail(labels_name, fmt::format("shape [{}], one label an image", shape[0]), fmt::format("[{}]", fmt::join(label_shape, ", ")));
    const Handle image_type(H5Dget_type(images), &H5Tclose), label_type(H5Dget_type(labels), &H5Tclose);
    if (H5Tget_class(image_type) != H5T_INTEGER || H5Tget_size(image_type) != 1 || H5Tget_sign(image_type) != H5T_SGN_NONE)
      fail(images_name, "unsigned 8-bit integers", "another element type");
    if (H5Tget_class(label_type) != H5T_INTEGER) fail(labels_name, "integers", "another element type");

    set.count = static_cast<std::int64_t>(shape[0]);
    set.channels = static_cast<int>(shape[1]), set.height = static_cast<int>(shape[2]), set.width = static_cast<int>(shape[3]);
    set.pixels.resize(static_cast<std::size_t>(set.count * set.image_bytes()));
    set.labels.resize(static_cast<std::size_t>(set.count));
    if (H5Dread(images, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, set.pixels.data()) < 0)
      fail(images_name, "readable values", "damage or an unknown compression");
    if (H5Dread(labels, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, set.labels.data()) < 0)
      fail(labels_name, "readable values", "damage or an unknown compression");
    return set;
  }

  /// Empty if the container has none.
  std::vector<std::string> class_names() const {
    if (H5Aexists(file_, "class_names") <= 0) return {};
    const Handle attribute(H5Aopen(file_, "class_names", H5P_DEFAULT), &H5Aclose);
    const Handle type(H5Aget_type(attribute), &H5Tclose), space(H5Aget_space(attribute), &H5Sclose);
    if (H5Tget_class(type) != H5T_STRING) fail("class_names", "an array of strings", "another element type");
    const auto count = static_cast<std::size_t>(H5Sget_simple_extent_npoints(space));
    return H5Tis_variable_str(type) > 0 ? variable_strings(attribute, type, space, count) : fixed_strings(attribute, type, count);
  }

  void check_labels(const std::string& split, const ImageSet& set, std::int64_t classes) const {
    for (std::size_t i = 0; i < set.labels.size(); ++i)
      if (set.labels[i] < 0 || set.labels[i] >= classes)
        fail(fmt::format("/{}/labels[{}]", split, i), fmt::format("a label from 0 to {}", classes - 1), fmt::format("{}", set.labels[i]));
  }

  [[noreturn]] void fail(const std::string& where, const std::string& expected, const std::string& found) const {
    throw InputError({fmt::format("{}: {}", path_.string(), where), expected, found, fix_});
  }

 private:
  Handle open() const {
    std::error_code ignored;
    if (!std::filesystem::exists(path_, ignored)) throw InputError({path_.string(), "an HDF5 file", "no such file", fix_});
    Handle file(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), &H5Fclose);
    if (file.is_valid()) return file;
    const char* found = H5Fis_hdf5(path_.c_str()) > 0 ? "a truncated, damaged or locked HDF5 file" : "a file without the HDF5 signature";
    throw InputError({path_.string() + " at byte 0", "an HDF5 file", found, fix_});
  }

  Handle open_dataset(const std::string& name) const {
    Handle dataset(H5Dopen2(file_, name.c_str(), H5P_DEFAULT), &H5Dclose);
    if (!dataset.is_valid()) fail(name, "a data set of this name", "none");
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
    if (H5Aread(attribute, type, pointers.data()) < 0) fail("class_names", "readable strings", "damage");
    std::vector<std::string> names;
    for (const char* pointer : pointers) names.emplace_back(pointer != nullptr ? pointer : "");
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
    return names;
  }

  std::vector<std::string> fixed_strings(hid_t attribute, hid_t type, std::size_t count) const {
    const std::size_t size = H5Tget_size(type);
    std::vector<char> text(size * count);
    if (H5Aread(attribute, type, text.data()) < 0) fail("class_names", "readable strings", "damage");
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i) {
      std::string name(text.data() + i * size, size);
      name.resize(std::min(name.find('\0'), name.size()));
      while (!name.empty() && name.back() == ' ') name.pop_back();
      names.push_back(name);
    }
    return names;
  }

  const std::filesystem::path& path_;
  const std::string& fix_;
  Handle file_;
};

}  // namespace

Dataset read_hdf5_container(const std::filesystem::path& path, const std::string& fix) {
  const QuietErrors quiet;
  const Container container(path, fix);
  Dataset data{container.read_split("train"), container.read_split("test")};
  ImageSet& train = data.train;
  ImageSet& test = data.test;
  if (train.channels != test.channels || train.height != test.height || train.width != test.width)
    container.fail("/test/images", fmt::format("images of [{}, {}, {}] as in /train", train.channels, train.height, train.width),
                   fmt::format("[{}, {}, {}]", test.channels, test.height, test.width));
  std::vector<std::string> names = container.class_names();
  std::int64_t classes = static_cast<std::int64_t>(names.size());
  if (names.empty()) {
    container.check_labels("train", train, kMostClasses);
    container.check_labels("test", test, kMostClasses);
    classes = 1 + std::max(*std::max_element(train.labels.begin(), train.labels.end()),
                           *std::max_element(test.labels.begin(), test.labels.end()));
    for (std::int64_t i = 0; i < classes; ++i) names.push_back(fmt::format("{}", i));
  }
  for (const char* split : {"train", "test"}) {
    ImageSet& set = split[1] == 'r' ? train : test;
    container.check_labels(split, set, classes);
    set.classes = static_cast<int>(classes);
    set.class_names = names;
  }
  return data;
}

}  // namespace reprise::datasets
