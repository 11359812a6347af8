#include "datasets/corrupted_images.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "datasets/in_parallel.hpp"
#include "datasets/npy_reader.hpp"
#include "suite/errors.hpp"
#include "suite/records/digest.hpp"

namespace reprise::datasets {

namespace {

constexpr std::int64_t kBytesAtOnce = std::int64_t{1} << 20;

const std::vector<std::string> kCorruptions = {
    "gaussian_noise", "shot_noise", "impulse_noise", "defocus_blur", "glass_blur",        "motion_blur", "zoom_blur",       "snow",
    "frost",          "fog",        "brightness",    "contrast",     "elastic_transform", "pixelate",    "jpeg_compression"};
const std::vector<std::string> kExtraCorruptions = {"speckle_noise", "gaussian_blur", "spatter", "saturate"};

/// Files of corruptions, without the labels'.
std::size_t corruptions_of(const DatasetEntry& entry) {
  return entry.test.files.size() - 1;
}

/// [height, width, channels] -> [channels, height, width]
void split_into_planes(const std::uint8_t* pixels, const ImageSet& shape, std::uint8_t* planes) {
  const std::int64_t area = std::int64_t{shape.height} * shape.width;
  for (std::int64_t i = 0; i < area; ++i)
    for (int c = 0; c < shape.channels; ++c) planes[c * area + i] = *pixels++;
}

class Corrupted : public LazyImages {
 public:
  Corrupted(std::vector<NpyFile> files, const ImageSet& shape, std::int64_t clean, std::vector<std::int64_t> places)
      : files_(std::move(files)), shape_(shape), clean_(clean), places_(std::move(places)) {}

  void make(std::int64_t index, const FetchKey* /*key*/, std::uint8_t* image) const override {
    thread_local std::vector<std::uint8_t> pixels;
    const std::int64_t bytes = shape_.image_bytes(), chosen = static_cast<std::int64_t>(places_.size()), group = index / chosen;
    const std::int64_t row = group % kSeverities * clean_ + places_[static_cast<std::size_t>(index % chosen)];
    pixels.resize(static_cast<std::size_t>(bytes));
    files_[static_cast<std::size_t>(group / kSeverities)].read(row * bytes, pixels);
    split_into_planes(pixels.data(), shape_, image);
  }
  std::string description() const override { return "corrupted images"; }
  std::int64_t bytes_held() const override { return static_cast<std::int64_t>(places_.size() * sizeof(std::int64_t)); }

 private:
  std::vector<NpyFile> files_;
  ImageSet shape_;  ///< without images
  std::int64_t clean_;
  std::vector<std::int64_t> places_;
};

/// Some corruptions of the test images of `clean`.
DatasetEntry entry_of(const DatasetEntry& clean, const std::string& folder, const char* suffix, const std::vector<std::string>& corruptions,
                      const std::string& url, const ArchiveEntry& archive) {
  DatasetEntry entry;
  entry.name = clean.name + suffix;
  entry.title = fmt::format("{} test images, {} corruptions at {} severities", clean.name, corruptions.size(), kSeverities);
  entry.format = Format::corrupted;
  entry.channels = clean.channels, entry.height = clean.height, entry.width = clean.width;
  entry.class_names = clean.class_names;
  const std::int64_t images = kSeverities * clean.test.count;
  for (const std::string& corruption : corruptions)
    entry.test.files.push_back({fmt::format("{}/{}.npy", folder, corruption), images * clean.channels * clean.height * clean.width, ""});
  entry.test.files.push_back({folder + "/labels.npy", images, ""});
  entry.test.count = images * static_cast<std::int64_t>(corruptions.size());
  entry.urls = {url};
  entry.archive = archive;
  return entry;
}

std::vector<std::filesystem::path> require_files(const DatasetEntry& entry, const std::filesystem::path& data_directory) {
  std::vector<std::filesystem::path> paths;
  for (const FileEntry& file : entry.test.files) {
    paths.push_back(locate(entry, file, data_directory));
    if (paths.back().empty())
      throw InputError(
          {fmt::format("data set '{}'", entry.name), (data_directory / file.path).string(), "no such file", how_to_get(entry)});
  }
  return paths;
}

/// Of the clean test images.
std::vector<std::int32_t> read_labels(const DatasetEntry& entry, const std::filesystem::path& path, const std::string& fix) {
  const std::int64_t clean = clean_count(entry);
  std::vector<std::int32_t> labels = read_npy_labels(path, kSeverities * clean, entry.classes(), fix);
  for (std::size_t i = static_cast<std::size_t>(clean); i < labels.size(); ++i)
    if (labels[i] != labels[i - static_cast<std::size_t>(clean)])
      throw InputError({fmt::format("{}, number {}", path.string(), i),
                        fmt::format("the label of the same image one severity before, {}", labels[i - static_cast<std::size_t>(clean)]),
                        fmt::format("{}", labels[i]), fix});
  labels.resize(static_cast<std::size_t>(clean));
  for (int k = 0; k < entry.classes(); ++k)
    if (const auto found = std::count(labels.begin(), labels.end(), k); found != clean / entry.classes())
      throw InputError({path.string(), fmt::format("{} images of class {} at each severity", clean / entry.classes(), k),
                        fmt::format("{}", found), fix});
  return labels;
}

std::string digest_of(const NpyFile& file) {
  records::Xxh3 digest(records::Xxh3::Width::bits128);
  std::vector<std::uint8_t> block;
  for (std::int64_t first = 0; first < file.bytes(); first += kBytesAtOnce) {
    block.resize(static_cast<std::size_t>(std::min(kBytesAtOnce, file.bytes() - first)));
    file.read(first, block);
    digest.add(std::as_bytes(std::span(block)));
  }
  return digest.finish_hex();
}

/// Over the shape, the names and contents of the files, and what was chosen of them.
std::string digest_of(const ImageSet& set, const std::vector<NpyFile>& files, const std::vector<std::int64_t>& places) {
  std::vector<std::string> digests(files.size());
  in_parallel(static_cast<std::int64_t>(files.size()), 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t f = first; f < last; ++f) digests[static_cast<std::size_t>(f)] = digest_of(files[static_cast<std::size_t>(f)]);
  });
  std::string text = fmt::format("corrupted {} {} {} {} {}\n", set.channels, set.height, set.width, set.classes, set.count);
  for (std::size_t f = 0; f < files.size(); ++f) text += fmt::format("{} {}\n", set.groups[f * kSeverities].name, digests[f]);
  records::Sha256 digest;
  digest.add(records::bytes_of(std::string_view(text)));
  digest.add(std::as_bytes(std::span(set.labels)));
  digest.add(std::as_bytes(std::span(places)));
  return digest.finish_hex();
}

}  // namespace

