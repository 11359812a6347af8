#include "datasets/file_bytes.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

std::vector<std::uint8_t> read_plain(const std::filesystem::path& path, const std::string& fix) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) throw InputError({path.string(), "a readable file", std::strerror(errno), fix});
  std::error_code ignored;
  const auto size = std::filesystem::file_size(path, ignored);
  std::vector<std::uint8_t> bytes;
  constexpr std::size_t kPiece = 1 << 20;
  std::size_t piece = ignored ? kPiece : size + 1;  // one more than there is: then one read finds the end
  for (bool is_more = true; is_more; piece = kPiece) {
    const std::size_t before = bytes.size();
    bytes.resize(before + piece);
    const std::size_t read = std::fread(bytes.data() + before, 1, piece, file.get());
    bytes.resize(before + read);
    is_more = read == piece;
  }
  if (std::ferror(file.get()) != 0)
    throw InputError({fmt::format("{} at byte {}", path.string(), bytes.size()), "more bytes", std::strerror(errno), fix});
  return bytes;
}

class Inflater {
 public:
  Inflater(const std::filesystem::path& path, const std::string& fix, const std::vector<std::uint8_t>& packed)
      : path_(path), fix_(fix), packed_(packed) {
    // 15 + 16: largest window, gzip header and checksum.
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) throw RunError("zlib: no memory to inflate " + path.string());
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  std::vector<std::uint8_t> inflate_members() {
    std::vector<std::uint8_t> bytes;
    while (offset_ < packed_.size()) {
      expect_magic();
      inflate_member(bytes);
    }
    return bytes;
  }

 private:
  [[noreturn]] void fail(std::size_t offset, const std::string& expected, const std::string& found) const {
    throw InputError({fmt::format("{} at byte {}", path_.string(), offset), expected, found, fix_});
  }

  void expect_magic() const {
    if (packed_.size() - offset_ < 2)
      fail(offset_, "the two gzip magic bytes 1f 8b", fmt::format("{} byte(s) left", packed_.size() - offset_));
    if (packed_[offset_] == 0x1f && packed_[offset_ + 1] == 0x8b) return;
    fail(offset_, offset_ == 0 ? "gzip data (1f 8b)" : "the end of the file or another gzip member (1f 8b)",
         fmt::format("{:02x} {:02x}", packed_[offset_], packed_[offset_ + 1]));
  }

  void inflate_member(std::vector<std::uint8_t>& bytes) {
    inflateReset(&stream_);
    std::vector<std::uint8_t> block(1 << 18);
    for (int status = Z_OK; status != Z_STREAM_END;) {
      // avail_in is 32 bits wide: feed at most 1 GiB at a time.
      const std::size_t left = std::min<std::size_t>(packed_.size() - offset_, 1u << 30);
      stream_.next_in = const_cast<std::uint8_t*>(packed_.data() + offset_);
      stream_.avail_in = static_cast<uInt>(left);
      stream_.next_out = block.data();
      stream_.avail_out = static_cast<uInt>(block.size());
      status = ::inflate(&stream_, Z_NO_FLUSH);
      offset_ += left - stream_.avail_in;
      bytes.insert(bytes.end(), block.data(), block.data() + (block.size() - stream_.avail_out));
      if (status == Z_BUF_ERROR || (status == Z_OK && offset_ == packed_.size() && stream_.avail_out > 0))
        fail(offset_, "more gzip data", fmt::format("the end of the file, after {} inflated bytes", bytes.size()));
      if (status != Z_OK && status != Z_STREAM_END)
        fail(offset_, "intact gzip data",
             fmt::format("damage ({}) after {} inflated bytes", stream_.msg ? stream_.msg : "zlib error", bytes.size()));
    }
  }

  const std::filesystem::path& path_;
  const std::string& fix_;
  const std::vector<std::uint8_t>& packed_;
  std::size_t offset_ = 0;
  z_stream stream_{};
};

}  // namespace

std::vector<std::uint8_t> read_file_bytes(const std::filesystem::path& path, const std::string& fix) {
  return read_file_bytes(path, path.extension() == ".gz" ? Packing::gzip : Packing::none, fix);
}

std::vector<std::uint8_t> read_file_bytes(const std::filesystem::path& path, Packing packing, const std::string& fix) {
  std::vector<std::uint8_t> bytes = read_plain(path, fix);
  if (packing == Packing::none) return bytes;
  if (bytes.empty()) throw InputError({path.string() + " at byte 0", "gzip data (1f 8b)", "an empty file", fix});
  return Inflater(path, fix, bytes).inflate_members();
}

}  // namespace reprise::datasets
