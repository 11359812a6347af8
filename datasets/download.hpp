#pragma once
// One file over HTTP (libcurl), resumed where an earlier attempt stopped.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace reprise::datasets {

struct DownloadProgress {
  std::string name;           ///< of the file
  std::int64_t received = 0;  ///< bytes, those of earlier attempts included
  std::int64_t total = 0;     ///< bytes; 0: the server does not say
};
using ProgressCallback = std::function<void(const DownloadProgress&)>;

/// Appends to `part` (created, with its folder, if absent) by a range request; a server that ignores ranges makes it start over.
/// A connection that breaks is tried again, up to four times without a new byte. One process at a time: the file is locked.
/// Returns how many bytes an earlier call had left there. Throws RunError that names the URL (unreachable, HTTP status, broken
/// off: `part` stays for the next call) or the file (it cannot be written, another process is at it).
std::int64_t download(const std::string& url, const std::filesystem::path& part, const ProgressCallback& progress);

}  // namespace reprise::datasets
