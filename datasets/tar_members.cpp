#include "datasets/tar_members.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <string_view>

#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

constexpr std::uint64_t kBlock = 512, kMaxName = 1 << 16;

/// A header block: POSIX.1-1988, "ustar interchange format".
struct Header {
  std::array<char, kBlock> bytes;

  std::string_view field(std::size_t first, std::size_t length) const {
    const std::string_view all(bytes.data() + first, length);
    return all.substr(0, all.find('\0'));
  }
  char kind() const { return bytes[156]; }
  bool is_empty() const { return std::string_view(bytes.data(), kBlock).find_first_not_of('\0') == std::string_view::npos; }
  std::string name() const {
    const std::string_view prefix = field(257, 5) == "ustar" ? field(345, 155) : std::string_view();
    return prefix.empty() ? std::string(field(0, 100)) : fmt::format("{}/{}", prefix, field(0, 100));
  }

  /// Octal digits with spaces around them.
  std::optional<std::uint64_t> number(std::size_t first, std::size_t length) const {
    std::uint64_t value = 0;
    bool any = false;
    for (const char c : field(first, length)) {
      if (c == ' ' && !any) continue;
      if (c == ' ') break;
      if (c < '0' || c > '7' || value > (std::uint64_t{1} << 60)) return {};
      value = value * 8 + static_cast<std::uint64_t>(c - '0'), any = true;
    }
    return any ? std::optional(value) : std::nullopt;
  }

  bool checks() const {
    std::uint64_t sum = 8 * ' ';
    for (std::size_t i = 0; i < kBlock; ++i)
      if (i < 148 || i >= 156) sum += static_cast<unsigned char>(bytes[i]);
    return number(148, 8) == sum;
  }
};

class Reader {
 public:
  Reader(const std::filesystem::path& path, std::uint64_t begin, std::uint64_t end)
      : path_(path), file_(path, std::ios::binary), place_(begin), end_(end) {
    if (!file_) fail(begin, "a readable file", "none");
  }

  void read_all(const std::function<void(const TarMember&)>& use) {
    std::string long_name;
    for (Header header; next(header);) {
      const std::optional<std::uint64_t> size = header.number(124, 12);
      if (!size) fail(place_ - kBlock + 124, "the size of a member in octal digits", "something else");
      if (*size > end_ - place_) fail(place_, fmt::format("{} bytes of member {}", *size, header.name()), fmt::format("{}", end_ - place_));
      switch (header.kind()) {
        case 'L':
          long_name = text(*size);
          break;
        case 'x':
          long_name = path_of_pax(text(*size), long_name);
          break;
        case '0':
        case '\0':
          use({long_name.empty() ? header.name() : long_name, place_, *size});
          [[fallthrough]];
        default:
          long_name.clear();
      }
      place_ += std::min(end_ - place_, (*size + kBlock - 1) / kBlock * kBlock);
    }
  }

 private:
  [[noreturn]] void fail(std::uint64_t offset, const std::string& expected, const std::string& found) const {
    throw InputError(Complaint{fmt::format("{} at byte {}", path_.string(), offset), expected, found, "Get the archive again."});
  }

  /// False at the end: an empty block, or none.
  bool next(Header& header) {
    if (place_ == end_) return false;
    if (end_ - place_ < kBlock) fail(place_, "a header of 512 bytes", fmt::format("{} bytes", end_ - place_));
    read(header.bytes.data(), kBlock);
    if (header.is_empty()) return false;
    if (!header.checks()) fail(place_, "the header of a tar member", "a wrong check sum");
    place_ += kBlock;
    return true;
  }

  void read(char* to, std::uint64_t bytes) {
    file_.seekg(static_cast<std::streamoff>(place_));
    file_.read(to, static_cast<std::streamsize>(bytes));
    if (!file_) fail(place_, fmt::format("{} bytes", bytes), "the end of the file");
  }

  std::string text(std::uint64_t bytes) {
    if (bytes > kMaxName) fail(place_, fmt::format("a name of at most {} bytes", kMaxName), fmt::format("{}", bytes));
    std::string result(bytes, '\0');
    read(result.data(), bytes);
    const std::size_t end = result.find('\0');
    return end == std::string::npos ? result : result.substr(0, end);
  }

  /// Records "LENGTH path=NAME\n" of a pax header.
  static std::string path_of_pax(const std::string& records, const std::string& otherwise) {
    const std::size_t key = records.find(" path=");
    if (key == std::string::npos) return otherwise;
    const std::size_t first = key + 6, last = records.find('\n', first);
    return records.substr(first, last == std::string::npos ? last : last - first);
  }

  std::filesystem::path path_;
  std::ifstream file_;
  std::uint64_t place_, end_;
};

}  // namespace

void for_each_tar_member(const std::filesystem::path& path, std::uint64_t begin, std::uint64_t end,
                         const std::function<void(const TarMember&)>& use) {
  Reader(path, begin, end).read_all(use);
}

void for_each_tar_member(const std::filesystem::path& path, const std::function<void(const TarMember&)>& use) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error) throw InputError(Complaint{path.string(), "a readable file", error.message(), "Get the archive again."});
  for_each_tar_member(path, 0, bytes, use);
}

}  // namespace reprise::datasets
