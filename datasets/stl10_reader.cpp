#include "datasets/stl10_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

constexpr std::int64_t kImagesPerRead = 256;

/// A file that must have so many bytes.
std::unique_ptr<std::FILE, int (*)(std::FILE*)> open(const std::filesystem::path& path, std::int64_t bytes, const std::string& fix) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) throw InputError({path.string(), "a readable file", std::strerror(errno), fix});
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error || size != static_cast<std::uintmax_t>(bytes))
    throw InputError({path.string(), fmt::format("{} bytes", bytes), error ? error.message() : fmt::format("{}", size), fix});
  return file;
}

void read(std::FILE* file, const std::filesystem::path& path, std::int64_t at, std::vector<std::uint8_t>& bytes, const std::string& fix) {
  const std::size_t found = std::fread(bytes.data(), 1, bytes.size(), file);
  if (found != bytes.size())
    throw InputError({fmt::format("{} at byte {}", path.string(), at + static_cast<std::int64_t>(found)), "more bytes",
                      std::ferror(file) != 0 ? std::strerror(errno) : "the end of the file", fix});
}

/// Planes column by column -> planes row by row.
void turn_planes(const std::uint8_t* columns, const ImageSet& set, std::uint8_t* rows) {
  const std::int64_t height = set.height, width = set.width;
  for (int c = 0; c < set.channels; ++c, columns += height * width)
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x) *rows++ = columns[x * height + y];
}

void append_labels(const std::filesystem::path& path, std::int64_t count, const std::string& fix, ImageSet& set) {
  const auto file = open(path, count, fix);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
  read(file.get(), path, 0, bytes, fix);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] < 1 || bytes[i] > set.classes)
      throw InputError({fmt::format("{} at byte {}", path.string(), i), fmt::format("a label from 1 to {}", set.classes),
                        fmt::format("{}", bytes[i]), fix});
    set.labels.push_back(bytes[i] - 1);
  }
}

}  // namespace

std::vector<DatasetEntry> stl10_entries() {
  DatasetEntry labelled;
  labelled.name = "stl-10";
  labelled.title = "STL-10 colour photographs, labelled images";
  labelled.format = Format::stl10;
  labelled.channels = 3, labelled.height = labelled.width = 96;
  labelled.class_names = {"airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"};
  labelled.train = {{{"stl10_binary/train_X.bin", 138240000, ""}, {"stl10_binary/train_y.bin", 5000, ""}}, 5000, {}, ""};
  labelled.test = {{{"stl10_binary/test_X.bin", 221184000, ""}, {"stl10_binary/test_y.bin", 8000, ""}}, 8000, {}, ""};
  labelled.folds = {"stl10_binary/fold_indices.txt", 0, ""};
  labelled.urls = {"http://ai.stanford.edu/~acoates/stl10"};
  labelled.archive = {"stl10_binary.tar.gz", 2640397119, "f31fd99273a1acb8609c8db427cebb1de3f71de77758cdc0e22956e1289b9866"};
  DatasetEntry unlabelled = labelled;
  unlabelled.name = "stl-10-unlabelled";
  unlabelled.title = "STL-10 colour photographs, images without labels";
  unlabelled.class_names = {"unlabelled"};
  unlabelled.train = {{{"stl10_binary/unlabeled_X.bin", 2764800000, ""}}, 100000, {}, ""};
  unlabelled.test = {};
  unlabelled.folds = {};
  return {labelled, unlabelled};
}

void append_stl10(const std::filesystem::path& images, const std::filesystem::path& labels, std::int64_t count, const std::string& fix,
                  ImageSet& set) {
  const std::int64_t size = set.image_bytes(), before = set.count;
  const auto file = open(images, count * size, fix);
  set.pixels.resize(static_cast<std::size_t>((before + count) * size));
  std::vector<std::uint8_t> block;
  for (std::int64_t first = 0; first < count; first += kImagesPerRead) {
    const std::int64_t now = std::min(kImagesPerRead, count - first);
    block.resize(static_cast<std::size_t>(now * size));
    read(file.get(), images, first * size, block, fix);
    for (std::int64_t i = 0; i < now; ++i) turn_planes(block.data() + i * size, set, set.pixels.data() + (before + first + i) * size);
  }
  set.count += count;
  if (labels.empty())
    set.labels.resize(static_cast<std::size_t>(set.count), 0);
  else
    append_labels(labels, count, fix, set);
}

std::vector<std::vector<std::int64_t>> folds_of(const std::string& name, const std::filesystem::path& data_directory) {
  const DatasetEntry* entry = find_entry(name);
  if (entry == nullptr || entry->folds.path.empty())
    throw InputError({fmt::format("folds of data set '{}'", name), "a set that comes with subsets of its training images",
                      "one without any", "Draw subsets: labelled and subsets in place of folds."});
  const std::filesystem::path path = data_directory / entry->folds.path;
  const std::string fix = how_to_get(*entry);
  std::ifstream file(path);
  if (!file) throw InputError({path.string(), "a readable file", std::strerror(errno), fix});
  std::vector<std::vector<std::int64_t>> folds;
  for (std::string line; std::getline(file, line);) {
    std::istringstream numbers(line);
    std::vector<std::int64_t> fold;
    const auto refuse = [&](const std::string& expected, const std::string& found) {
      throw InputError({fmt::format("{}, line {}", path.string(), folds.size() + 1), expected, found, fix});
    };
    for (std::string word; numbers >> word;) {
      std::int64_t place = -1;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), place);
      if (error != std::errc{} || end != word.data() + word.size() || place < 0 || place >= entry->train.count)
        refuse(fmt::format("numbers of images below {}", entry->train.count), "'" + word + "'");
      fold.push_back(place);
    }
    if (fold.empty()) refuse("numbers of images", "none");
    std::sort(fold.begin(), fold.end());
    const auto twice = std::adjacent_find(fold.begin(), fold.end());
    if (twice != fold.end()) refuse("each image once", fmt::format("{} again", *twice));
    folds.push_back(std::move(fold));
  }
  if (folds.empty()) throw InputError({path.string(), "a line for each subset", "an empty file", fix});
  return folds;
}

}  // namespace reprise::datasets
