#pragma once
// What `reprise data list|info|check` does.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/image_set.hpp"
#include "datasets/manifest.hpp"

namespace reprise::datasets {

struct ListEntry {
  std::string name, title;
  bool is_present = false;      ///< all files of it (for canvases: of its base) are there; drawn sets always are
  std::filesystem::path where;  ///< folder of the files; empty if absent or drawn
  std::int64_t bytes = 0;       ///< on disk if present, else of the download (0: not known)
  std::string url;              ///< where `fetch` looks first; empty if there is nothing to fetch
};

/// Whether the files of a known set are there; nothing of them is read.
bool is_present(const DatasetEntry& entry, const std::filesystem::path& data_directory);

/// Every known data set, then the HDF5 containers of the data directory.
std::vector<ListEntry> list(const std::filesystem::path& data_directory);

struct FileStatus {
  std::filesystem::path path;  ///< where it is, or would be
  bool is_present = false;
  std::string sha256;  ///< that the manifest expects of its (inflated) content
};

struct SplitInfo {
  std::int64_t count = 0;
  std::vector<std::int64_t> histogram;  ///< images a class
  std::string digest;                   ///< of the set as loaded; empty where nothing was loaded
};

/// What a set can be held to.
enum class KnownOf {
  digests,  ///< of its files, or of those that it is made from
  counts,   ///< size, channels, classes, numbers of images
  nothing,  ///< a container that the manifest does not know
  drawn,    ///< nothing that could be wrong
};

struct DatasetInfo {
  ListEntry row;
  int channels = 0, height = 0, width = 0;
  std::vector<std::string> class_names;
  SplitInfo train, test;
  std::vector<FileStatus> files;
  std::string how_to_get;  ///< from info(); empty for drawn sets and for containers that are there
  KnownOf known = KnownOf::digests;
};

/// What the manifest says, without reading the files (a container is read). Throws InputError for an unknown name.
DatasetInfo info(const std::string& name, const std::filesystem::path& data_directory);

/// Loads the whole set and holds it to what is `known` of it; the splits hold what was found. Throws InputError as `load` does.
DatasetInfo check(const std::string& name, const std::filesystem::path& data_directory);

}  // namespace reprise::datasets
