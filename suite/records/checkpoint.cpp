#include "suite/records/checkpoint.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "suite/errors.hpp"
#include "suite/records/atomic_file.hpp"
#include "suite/records/checkpoint_format.hpp"
#include "suite/records/disk_calls.hpp"

namespace reprise::records {

namespace {

namespace fs = std::filesystem;

constexpr const char* kWhat = "checkpoint";

fs::path with_suffix(fs::path path, const char* suffix) {
  return path += suffix;
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

template <typename T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}
bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape == b.shape && same_bits(a.values, b.values);
}

template <typename T>
bool same_bits(const std::map<std::string, T>& a, const std::map<std::string, T>& b) {
  const auto same = [](const auto& x, const auto& y) { return x.first == y.first && same_bits(x.second, y.second); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

bool is_sound(const fs::path& path) {
  try {
    parse_checkpoint(path);
    return true;
  } catch (const InputError&) {
    return false;
  }
}

/// NAME.new is about to be overwritten. When a killed writer left it as the newest that can be read, it becomes NAME first.
void rescue_newest(const fs::path& path) {
  const fs::path newest = with_suffix(path, ".new");
  if (is_there(newest) && !is_sound(path) && is_sound(newest)) rename_file(kWhat, newest, path);
}

/// The bytes on the disk must be those that were written; a disk that lost some must not cost the previous checkpoint.
void read_back(const fs::path& temporary, const fs::path& path, std::uint64_t written) {
  constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
  Xxh3 digest(Xxh3::Width::bits64);
  std::vector<std::byte> piece(kPieceBytes);
  const disk::Descriptor descriptor(disk::open(temporary, O_RDONLY));
  ssize_t count = descriptor < 0 ? -1 : 0;
  if (descriptor >= 0) {
    ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);  // ask the disk, not the memory that the bytes were just written to
    while ((count = disk::read(descriptor, piece.data(), piece.size())) > 0)
      digest.add(Bytes(piece).first(static_cast<std::size_t>(count)));
  }
  const std::string failure = count < 0 ? std::strerror(errno) : "other bytes";
  if (count == 0 && digest.finish64() == written) return;
  throw RunError({fmt::format("{} '{}'", kWhat, path.string()), "to read back what was written", failure,
                  "Check the disk; the previous one is kept."});
}

}  // namespace

bool Checkpoint::operator==(const Checkpoint& other) const {
  return numbers == other.numbers && texts == other.texts && same_bits(tensors, other.tensors) && same_bits(doubles, other.doubles) &&
         same_bits(integers, other.integers) && same_bits(bytes, other.bytes);
}

void write_checkpoint(const Checkpoint& checkpoint, const fs::path& path) {
  for (const auto& [name, tensor] : checkpoint.tensors) {
    std::int64_t count = 1;
    for (const std::int64_t extent : tensor.shape) count *= extent;
    if (count != static_cast<std::int64_t>(tensor.values.size())) {
      throw RunError({fmt::format("{} '{}', tensor '{}'", kWhat, path.string(), name), fmt::format("{} values", count),
                      fmt::format("{}", tensor.values.size()), "Nothing was written."});
    }
  }
  rescue_newest(path);
  AtomicFile file(kWhat, path, with_suffix(path, ".new"));
  std::vector<std::byte> buffer;  // entries are small and many; the disk wants few large pieces
  constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
  const auto flush = [&] {
    file.write(buffer);
    buffer.clear();
  };
  Xxh3 written(Xxh3::Width::bits64);
  serialise(checkpoint, [&](Bytes bytes) {
    written.add(bytes);
    if (buffer.size() + bytes.size() > kPieceBytes) flush();
    if (bytes.size() > kPieceBytes) return file.write(bytes);
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
  });
  flush();
  file.finish();
  read_back(file.temporary(), path, written.finish64());
  file.keep();  // known good: should the renames fail, or the process end between them, it can be read as it is
  if (is_there(path)) rename_file(kWhat, path, with_suffix(path, ".previous"));
  file.commit();
}

std::optional<Checkpoint> read_checkpoint(const fs::path& path, std::string* warning) {
  std::string damage;
  for (const char* suffix : {"", ".new", ".previous"}) {
    const fs::path candidate = with_suffix(path, suffix);
    if (!is_there(candidate)) continue;
    try {
      Checkpoint checkpoint = parse_checkpoint(candidate);
      if (warning != nullptr) *warning = damage;
      return checkpoint;
    } catch (const InputError& error) {
      const bool is_unfinished = suffix == std::string_view(".new");  // the rule after a kill, not damage
      if (!is_unfinished) damage += (damage.empty() ? "" : "\n") + std::string(error.what());
    }
  }
  if (!damage.empty()) throw InputError(damage);
  if (warning != nullptr) warning->clear();
  return std::nullopt;
}

void remove_checkpoint(const fs::path& path) {
  for (const char* suffix : {".previous", ".new", ""})
    remove_file(kWhat, with_suffix(path, suffix));  // a kill leaves the newest, or nothing
}

}  // namespace reprise::records
