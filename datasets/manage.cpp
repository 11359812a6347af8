#include "datasets/manage.hpp"

#include <algorithm>

#include "datasets/hdf5_container_reader.hpp"
#include "datasets/photograph_layout.hpp"
#include "datasets/split_reader.hpp"
#include "datasets/video_lists.hpp"

namespace reprise::datasets {

namespace {

/// The entry whose files a set is read from.
const DatasetEntry& source_of(const DatasetEntry& entry) {
  return entry.base.empty() ? entry : require_entry(entry.base);
}

std::vector<FileStatus> files_of(const DatasetEntry& entry, const std::filesystem::path& data_directory) {
  std::vector<FileStatus> rows;
  const DatasetEntry& source = source_of(entry);
  for (const SplitEntry* split : {&source.train, &source.test})
    for (const FileEntry& file : split->files) {
      const std::filesystem::path found = locate(source, file, data_directory);
      rows.push_back({found.empty() ? data_directory / file.path : found, !found.empty(), file.sha256});
    }
  return rows;
}

std::int64_t size_on_disk(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<std::int64_t>(bytes);
}

ListEntry row_of(const DatasetEntry& entry, const std::filesystem::path& data_directory) {
  ListEntry row{entry.name, entry.title, true, {}, 0, ""};
  if (entry.format == Format::container) {
    std::error_code ignored;
    row.is_present = std::filesystem::exists(container_path(entry.name, data_directory), ignored);
    if (row.is_present) row.where = data_directory, row.bytes = size_on_disk(container_path(entry.name, data_directory));
    return row;
  }
  if (entry.format == Format::photographs) {
    row.is_present = has_photographs(entry, data_directory);
    if (row.is_present) row.where = data_directory / entry.photographs.folder;
    return row;
  }
  if (entry.format == Format::videos) {
    row.is_present = has_videos(entry, data_directory);
    if (row.is_present) row.where = data_directory / entry.videos.folder;
    return row;
  }
  const DatasetEntry& source = source_of(entry);
  if (!source.urls.empty()) row.url = source.urls.front() + "/" + source.archive.name;
  const std::vector<FileStatus> files = files_of(entry, data_directory);
  row.is_present = std::all_of(files.begin(), files.end(), [](const FileStatus& file) { return file.is_present; });
  if (!row.is_present) {
    row.bytes = source.archive.bytes;
    return row;
  }
  for (const FileStatus& file : files) row.bytes += size_on_disk(file.path);
  if (!files.empty()) row.where = files.front().path.parent_path();
  return row;
}

bool is_container(const std::string& name, const std::filesystem::path& data_directory) {
  std::error_code ignored;
  const DatasetEntry* entry = find_entry(name);
  return (entry == nullptr || entry->format == Format::container) && name.find('/') == std::string::npos &&
         std::filesystem::exists(container_path(name, data_directory), ignored);
}

ListEntry container_row(const std::string& name, const std::filesystem::path& data_directory) {
  return {name, "HDF5 container", true, data_directory, size_on_disk(container_path(name, data_directory)), ""};
}

KnownOf known_of(const std::string& name) {
  const DatasetEntry* entry = find_entry(name);
  if (entry == nullptr) return KnownOf::nothing;
  if (entry->format == Format::synthetic) return KnownOf::drawn;
  const bool has_digests = entry->format != Format::container && entry->format != Format::amat && entry->format != Format::photographs &&
                           entry->format != Format::videos && entry->format != Format::stl10 && entry->format != Format::corrupted;
  return has_digests ? KnownOf::digests : KnownOf::counts;
}

DatasetInfo describe(const Dataset& data, ListEntry row, std::vector<FileStatus> files) {
  const KnownOf known = known_of(row.name);
  const ImageSet& train = data.train;
  return {std::move(row),
          train.channels,
          train.height,
          train.width,
          train.class_names,
          {train.count, class_histogram(train), train.digest},
          {data.test.count, class_histogram(data.test), data.test.digest},
          std::move(files),
          "",
          known};
}

}  // namespace

bool is_present(const DatasetEntry& entry, const std::filesystem::path& data_directory) {
  return row_of(entry, data_directory).is_present;
}

std::vector<ListEntry> list(const std::filesystem::path& data_directory) {
  std::vector<ListEntry> rows;
  for (const DatasetEntry& entry : manifest()) rows.push_back(row_of(entry, data_directory));
  std::vector<std::string> containers;
  std::error_code error;
  for (std::filesystem::directory_iterator it(data_directory, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".h5" && find_entry(it->path().stem().string()) == nullptr)
      containers.push_back(it->path().stem().string());
  std::sort(containers.begin(), containers.end());
  for (const std::string& name : containers) rows.push_back(container_row(name, data_directory));
  return rows;
}

DatasetInfo info(const std::string& name, const std::filesystem::path& data_directory) {
  if (is_container(name, data_directory)) return check(name, data_directory);
  const DatasetEntry& entry = require_entry(name);
  return {row_of(entry, data_directory),
          entry.channels,
          entry.height,
          entry.width,
          entry.class_names,
          {entry.train.count, expected_histogram(entry, entry.train), ""},
          {entry.test.count, expected_histogram(entry, entry.test), ""},
          files_of(entry, data_directory),
          entry.format == Format::synthetic ? "" : how_to_get(entry),
          known_of(name)};
}

DatasetInfo check(const std::string& name, const std::filesystem::path& data_directory) {
  Selection selection;
  const DatasetEntry* known = find_entry(name);
  if (known != nullptr && known->format == Format::videos) selection.clips = ClipStage::parse("video");
  const Dataset data = load(name, data_directory, selection);
  if (is_container(name, data_directory))
    return describe(data, container_row(name, data_directory), {{container_path(name, data_directory), true, ""}});
  const DatasetEntry& entry = require_entry(name);
  return describe(data, row_of(entry, data_directory), files_of(entry, data_directory));
}

}  // namespace reprise::datasets
