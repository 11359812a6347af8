#include "suite/records/seal.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "suite/errors.hpp"

namespace reprise::records {

namespace {

constexpr std::string_view kMark = "reprise seal 1, bytes ";
constexpr std::size_t kSealBytes = kMark.size() + 20 + 9 + 64 + 1;
constexpr const char* kRunAgain = "Run the trial again (--force), or take a sound copy.";

std::string printable(std::string_view text) {
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(), [](unsigned char c) { return c < 0x20 || c > 0x7E; }, '?');
  return clean;
}

}  // namespace

std::string seal_of(Bytes content) {
  return fmt::format("{}{:020}, sha256 {}\n", kMark, content.size(), sha256_hex(content));
}

namespace {

/// How many of the file's bytes come before its seal: all, if it has none.
std::size_t bytes_before_seal(Bytes file) {
  if (file.size() <= kSealBytes) return file.size();
  const std::size_t content_bytes = file.size() - kSealBytes;
  return text_of(file.subspan(content_bytes)).starts_with(kMark) ? content_bytes : file.size();
}

[[noreturn]] void refuse(const std::string& what, const std::filesystem::path& path, const std::string& expected, const std::string& found,
                         const std::string& fix) {
  throw InputError(Complaint{what + " '" + path.string() + "'", expected, found, fix});
}

void require_hdf5(const std::string& what, const std::filesystem::path& path, Bytes file) {
  constexpr std::string_view kHdf5 = "\x89HDF\r\n\x1a\n";
  if (file.empty()) refuse(what, path, "HDF5 and a seal", "an empty file", kRunAgain);
  if (!text_of(file).starts_with(kHdf5))
    refuse(what, path, "HDF5 signature 89 48 44 46 0d 0a 1a 0a at byte 0", hex(file.first(std::min(file.size(), kHdf5.size()))),
           "Name a result file.");
}

/// What to do about a file whose content may be sound.
std::string fix_of(const std::filesystem::path& path) {
  return fmt::format(
      "If another program opened it for writing: `reprise seal {}`. Else run the trial again (--force), or take a sound copy.",
      path.string());
}

}  // namespace

Bytes sealed_content(const std::string& what, const std::filesystem::path& path, Bytes file) {
  require_hdf5(what, path, file);
  const std::size_t content_bytes = bytes_before_seal(file);
  if (content_bytes == file.size())
    refuse(what, path, fmt::format("the seal of a complete file in its last {} bytes", kSealBytes),
           fmt::format("{} bytes of HDF5 without one: cut off, changed after it was written, or made by another program", file.size()),
           fix_of(path));
  const Bytes content = file.first(content_bytes);
  const std::string_view seal = text_of(file.subspan(content_bytes));
  const std::string actual = seal_of(content);
  if (seal != actual) {
    const auto claim = [](std::string_view line) { return printable(line.substr(kMark.size(), kSealBytes - kMark.size() - 1)); };
    refuse(what, path, fmt::format("bytes 0 to {} to fit their seal ({})", content_bytes - 1, claim(seal)),
           fmt::format("damaged bytes ({})", claim(actual)), fix_of(path));
  }
  return content;
}

Bytes without_seal(const std::string& what, const std::filesystem::path& path, Bytes file) {
  require_hdf5(what, path, file);
  return file.first(bytes_before_seal(file));
}

}  // namespace reprise::records
