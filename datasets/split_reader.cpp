#include "datasets/split_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "datasets/amat_reader.hpp"
#include "datasets/cifar_reader.hpp"
#include "datasets/corrupted_images.hpp"
#include "datasets/digest.hpp"
#include "datasets/idx_reader.hpp"
#include "datasets/mat_reader.hpp"
#include "datasets/stl10_reader.hpp"
#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

std::string again(const DatasetEntry& entry) {
  if (entry.format == Format::amat) return how_to_get(entry);
  return fmt::format("Remove it and fetch it again: reprise data fetch {}", entry.name);
}

std::filesystem::path require_file(const DatasetEntry& entry, const FileEntry& file, const std::filesystem::path& data_directory) {
  std::filesystem::path path = locate(entry, file, data_directory);
  if (!path.empty()) return path;
  std::string where = (data_directory / file.path).string();
  for (const auto& folder : entry.elsewhere)
    where += fmt::format(" or {}", (folder / std::filesystem::path(file.path).filename()).string());
  throw InputError({fmt::format("data set '{}'", entry.name), where, "no such file", how_to_get(entry)});
}

/// A file with the digest that reading it gave.
struct ReadFile {
  std::filesystem::path path;
  std::string expected;
  std::string found;
};

ReadFile read_idx_pair(const DatasetEntry& entry, const SplitEntry& split, const std::filesystem::path& data_directory, ImageSet& set,
                       ReadFile& labels_file) {
  ReadFile images_file{require_file(entry, split.files[0], data_directory), split.files[0].sha256, ""};
  labels_file = {require_file(entry, split.files[1], data_directory), split.files[1].sha256, ""};
  IdxArray images = read_idx(images_file.path, 3, again(entry));
  IdxArray labels = read_idx(labels_file.path, 1, again(entry));
  images_file.found = images.sha256;
  labels_file.found = labels.sha256;
  const std::vector<std::int64_t> shape = {split.count, entry.height, entry.width};
  if (images.sizes != shape)
    throw InputError({images_file.path.string() + " at byte 4", fmt::format("sizes [{}]", fmt::join(shape, ", ")),
                      fmt::format("[{}]", fmt::join(images.sizes, ", ")), again(entry)});
  if (labels.sizes[0] != split.count)
    throw InputError({labels_file.path.string() + " at byte 4", fmt::format("{} labels, one an image", split.count),
                      fmt::format("{}", labels.sizes[0]), again(entry)});
  for (std::size_t i = 0; i < labels.values.size(); ++i)
    if (labels.values[i] >= entry.classes())
      throw InputError({fmt::format("{} at byte {}", labels_file.path.string(), 8 + i), fmt::format("a label below {}", entry.classes()),
                        fmt::format("{}", labels.values[i]), again(entry)});
  set.count = split.count;
  set.pixels = std::move(images.values);
  set.labels.assign(labels.values.begin(), labels.values.end());
  return images_file;
}

std::vector<ReadFile> read_files(const DatasetEntry& entry, const SplitEntry& split, const std::filesystem::path& data_directory,
                                 ImageSet& set) {
  std::vector<ReadFile> files;
  if (entry.format == Format::idx) {
    ReadFile labels;
    files.push_back(read_idx_pair(entry, split, data_directory, set, labels));
    files.push_back(labels);
    return files;
  }
  if (entry.format == Format::amat) {
    const FileEntry& file = split.files.front();
    const std::filesystem::path path = require_file(entry, file, data_directory);
    AmatExamples examples = read_amat(path, split.count, set.image_bytes(), entry.classes(), again(entry));
    set.count = split.count;
    set.pixels = std::move(examples.pixels);
    set.labels = std::move(examples.labels);
    return {{path, file.sha256, ""}};
  }
  if (entry.format == Format::stl10) {
    std::vector<std::filesystem::path> paths;
    for (const FileEntry& file : split.files) paths.push_back(require_file(entry, file, data_directory));
    append_stl10(paths[0], paths.size() > 1 ? paths[1] : "", split.count, again(entry), set);
    return {{paths[0], "", ""}};
  }
  if (entry.format == Format::mat) {
    for (const FileEntry& file : split.files) require_file(entry, file, data_directory);  // all of them before the slow part
    for (const FileEntry& file : split.files) {
      const std::filesystem::path path = require_file(entry, file, data_directory);
      files.push_back({path, file.sha256, append_mat(path, file.sha256, again(entry), set)});
    }
    return files;
  }
  const CifarKind kind = entry.format == Format::cifar10 ? CifarKind::cifar10 : CifarKind::cifar100;
  for (const FileEntry& file : split.files) require_file(entry, file, data_directory);  // all of them before the slow part
  set.pixels.reserve(static_cast<std::size_t>(split.count * set.image_bytes()));
  for (const FileEntry& file : split.files) {
    const std::filesystem::path path = require_file(entry, file, data_directory);
    const std::int64_t before = set.count;
    const std::string found = append_cifar(path, kind, again(entry), set);
    const std::int64_t expected = split.count / static_cast<std::int64_t>(split.files.size());
    if (set.count - before != expected)
      throw InputError({path.string(), fmt::format("{} images", expected), fmt::format("{}", set.count - before), again(entry)});
    files.push_back({path, file.sha256, found});
  }
  return files;
}

void check_digests(const DatasetEntry& entry, const SplitEntry& split, const std::vector<ReadFile>& files, const ImageSet& set) {
  for (const ReadFile& file : files) {
    if (file.found == file.expected) continue;
    if (!split.order_free_sha256.empty() && order_free_digest(set) == split.order_free_sha256) return;
    throw InputError({file.path.string(), fmt::format("content of SHA-256 {}", file.expected), file.found, again(entry)});
  }
}

}  // namespace

std::vector<std::int64_t> class_histogram(const ImageSet& set) {
  std::vector<std::int64_t> histogram(static_cast<std::size_t>(set.classes), 0);
  for (const std::int32_t label : set.labels) ++histogram[static_cast<std::size_t>(label)];
  return histogram;
}

std::vector<std::int64_t> expected_histogram(const DatasetEntry& entry, const SplitEntry& split) {
  const bool need_not_be_known = entry.format == Format::amat || entry.format == Format::container || entry.format == Format::photographs ||
                                 entry.format == Format::videos || entry.format == Format::distorted;
  if (!split.histogram.empty() || need_not_be_known) return split.histogram;
  return std::vector<std::int64_t>(static_cast<std::size_t>(entry.classes()), split.count / entry.classes());
}

ImageSet read_split(const DatasetEntry& entry, const SplitEntry& split, const std::filesystem::path& data_directory) {
  if (entry.format == Format::corrupted) return corrupted_images(entry, data_directory);
  ImageSet set;
  set.name = entry.name;
  set.channels = entry.channels, set.height = entry.height, set.width = entry.width;
  set.classes = entry.classes();
  set.class_names = entry.class_names;
  const std::vector<ReadFile> files = read_files(entry, split, data_directory, set);
  check_digests(entry, split, files, set);
  const auto expected = expected_histogram(entry, split), found = class_histogram(set);
  if (entry.format != Format::amat && found != expected)
    throw InputError({files.back().path.string(), fmt::format("images a class [{}]", fmt::join(expected, ", ")),
                      fmt::format("[{}]", fmt::join(found, ", ")), again(entry)});
  return set;
}

}  // namespace reprise::datasets
