#include "datasets/npy_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "datasets/npy_header.hpp"
#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

static_assert(std::endian::native == std::endian::little, "numbers are read as they lie in the file");

constexpr std::int64_t kMagic = 8;  // bytes of the magic word and the version
constexpr std::int64_t kMaxHeader = std::int64_t{1} << 20;
constexpr std::uint8_t kWord[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

struct TypeEntry {
  NpyType type;
  const char* descr;
  const char* name;
  std::int64_t bytes;
};
constexpr TypeEntry kTypes[] = {
    {NpyType::uint8, "|u1", "uint8", 1}, {NpyType::int32, "<i4", "int32", 4}, {NpyType::int64, "<i8", "int64", 8}};

const TypeEntry& entry_of(NpyType type) {
  return *std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeEntry& entry) { return entry.type == type; });
}

/// As many bytes as there are of these. Empty, with errno set, if the file cannot be read.
std::optional<std::int64_t> read_at(int descriptor, std::int64_t at, std::span<std::uint8_t> to) {
  std::size_t have = 0;
  while (have < to.size()) {
    const ssize_t count = ::pread(descriptor, to.data() + have, to.size() - have, static_cast<off_t>(at) + static_cast<off_t>(have));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
  }
  return static_cast<std::int64_t>(have);
}

/// Closes, unless it is given away, for a constructor that throws.
class Opened {
 public:
  explicit Opened(const std::filesystem::path& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Opened() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  int get() const { return descriptor_; }
  int give_away() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

}  // namespace

std::string npy_text(NpyType type, const std::vector<std::int64_t>& shape) {
  return fmt::format("{} [{}]", entry_of(type).name, fmt::join(shape, ", "));
}

NpyFile::NpyFile(const std::filesystem::path& path, const std::string& fix) : path_(path), fix_(fix) {
  Opened file(path);
  const auto fail = [&](std::int64_t at, const std::string& expected, const std::string& found) {
    throw InputError({fmt::format("{} at byte {}", path.string(), at), expected, found, fix});
  };
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) throw InputError({path.string(), "a readable file", std::strerror(errno), fix});
  const auto read = [&](std::int64_t at, std::int64_t count) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
    const auto found = read_at(file.get(), at, bytes);
    if (!found) throw InputError({path.string(), "a readable file", std::strerror(errno), fix});
    if (*found < count) fail(at + *found, "more of the header", "the end of the file");
    return bytes;
  };
  const std::vector<std::uint8_t> magic = read(0, kMagic);
  if (!std::equal(std::begin(kWord), std::end(kWord), magic.begin())) fail(0, "a .npy file: byte 147, then NUMPY", "other bytes");
  if ((magic[6] != 1 && magic[6] != 2) || magic[7] != 0)
    fail(6, "version 1.0 or 2.0 of the format", fmt::format("{}.{}", magic[6], magic[7]));
  const std::vector<std::uint8_t> length_bytes = read(kMagic, magic[6] == 1 ? 2 : 4);
  std::int64_t length = 0;
  for (std::size_t i = 0; i < length_bytes.size(); ++i) length |= std::int64_t{length_bytes[i]} << (8 * i);
  if (length > kMaxHeader) fail(kMagic, fmt::format("a header of at most {} bytes", kMaxHeader), fmt::format("{}", length));
  const std::int64_t begin = kMagic + static_cast<std::int64_t>(length_bytes.size());
  const std::vector<std::uint8_t> text = read(begin, length);
  NpyHeaderFault fault;
  const auto header = parse_npy_header({reinterpret_cast<const char*>(text.data()), text.size()}, fault);
  if (!header) fail(begin + static_cast<std::int64_t>(fault.at), fault.expected, fault.found);
  if (header->fortran_order) fail(begin, "numbers in C order", "Fortran order: fortran_order is True");
  const auto type = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeEntry& entry) { return entry.descr == header->type; });
  if (type == std::end(kTypes)) fail(begin, "numbers of type |u1, <i4 or <i8", "'" + header->type + "'");
  type_ = type->type, shape_ = header->shape, offset_ = begin + length;

  const std::int64_t size = status.st_size;
  bytes_ = type->bytes;
  for (const std::int64_t extent : shape_)
    if (__builtin_mul_overflow(bytes_, extent, &bytes_)) fail(begin, "an array of a size that can be", npy_text(type_, shape_));
  if (bytes_ != size - offset_)
    fail(std::min(size, offset_), fmt::format("{} bytes of {}", bytes_, npy_text(type_, shape_)), fmt::format("{}", size - offset_));
  descriptor_ = file.give_away();
}

NpyFile::NpyFile(NpyFile&& other) noexcept
    : path_(std::move(other.path_)),
      fix_(std::move(other.fix_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      type_(other.type_),
      shape_(std::move(other.shape_)),
      offset_(other.offset_),
      bytes_(other.bytes_) {}

NpyFile::~NpyFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void NpyFile::require(NpyType type, const std::vector<std::int64_t>& shape) const {
  if (type != type_ || shape != shape_) throw InputError({path_.string(), npy_text(type, shape), npy_text(type_, shape_), fix_});
}

void NpyFile::read(std::int64_t first, std::span<std::uint8_t> to) const {
  const auto found = read_at(descriptor_, offset_ + first, to);
  if (found && *found == static_cast<std::int64_t>(to.size())) return;
  throw InputError({fmt::format("{} at byte {}", path_.string(), offset_ + first + found.value_or(0)),
                    fmt::format("{} bytes more", to.size()), found ? "the end of the file" : std::strerror(errno), fix_});
}

std::vector<std::int32_t> read_npy_labels(const std::filesystem::path& path, std::int64_t count, int classes, const std::string& fix) {
  const NpyFile file(path, fix);
  file.require(file.type(), {count});
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(file.bytes()));
  file.read(0, bytes);
  const auto size = static_cast<std::size_t>(entry_of(file.type()).bytes);
  std::vector<std::int32_t> labels(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::int64_t label = 0;
    std::int32_t narrow = 0;
    if (file.type() == NpyType::int32)
      std::memcpy(&narrow, bytes.data() + i * size, size), label = narrow;
    else
      std::memcpy(&label, bytes.data() + i * size, size);
    if (label < 0 || label >= classes)
      throw InputError(
          {fmt::format("{}, number {}", path.string(), i), fmt::format("a label below {}", classes), fmt::format("{}", label), fix});
    labels[i] = static_cast<std::int32_t>(label);
  }
  return labels;
}

}  // namespace reprise::datasets
