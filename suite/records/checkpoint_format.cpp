#include "suite/records/checkpoint_format.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "suite/errors.hpp"
#include "suite/records/disk_calls.hpp"

namespace reprise::records {

namespace {

constexpr std::string_view kHead = "REPRCKPT", kTail = "CKPTDONE";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kMaxExtents = 64;
enum class Kind : std::uint8_t { number = 1, text, tensor, doubles, integers, bytes };

template <typename T>
Bytes bytes_of_value(const T& value) {
  return std::as_bytes(std::span<const T>(&value, 1));
}

class Writer {
 public:
  explicit Writer(const std::function<void(Bytes)>& take) : take_(take) {}

  void put(Bytes bytes) {
    entry_.add(bytes);
    file_.add(bytes);
    take_(bytes);
  }
  template <typename T>
  void put_value(const T& value) {
    put(bytes_of_value(value));
  }
  template <typename T>
  void entry(Kind kind, const std::string& name, const std::vector<std::int64_t>& extents, std::span<const T> values) {
    entry_ = Xxh3(Xxh3::Width::bits64);
    put_value(kind);
    put_value(static_cast<std::uint32_t>(name.size()));
    put(bytes_of(std::string_view(name)));
    put_value(static_cast<std::uint32_t>(extents.size()));
    put(std::as_bytes(std::span(extents)));
    put(std::as_bytes(values));
    put_value(entry_.finish64());
  }
  template <typename T>
  void array(Kind kind, const std::string& name, const T& values) {
    entry(kind, name, {static_cast<std::int64_t>(values.size())}, std::span(values));
  }
  void tail() {
    put(bytes_of(kTail));
    put_value(file_.finish64());
  }

 private:
  const std::function<void(Bytes)>& take_;
  Xxh3 entry_{Xxh3::Width::bits64}, file_{Xxh3::Width::bits64};
};

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path)
      : path_(path), descriptor_(disk::open(path, O_RDONLY | O_NONBLOCK)) {  // a pipe must not block before it is refused
    struct stat status {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) fail("a file that can be read", std::strerror(errno));
    if (!S_ISREG(status.st_mode)) fail("a file", "something else (folder or device)");
    size_ = static_cast<std::uint64_t>(status.st_size);
  }

  void start_entry() { entry_ = Xxh3(Xxh3::Width::bits64); }

  /// `bytes` more bytes must be there; says so before anyone makes room for them.
  void expect_bytes(std::uint64_t bytes, const std::string& of) {
    if (bytes > size_ - offset_)
      fail(fmt::format("{} bytes of {}", bytes, of), fmt::format("{} bytes to the end of the file", size_ - offset_));
  }
  void get(void* target, std::uint64_t bytes, const std::string& of) {
    expect_bytes(bytes, of);
    auto* to = static_cast<std::byte*>(target);
    for (std::uint64_t done = 0; done < bytes;) {
      const ssize_t count = disk::read(descriptor_, to + done, bytes - done);
      if (count <= 0) fail(fmt::format("{} bytes of {}", bytes, of), count < 0 ? std::strerror(errno) : "the end of the file");
      done += static_cast<std::uint64_t>(count);
    }
    const Bytes got(to, bytes);
    entry_.add(got);
    file_.add(got);
    offset_ += bytes;
  }
  template <typename T>
  T value(const std::string& of) {
    T value{};
    get(&value, sizeof(T), of);
    return value;
  }
  template <typename T>
  void require(const T& expected, const T& found, const std::string& of, std::uint64_t at) {
    if (expected != found) fail_at(at, fmt::format("{} {}", of, expected), fmt::format("{}", found));
  }
  void check_entry(const std::string& name, std::uint64_t start) {
    const std::uint64_t actual = entry_.finish64(), stated = value<std::uint64_t>("a checksum");
    if (actual != stated) {
      fail_at(start, fmt::format("entry '{}' ({} bytes) with XXH3-64 {:016x}", printable(name), offset_ - start, stated),
              fmt::format("{:016x}", actual));
    }
  }
  void check_tail() {
    std::array<char, kTail.size()> mark{};
    get(mark.data(), mark.size(), "the end mark");
    require(std::string(kTail), printable({mark.data(), mark.size()}), "the end mark", offset_ - mark.size());
    const std::uint64_t actual = file_.finish64(), stated = value<std::uint64_t>("a checksum");
    if (actual != stated) fail_at(offset_ - 8, fmt::format("XXH3-64 {:016x} of the file", actual), fmt::format("{:016x}", stated));
    if (offset_ != size_) fail("the end of the file", fmt::format("{} bytes more", size_ - offset_));
  }
  [[noreturn]] void fail(const std::string& expected, const std::string& found) const { fail_at(offset_, expected, found); }
  [[noreturn]] void fail_at(std::uint64_t offset, const std::string& expected, const std::string& found) const {
    throw InputError(Complaint{fmt::format("checkpoint '{}' at byte {}", path_.string(), offset), expected, found,
                               "Take a sound copy, or remove the checkpoint to start from the beginning."});
  }
  std::uint64_t offset() const { return offset_; }
  std::uint64_t left() const { return size_ - offset_; }
  static std::string printable(std::string_view text) {
    std::string clean(text.substr(0, 100));
    for (char& c : clean) c = c < 0x20 || c > 0x7E ? '?' : c;
    return clean;
  }

