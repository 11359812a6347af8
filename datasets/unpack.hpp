#pragma once
// Named members of a tar archive (libarchive; gzip, xz, zstd and the like are recognised).

#include <filesystem>
#include <string>
#include <vector>

namespace reprise::datasets {

/// Writes the members of these names, and no others, to `folder`/NAME. Throws InputError for an archive that is damaged or lacks
/// one of them (names archive and member), RunError for a file that cannot be written.
void unpack_members(const std::filesystem::path& archive, const std::vector<std::string>& names, const std::filesystem::path& folder);

}  // namespace reprise::datasets
