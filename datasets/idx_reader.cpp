#include "datasets/idx_reader.hpp"

#include <fmt/format.h>

#include "datasets/file_bytes.hpp"
#include "suite/errors.hpp"
#include "suite/records/digest.hpp"

namespace reprise::datasets {

namespace {

class Parser {
 public:
  Parser(const std::filesystem::path& path, const std::string& fix, const std::vector<std::uint8_t>& bytes)
      : path_(path), fix_(fix), bytes_(bytes) {}

  void check_magic(int order) const {
    if (bytes_.size() < 4) fail(0, "an IDX magic number of 4 bytes", fmt::format("{} byte(s)", bytes_.size()));
    const std::string found = fmt::format("{:02x} {:02x} {:02x} {:02x}", bytes_[0], bytes_[1], bytes_[2], bytes_[3]);
    const std::string magic = fmt::format("00 00 08 {:02x}", order);
    if (bytes_[0] != 0 || bytes_[1] != 0) fail(0, fmt::format("the IDX magic number {}", magic), found + ", so this is no IDX file");
    if (bytes_[2] != 8) fail(2, "element type 08 (unsigned byte)", fmt::format("{:02x}", bytes_[2]));
    if (bytes_[3] != order)
      fail(3, fmt::format("{} dimension(s), magic number {}", order, magic), fmt::format("{}, magic number {}", bytes_[3], found));
  }

  std::vector<std::int64_t> sizes(int order) const {
    std::vector<std::int64_t> sizes;
    std::int64_t product = 1;
    for (int i = 0; i < order; ++i) {
      const std::size_t at = 4 + 4 * static_cast<std::size_t>(i);
      if (bytes_.size() < at + 4) fail(bytes_.size(), fmt::format("{} sizes of 4 bytes", order), "the end of the file");
      const std::int64_t size = std::int64_t{bytes_[at]} << 24 | bytes_[at + 1] << 16 | bytes_[at + 2] << 8 | bytes_[at + 3];
      if (size == 0 || product > kLargest / size) fail(at, fmt::format("a size from 1 to {}", kLargest / product), fmt::format("{}", size));
      product *= size;
      sizes.push_back(size);
    }
    const std::size_t header = 4 + 4 * static_cast<std::size_t>(order);
    const std::int64_t values = static_cast<std::int64_t>(bytes_.size() - header);
    if (values < product)
      fail(bytes_.size(), fmt::format("{} values after the header", product), fmt::format("the end of the file after {}", values));
    if (values > product)
      fail(header + static_cast<std::size_t>(product), "the end of the file", fmt::format("{} trailing byte(s)", values - product));
    return sizes;
  }

 private:
  static constexpr std::int64_t kLargest = std::int64_t{1} << 36;  // 64 GiB: more than any file we read holds

  [[noreturn]] void fail(std::size_t offset, const std::string& expected, const std::string& found) const {
    throw InputError({fmt::format("{} at byte {}", path_.string(), offset), expected, found, fix_});
  }

  const std::filesystem::path& path_;
  const std::string& fix_;
  const std::vector<std::uint8_t>& bytes_;
};

}  // namespace

IdxArray read_idx(const std::filesystem::path& path, int order, const std::string& fix) {
  std::vector<std::uint8_t> bytes = read_file_bytes(path, fix);
  const Parser parser(path, fix, bytes);
  parser.check_magic(order);
  IdxArray array;
  array.sizes = parser.sizes(order);
  array.sha256 = records::sha256_hex(std::as_bytes(std::span(bytes)));
  bytes.erase(bytes.begin(), bytes.begin() + 4 + 4 * order);
  array.values = std::move(bytes);
  return array;
}

}  // namespace reprise::datasets