std::vector<DatasetEntry> corrupted_entries(const DatasetEntry& cifar10, const DatasetEntry& cifar100) {
  const ArchiveEntry archive10{"CIFAR-10-C.tar", 2918471680, "c72763e101c723b7c507b96205f7e938912a5d587376173b825850cf3cb876a7"};
  const ArchiveEntry archive100{"CIFAR-100-C.tar", 2918473216, "30ee6543a1bfd049fa33834b7c1ada301e7064b7fbe8fc38340eb8b62ced4b33"};
  std::vector<DatasetEntry> entries;
  for (const auto* corruptions : {&kCorruptions, &kExtraCorruptions}) {
    const char* suffix = corruptions == &kCorruptions ? "-c" : "-c-extra";
    entries.push_back(entry_of(cifar10, "CIFAR-10-C", suffix, *corruptions, "https://zenodo.org/records/2535967/files", archive10));
    entries.push_back(entry_of(cifar100, "CIFAR-100-C", suffix, *corruptions, "https://zenodo.org/records/3555552/files", archive100));
  }
  return entries;
}

std::int64_t clean_count(const DatasetEntry& entry) {
  return entry.test.count / (kSeverities * static_cast<std::int64_t>(corruptions_of(entry)));
}

ImageSet corrupted_images(const DatasetEntry& entry, const std::filesystem::path& data_directory, const std::vector<std::int64_t>& places) {
  const std::string fix = fmt::format("Remove it and fetch it again: reprise data fetch {}", entry.name);
  const std::vector<std::filesystem::path> paths = require_files(entry, data_directory);
  const std::int64_t clean = clean_count(entry);
  ImageSet set;
  set.channels = entry.channels, set.height = entry.height, set.width = entry.width;
  set.classes = entry.classes(), set.class_names = entry.class_names;
  const ImageSet shape = set;
  std::vector<NpyFile> files;
  for (std::size_t f = 0; f < corruptions_of(entry); ++f) {
    files.emplace_back(paths[f], fix);
    files.back().require(NpyType::uint8, {kSeverities * clean, entry.height, entry.width, entry.channels});
  }
  const std::vector<std::int32_t> labels = read_labels(entry, paths.back(), fix);
  std::vector<std::int64_t> chosen = places;
  if (chosen.empty()) chosen.resize(static_cast<std::size_t>(clean)), std::iota(chosen.begin(), chosen.end(), std::int64_t{0});
  for (std::size_t f = 0; f < files.size(); ++f)
    for (int severity = 1; severity <= kSeverities; ++severity) {
      set.groups.push_back(
          {std::filesystem::path(entry.test.files[f].path).stem().string(), severity, static_cast<std::int64_t>(chosen.size())});
      for (const std::int64_t place : chosen) set.labels.push_back(labels[static_cast<std::size_t>(place)]);
    }
  set.count = static_cast<std::int64_t>(set.labels.size());
  set.digest = digest_of(set, files, chosen);
  set.lazy = std::make_shared<Corrupted>(std::move(files), shape, clean, std::move(chosen));
  return set;
}

}  // namespace reprise::datasets