 private:
  const std::filesystem::path& path_;
  disk::Descriptor descriptor_;
  std::uint64_t size_ = 0, offset_ = 0;
  Xxh3 entry_{Xxh3::Width::bits64}, file_{Xxh3::Width::bits64};
};

/// Reads as many values as the extents say, provided the file is long enough for them.
template <typename Values>
Values read_values(Reader& reader, const std::vector<std::int64_t>& extents, const std::string& of) {
  constexpr std::uint64_t kValueBytes = sizeof(typename Values::value_type);
  std::uint64_t bytes = kValueBytes;
  for (const std::int64_t extent : extents) {
    if (extent < 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes))
      reader.fail("extents of an array", fmt::format("{}", extent));
  }
  reader.expect_bytes(bytes, of);
  Values values(bytes / kValueBytes, {});
  reader.get(values.data(), bytes, of);
  return values;
}

template <typename T>
void keep(Reader& reader, std::map<std::string, T>& map, const std::string& name, T value) {
  if (!map.emplace(name, std::move(value)).second) reader.fail("each name once", fmt::format("'{}' again", Reader::printable(name)));
}

void read_entry(Reader& reader, Checkpoint& checkpoint) {
  const std::uint64_t start = reader.offset();
  reader.start_entry();
  const Kind kind = reader.value<Kind>("an entry's kind");
  if (kind < Kind::number || kind > Kind::bytes)
    reader.fail_at(start, "an entry of kind 1 to 6", fmt::format("{}", static_cast<int>(kind)));
  const std::vector<std::int64_t> name_extent{reader.value<std::uint32_t>("an entry's length of name")};
  const auto name = read_values<std::string>(reader, name_extent, "an entry's name");
  const auto order = reader.value<std::uint32_t>("a number of extents");
  const std::uint32_t expected_order = kind == Kind::number ? 0 : 1;
  if (kind == Kind::tensor ? order > kMaxExtents : order != expected_order) {
    reader.fail_at(reader.offset() - 4,
                   kind == Kind::tensor ? fmt::format("at most {} extents", kMaxExtents) : fmt::format("{} extents", expected_order),
                   fmt::format("{}", order));
  }
  auto extents = read_values<std::vector<std::int64_t>>(reader, {order}, "extents");
  // The checksum is compared before the entry is kept, so a damaged name never hides a sound one.
  const auto checked = [&]<typename Values>(Values values) {
    reader.check_entry(name, start);
    return values;
  };
  switch (kind) {
    case Kind::number:
      return keep(reader, checkpoint.numbers, name, checked(read_values<std::vector<std::int64_t>>(reader, {}, "a number")).front());
    case Kind::text:
      return keep(reader, checkpoint.texts, name, checked(read_values<std::string>(reader, extents, "text")));
    case Kind::doubles:
      return keep(reader, checkpoint.doubles, name, checked(read_values<std::vector<double>>(reader, extents, "doubles")));
    case Kind::integers:
      return keep(reader, checkpoint.integers, name, checked(read_values<std::vector<std::int64_t>>(reader, extents, "integers")));
    case Kind::bytes:
      return keep(reader, checkpoint.bytes, name, checked(read_values<std::vector<std::uint8_t>>(reader, extents, "bytes")));
    case Kind::tensor: {
      auto values = checked(read_values<std::vector<float>>(reader, extents, "a tensor"));
      return keep(reader, checkpoint.tensors, name, Tensor{std::move(extents), std::move(values)});
    }
  }
}

}  // namespace

void serialise(const Checkpoint& checkpoint, const std::function<void(Bytes)>& take) {
  Writer writer(take);
  const std::size_t entries = checkpoint.numbers.size() + checkpoint.texts.size() + checkpoint.tensors.size() + checkpoint.doubles.size() +
                              checkpoint.integers.size() + checkpoint.bytes.size();
  writer.put(bytes_of(kHead));
  writer.put_value(kVersion);
  writer.put_value(static_cast<std::uint32_t>(entries));
  for (const auto& [name, value] : checkpoint.numbers) writer.entry(Kind::number, name, {}, std::span<const std::int64_t>(&value, 1));
  for (const auto& [name, value] : checkpoint.texts) writer.array(Kind::text, name, value);
  for (const auto& [name, tensor] : checkpoint.tensors)
    writer.entry(Kind::tensor, name, tensor.shape, std::span<const float>(tensor.values));
  for (const auto& [name, value] : checkpoint.doubles) writer.array(Kind::doubles, name, value);
  for (const auto& [name, value] : checkpoint.integers) writer.array(Kind::integers, name, value);
  for (const auto& [name, value] : checkpoint.bytes) writer.array(Kind::bytes, name, value);
  writer.tail();
}

Checkpoint parse_checkpoint(const std::filesystem::path& path) {
  Reader reader(path);
  std::array<char, kHead.size()> head{};
  reader.get(head.data(), head.size(), "the mark of a checkpoint");
  reader.require(std::string(kHead), Reader::printable({head.data(), head.size()}), "the mark", 0);
  reader.require(kVersion, reader.value<std::uint32_t>("a version"), "version", head.size());
  const auto entries = reader.value<std::uint32_t>("a number of entries");
  Checkpoint checkpoint;
  for (std::uint32_t i = 0; i < entries; ++i) read_entry(reader, checkpoint);
  reader.check_tail();
  return checkpoint;
}

}  // namespace reprise::records
