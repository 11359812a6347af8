#pragma once
// Fitted whitenings on disk, as the bytes of `cached_bytes.hpp`: features (int64), least and largest eigenvalue (double), mean, matrix
// (float32). Little endian.

#include <filesystem>
#include <optional>
#include <string>

#include "datasets/whitening.hpp"

namespace reprise::datasets {

/// Where a whitening with this key (any text; hashed) is kept.
std::filesystem::path whitening_file(const std::filesystem::path& directory, const std::string& key);
/// Nothing if there is no such file, or it is damaged or belongs to another key.
std::optional<Whitening> read_whitening(const std::filesystem::path& path, const std::string& key);
/// Writes beside and renames, so a reader never sees half a file. False if it cannot be written.
bool write_whitening(const std::filesystem::path& path, const std::string& key, const Whitening& whitening);

}  // namespace reprise::datasets
