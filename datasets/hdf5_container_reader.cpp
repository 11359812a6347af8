#include "datasets/hdf5_container_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "datasets/isolated_bytes.hpp"
#include "suite/errors.hpp"
#include "suite/records/hdf5_reader.hpp"

namespace reprise::datasets {

namespace {

constexpr std::int64_t kMaxClasses = 65536;
constexpr std::size_t kMaxNameBytes = 4096;

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

  /// Refused when the file is too small for them: deflate compresses at most 1032 times, so a damaged extent cannot eat the memory.
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

using Reader = records::hdf5::Reader;

std::string text_of(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

/// How the extents of an image follow each other.
enum class Layout { channels_first, channels_last };

/// As declared by the attribute `layout` of the images; undeclared, channels come first, unless they look like anything else.
Layout layout_of(const Place& place, const Reader& file, const std::string& images, const std::vector<std::int64_t>& shape) {
  if (file.has_attribute(images, "layout")) {
    const std::string layout = file.text_attribute(images, "layout");
    if (layout == "NCHW") return Layout::channels_first;
    if (layout == "NHWC") return Layout::channels_last;
    place.fail(images + ", attribute layout", "NCHW (channels first) or NHWC (channels last)", "'" + layout + "'");
  }
  const auto may_be_channels = [](std::int64_t extent) { return extent == 1 || extent == 3 || extent == 4; };
  if (may_be_channels(shape[3]) && !may_be_channels(shape[1]))
    place.fail(images,
               "[count, channels, height, width], or a layout that is declared: images.attrs['layout'] = 'NHWC', or 'NCHW' if it is so",
               text_of(shape) + ", which looks like channels last");
  return Layout::channels_first;
}

/// [height x width, channels] to [channels, height x width].
void put_channels_first(const std::uint8_t* from, std::int64_t positions, std::int64_t channels, std::uint8_t* to) {
  for (std::int64_t p = 0; p < positions; ++p)
    for (std::int64_t c = 0; c < channels; ++c) to[c * positions + p] = from[p * channels + c];
}

/// Whole chunks at a time, so that none is unpacked twice.
void send_pixels(const Reader& file, const std::string& name, const SplitHead& head, Layout layout, const IsolatedBytes::Send& send) {
  constexpr std::int64_t kPieceBytes = std::int64_t{8} << 20;
  const std::int64_t image_bytes = head.channels * head.height * head.width;
  const std::int64_t chunk = std::clamp<std::int64_t>(file.chunk_rows(name), 1, head.count);
  const std::int64_t step = std::min(head.count, std::max<std::int64_t>(1, kPieceBytes / image_bytes / chunk) * chunk);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(step * image_bytes)), planes(pixels.size());
  for (std::int64_t first = 0; first < head.count; first += step) {
    const std::int64_t count = std::min(step, head.count - first);
    file.read_rows(name, first, count, pixels.data());
    if (layout == Layout::channels_last) {
      for (std::int64_t i = 0; i < count; ++i)
        put_channels_first(pixels.data() + i * image_bytes, head.height * head.width, head.channels, planes.data() + i * image_bytes);
    }
    send(layout == Layout::channels_last ? planes.data() : pixels.data(), static_cast<std::size_t>(count * image_bytes));
  }
}

/// Head, pixels in pieces, labels.
void send_split(const Place& place, const Reader& file, const std::string& split, const IsolatedBytes::Send& send) {
  const std::string images = fmt::format("/{}/images", split), labels = fmt::format("/{}/labels", split);
  for (const std::string& name : {images, labels})
    if (!file.exists(name)) place.fail(name, "a data set of this name", "none");
  const std::vector<std::int64_t> shape = file.shape(images), label_shape = file.shape(labels);
  if (shape.size() != 4 || *std::min_element(shape.begin(), shape.end()) == 0)
    place.fail(images, "shape [count, channels, height, width], or as attribute layout says, none of them 0", text_of(shape));
  if (label_shape != std::vector<std::int64_t>{shape[0]})
    place.fail(labels, fmt::format("shape [{}], one label an image", shape[0]), text_of(label_shape));
  const records::hdf5::ElementType pixel = file.element_type(images), label = file.element_type(labels);
  if (!pixel.is_integer || pixel.is_signed || pixel.bytes != 1) place.fail(images, "unsigned 8-bit integers", "another element type");
  if (!label.is_integer || label.bytes > sizeof(std::int64_t)) place.fail(labels, "integers of at most 64 bits", "another element type");

  const Layout layout = layout_of(place, file, images, shape);
  const SplitHead head = layout == Layout::channels_first ? SplitHead{shape[0], shape[1], shape[2], shape[3]}
                                                          : SplitHead{shape[0], shape[3], shape[1], shape[2]};
  head.check(place, images);
  send(&head, sizeof head);
  send_pixels(file, images, head, layout, send);
  std::vector<std::int32_t> values(static_cast<std::size_t>(head.count));
  file.read_rows(labels, 0, head.count, values.data());
  send(values.data(), values.size() * sizeof values.front());
}

/// Their number, then length and bytes of each.
void send_class_names(const Place& place, const Reader& file, const IsolatedBytes::Send& send) {
  std::vector<std::string> names;
  if (file.has_attribute("/", "class_names")) names = file.texts_attribute("/", "class_names");
  if (names.size() > std::size_t{kMaxClasses})
    place.fail("class_names", fmt::format("at most {} names", kMaxClasses), fmt::format("{}", names.size()));
  const std::uint64_t count = names.size();
  send(&count, sizeof count);
  for (const std::string& name : names) {
    const std::uint64_t bytes = std::min(name.size(), kMaxNameBytes);
    send(&bytes, sizeof bytes);
    send(name.data(), bytes);
  }
}

/// HDF5 may crash, hang or leak on damaged bytes, so this is called in a child process.
void send_container(const Place& place, const IsolatedBytes::Send& send) {
  std::error_code ignored;
  if (!std::filesystem::exists(place.path, ignored)) throw InputError({place.path.string(), "an HDF5 file", "no such file", place.fix});
  try {
    const Reader file(place.path);
    send_split(place, file, "train", send);
    send_split(place, file, "test", send);
    send_class_names(place, file, send);
  } catch (const records::hdf5::Error& error) {
    place.fail(error.object, error.expected, error.found);
  }
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
  std::vector<std::string> names(std::min<std::uint64_t>(bytes.value<std::uint64_t>(), kMaxClasses));
  for (std::string& name : names) {
    name.resize(std::min<std::uint64_t>(bytes.value<std::uint64_t>(), kMaxNameBytes));
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
    check_labels(place, "train", train, kMaxClasses);
    check_labels(place, "test", test, kMaxClasses);
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
