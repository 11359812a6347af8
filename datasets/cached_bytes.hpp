#pragma once
// Results of long computations on disk, found again by a key. Layout: 16 bytes of magic, SHA-256 of the key, the bytes, SHA-256 of all
// before it.

#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "suite/records/digest.hpp"

namespace reprise::datasets {

/// Where bytes with this key (any text; hashed) are kept: KIND-HASH.bin.
std::filesystem::path cached_file(const std::filesystem::path& directory, const std::string& kind, const std::string& key);
/// Nothing if there is no such file, or it is damaged or belongs to another key.
std::optional<std::vector<std::byte>> read_cached(const std::filesystem::path& path, const std::string& key);
/// Writes beside and renames. A directory that cannot be written is no error: the bytes are computed again next time.
/// The bytes are those of all parts, one after the other. False if it could not be written.
bool write_cached(const std::filesystem::path& path, const std::string& key, std::initializer_list<records::Bytes> parts);

}  // namespace reprise::datasets
