#pragma once
// The seal: one line of text after the last byte of a result file, with the length and SHA-256 of all bytes before it.
//
// HDF5 checks the numbers of a chunked dataset and little else; its library may crash on damaged metadata. So no byte reaches it
// before the seal has been verified. HDF5 readers ignore what follows the end that the file's superblock states.

#include <filesystem>
#include <string>

#include "suite/records/digest.hpp"

namespace reprise::records {

/// "reprise seal 1, bytes 00000000000000001234, sha256 <64 hex>\n" for `content`.
std::string seal_of(Bytes content);

/// The content of a sealed file, without its seal. InputError when the seal is missing, damaged, or does not fit the content.
Bytes sealed_content(const std::string& what, const std::filesystem::path& path, Bytes file);

/// The content of a file whose seal may be missing or may not fit: all but a seal in its last bytes. InputError if that is not HDF5.
Bytes without_seal(const std::string& what, const std::filesystem::path& path, Bytes file);

}  // namespace reprise::records
