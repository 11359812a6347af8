#pragma once
// `reprise data fetch`: download, check, put into place.

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/download.hpp"
#include "datasets/manifest.hpp"

namespace reprise::datasets {

struct FetchOptions {
  std::string base_url;  ///< replaces the manifest's folders
  bool force = false;    ///< fetch even if the files are there
  ProgressCallback progress;
};

struct FetchResult {
  bool was_there = false;                      ///< nothing was fetched
  std::vector<std::filesystem::path> written;  ///< files now in place
};

/// Downloads to NAME.part, checks, and only then renames into place; archives are unpacked beside and checked as `load` does.
/// From the first byte to the last rename the set is locked: RunError if another process is at it. What fails the check is removed. A
/// canvas fetches its base; a drawn set is always there. Throws InputError for an unknown name and for content that is not what the
/// manifest says (URL, expected and found SHA-256), RunError for network and disk.
FetchResult fetch(const std::string& name, const std::filesystem::path& data_directory, const FetchOptions& options);
FetchResult fetch(const DatasetEntry& entry, const std::filesystem::path& data_directory, const FetchOptions& options);

}  // namespace reprise::datasets
