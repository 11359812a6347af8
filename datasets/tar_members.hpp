#pragma once
// Where the members of a tar archive lie, so that each can be read without the others. libarchive reads archives from front to back and
// does not tell.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace reprise::datasets {

struct TarMember {
  std::string name;
  std::uint64_t offset = 0;  ///< of its bytes in the file
  std::uint64_t bytes = 0;
};

/// The regular members of an archive that lies at bytes [begin, end) of a file (ustar, pax and GNU long names), not compressed, in order.
/// Throws InputError that names file, byte offset, expected and found for a damaged or truncated archive.
void for_each_tar_member(const std::filesystem::path& path, std::uint64_t begin, std::uint64_t end,
                         const std::function<void(const TarMember&)>& use);
void for_each_tar_member(const std::filesystem::path& path, const std::function<void(const TarMember&)>& use);

}  // namespace reprise::datasets
