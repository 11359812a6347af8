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

Bytes sealed_content(const std::string& what, const std::filesystem::path& path, Bytes file) {
  const auto fail = [&](const std::string& expected, const std::string& found, const char* fix) {
    throw InputError(Complaint{what + " '" + path.string() + "'", expected, found, fix});
  };
  if (file.empty()) fail("HDF5 and a seal", "an empty file", kRunAgain);
  constexpr std::string_view kHdf5 = "\x89HDF\r\n\x1a\n";
  if (!text_of(file).starts_with(kHdf5)) {
    fail("HDF5 signature 89 48 44 46 0d 0a 1a 0a at byte 0", hex(file.first(std::min(file.size(), kHdf5.size()))), "Name a result file.");
  }
  const std::size_t content_bytes = file.size() > kSealBytes ? file.size() - kSealBytes : 0;
  const std::string_view seal = text_of(file.subspan(content_bytes));
  if (content_bytes == 0 || !seal.starts_with(kMark)) {
    fail(fmt::format("the seal of a complete file in its last {} bytes", kSealBytes),
         fmt::format("{} bytes of HDF5 without one: cut off, changed after it was written, or made by another program", file.size()),
         kRunAgain);
  }
  const Bytes content = file.first(content_bytes);
  const std::string actual = seal_of(content);
  if (seal != actual) {
    const auto claim = [](std::string_view line) { return printable(line.substr(kMark.size(), kSealBytes - kMark.size() - 1)); };
    fail(fmt::format("bytes 0 to {} to fit their seal ({})", content_bytes - 1, claim(seal)),
         fmt::format("damaged bytes ({})", claim(actual)), kRunAgain);
  }
  return content;
}

}  // namespace reprise::records
