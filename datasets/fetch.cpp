#include "datasets/fetch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "datasets/file_bytes.hpp"
#include "datasets/split_reader.hpp"
#include "datasets/stl10_reader.hpp"
#include "datasets/unpack.hpp"
#include "suite/errors.hpp"
#include "suite/records/atomic_file.hpp"
#include "suite/records/digest.hpp"
#include "suite/records/run_lock.hpp"

namespace reprise::datasets {

namespace {

std::filesystem::path part_of(const std::filesystem::path& path) {
  return path.string() + ".part";
}

std::string digest_of(const std::filesystem::path& path, Packing packing) {
  const std::vector<std::uint8_t> bytes = read_file_bytes(path, packing, "Fetch it again.");
  return records::sha256_hex(std::as_bytes(std::span(bytes)));
}

/// A .part whose content has the digest `sha256`; otherwise there is none and an error. Packed content is hashed once inflated.
void download_checked(const std::string& url, const std::filesystem::path& part, Packing packing, const std::string& sha256,
                      const ProgressCallback& progress) {
  for (bool is_second = false;; is_second = true) {
    const std::int64_t resumed = download(url, part, progress);
    std::string found;
    try {
      found = digest_of(part, packing);
    } catch (const InputError& error) {
      found = error.what();  // not even gzip
    }
    if (found == sha256) return;
    std::filesystem::remove(part);
    // What an earlier attempt left may have been from another file: once more from the start.
    if (resumed > 0 && !is_second) continue;
    throw InputError(
        {url, fmt::format("content of SHA-256 {}", sha256), found, "It was removed. Try another mirror, or put the file there by hand."});
  }
}

/// Tries one address after the other; throws the last one's error, which names its URL.
void download_from_any(const std::vector<std::string>& folders, const std::string& file, const std::filesystem::path& part, Packing packing,
                       const std::string& sha256, const ProgressCallback& progress) {
  for (std::size_t i = 0; i < folders.size(); ++i) try {
      return download_checked(folders[i] + "/" + file, part, packing, sha256, progress);
    } catch (const std::runtime_error&) {
      if (i + 1 == folders.size()) throw;
    }
}

/// Removed with all that is in it, whatever happens.
class StagingFolder {
 public:
  explicit StagingFolder(std::filesystem::path path) : path_(std::move(path)) {}
  ~StagingFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  StagingFolder(const StagingFolder&) = delete;
  StagingFolder& operator=(const StagingFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::vector<FileEntry> files_of(const DatasetEntry& entry) {
  std::vector<FileEntry> files = entry.train.files;
  files.insert(files.end(), entry.test.files.begin(), entry.test.files.end());
  if (!entry.folds.path.empty()) files.push_back(entry.folds);
  return files;
}

/// Reads, and so checks, all that there is of a set.
void read_splits(const DatasetEntry& entry, const std::filesystem::path& folder) {
  for (const SplitEntry* split : {&entry.train, &entry.test})
    if (!split->files.empty()) read_split(entry, *split, folder);
  if (!entry.folds.path.empty()) folds_of(entry.name, folder);
}

FetchResult fetch_archive(const DatasetEntry& entry, const std::vector<std::string>& folders, const std::filesystem::path& data_directory,
                          const ProgressCallback& progress) {
  const std::filesystem::path part = part_of(data_directory / entry.archive.name);
  download_from_any(folders, entry.archive.name, part, Packing::none, entry.archive.sha256, progress);
  const StagingFolder staging(data_directory / fmt::format(".unpacking-{}-{}", entry.name, ::getpid()));
  std::vector<std::string> names;
  for (const FileEntry& file : files_of(entry)) names.push_back(file.path);
  unpack_members(part, names, staging.path());
  DatasetEntry unpacked = entry;
  unpacked.elsewhere.clear();  // the check is about these files
  read_splits(unpacked, staging.path());
  FetchResult result;
  for (const std::string& name : names) {
    records::move_into_place("data file", staging.path() / name, data_directory / name);
    result.written.push_back(data_directory / name);
  }
  std::filesystem::remove(part);
  return result;
}

FetchResult fetch_files(const DatasetEntry& entry, const std::vector<std::string>& folders, const std::filesystem::path& data_directory,
                        const ProgressCallback& progress) {
  FetchResult result;
  for (const FileEntry& file : files_of(entry)) {
    const std::filesystem::path target = data_directory / file.path, part = part_of(target);
    const Packing packing = target.extension() == ".gz" ? Packing::gzip : Packing::none;
    download_from_any(folders, target.filename().string(), part, packing, file.sha256, progress);
    records::move_into_place("data file", part, target);
    result.written.push_back(target);
  }
  return result;
}

constexpr records::RunLock::Words kOfFetch{"one process that fetches this data set", "another that is at it",
                                           "Wait for it to end: the set is there then"};

bool is_there_and_right(const DatasetEntry& entry, const std::filesystem::path& data_directory) {
  try {
    read_splits(entry, data_directory);
    return true;
  } catch (const InputError&) {
    return false;
  }
}

}  // namespace

FetchResult fetch(const std::string& name, const std::filesystem::path& data_directory, const FetchOptions& options) {
  return fetch(require_entry(name), data_directory, options);
}

FetchResult fetch(const DatasetEntry& entry, const std::filesystem::path& data_directory, const FetchOptions& options) {
  if (entry.format == Format::synthetic) return {true, {}};
  if (entry.format == Format::container)
    throw InputError(
        {fmt::format("data set '{}'", entry.name), "a set that can be fetched", "one that comes as an HDF5 container", how_to_get(entry)});
  if (entry.format == Format::photographs)
    throw InputError({fmt::format("data set '{}'", entry.name), "a set that can be fetched", "photographs, which are got from their owners",
                      how_to_get(entry)});
  if (entry.format == Format::videos)
    throw InputError({fmt::format("data set '{}'", entry.name), "a set that can be fetched", "videos, which are got from their owners",
                      how_to_get(entry)});
  if (entry.format == Format::amat)
    throw InputError({fmt::format("data set '{}'", entry.name), "a set that can be fetched", "files whose digests are not known here",
                      how_to_get(entry)});
  if (!entry.base.empty()) return fetch(entry.base, data_directory, options);
  std::error_code ignored;
  std::filesystem::create_directories(data_directory, ignored);
  const records::RunLock lock(data_directory / fmt::format(".{}.lock", entry.name), kOfFetch);
  if (!options.force && is_there_and_right(entry, data_directory)) return {true, {}};
  const std::vector<std::string> folders = options.base_url.empty() ? entry.urls : std::vector<std::string>{options.base_url};
  return entry.archive.name.empty() ? fetch_files(entry, folders, data_directory, options.progress)
                                    : fetch_archive(entry, folders, data_directory, options.progress);
}

}  // namespace reprise::datasets
