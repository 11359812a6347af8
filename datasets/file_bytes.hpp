#pragma once
// Whole files as bytes, plain or gzip, with errors that say where in the file something is wrong.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace reprise::datasets {

/// Reads a file; a name that ends in ".gz" is inflated (RFC 1952, several members allowed). `fix` ends each message: what
/// the reader of it can do. Throws InputError for a missing, unreadable, truncated or damaged file (with the byte offset
/// in the compressed file), for bytes after the last member, and for a ".gz" that is not gzip.
std::vector<std::uint8_t> read_file_bytes(const std::filesystem::path& path, const std::string& fix);

/// The same with the choice made by the caller instead of the name.
enum class Packing { none, gzip };
std::vector<std::uint8_t> read_file_bytes(const std::filesystem::path& path, Packing packing, const std::string& fix);

}  // namespace reprise::datasets
