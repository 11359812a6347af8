#include "datasets/photograph_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "suite/errors.hpp"
#include "suite/records/digest.hpp"

namespace reprise::datasets {

namespace {

constexpr std::uint64_t kWholeFile = ~std::uint64_t{0};
constexpr const char* kFix = "Restore the file, then start again.";

/// A descriptor that closes itself.
class Opened {
 public:
  explicit Opened(const std::filesystem::path& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), error_(errno) {}
  ~Opened() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  int descriptor() const { return descriptor_; }
  int error() const { return error_; }

 private:
  int descriptor_, error_;
};

struct Place {
  std::filesystem::path path;
  std::string name;
};

struct Entry {
  std::uint64_t offset;  ///< in an archive; kWholeFile: a file of its own
  std::uint32_t bytes;
  std::uint32_t name;  ///< where its name begins
  std::int32_t label;
  std::int32_t place;
};

}  // namespace

struct PhotographFiles::State {
  std::vector<Place> places;
  std::vector<Entry> entries;
  std::string names;  ///< each ends with a zero
  records::Xxh3 stamps{records::Xxh3::Width::bits128};
  std::string stamp;  ///< of what was chosen from; with it the choice

  const Entry& at(std::int64_t index) const { return entries[static_cast<std::size_t>(index)]; }
  const Place& place_of(const Entry& entry) const { return places[static_cast<std::size_t>(entry.place)]; }
  const char* name_of(const Entry& entry) const { return names.c_str() + entry.name; }
  std::filesystem::path path_of(const Entry& entry) const {
    return entry.offset == kWholeFile ? place_of(entry).path / name_of(entry) : place_of(entry).path;
  }

  void add(int place, std::string_view name, std::int32_t label, std::uint64_t bytes, std::uint64_t offset, std::int64_t stamp_now) {
    const std::string& where = places[static_cast<std::size_t>(place)].name;
    if (bytes > 0xFFFFFFFFu || names.size() + name.size() > 0xFFFFFFFFu)
      throw InputError(Complaint{fmt::format("{}/{}", where, name), "files below 4 GiB and names below 4 GiB in all",
                                 fmt::format("{} bytes", bytes), "Leave it out."});
    entries.push_back({offset, static_cast<std::uint32_t>(bytes), static_cast<std::uint32_t>(names.size()), label, place});
    names.append(name).push_back('\0');
    stamps.add(records::bytes_of(fmt::format("{}/{}\n{} {} {} {}\n", where, name, label, bytes, offset, stamp_now)));
  }
};

PhotographFiles::PhotographFiles() : state_(std::make_unique<State>()) {}
PhotographFiles::~PhotographFiles() = default;
PhotographFiles::PhotographFiles(PhotographFiles&&) noexcept = default;
PhotographFiles& PhotographFiles::operator=(PhotographFiles&&) noexcept = default;

int PhotographFiles::add_place(const std::filesystem::path& path, const std::string& name) {
  state_->places.push_back({path, name});
  return static_cast<int>(state_->places.size()) - 1;
}

void PhotographFiles::add_file(int place, std::string_view name, std::int32_t label, std::uint64_t bytes, std::int64_t stamp) {
  state_->add(place, name, label, bytes, kWholeFile, stamp);
}

void PhotographFiles::add_member(int place, std::string_view name, std::int32_t label, std::uint64_t bytes, std::uint64_t offset,
                                 std::int64_t stamp) {
  state_->add(place, name, label, bytes, offset, stamp);
}

void PhotographFiles::remove(const std::vector<std::int64_t>& indices) {
  auto next = indices.begin();
  std::int64_t index = 0;
  std::erase_if(state_->entries, [&](const Entry&) {
    const bool goes = next != indices.end() && *next == index;
    if (goes) ++next;
    ++index;
    return goes;
  });
  if (!indices.empty()) state_->stamps.add(std::as_bytes(std::span(indices)));
}

PhotographFiles PhotographFiles::chosen(std::span<const std::int64_t> indices) const {
  PhotographFiles result;
  result.state_->places = state_->places;
  result.state_->names = state_->names;
  for (const std::int64_t index : indices) result.state_->entries.push_back(state_->at(index));
  result.state_->stamp = records::sha256_hex(stamp() + records::xxh3_hex(std::as_bytes(indices)));
  return result;
}

std::int64_t PhotographFiles::count() const {
  return static_cast<std::int64_t>(state_->entries.size());
}
std::int32_t PhotographFiles::label(std::int64_t index) const {
  return state_->at(index).label;
}
std::uint64_t PhotographFiles::bytes(std::int64_t index) const {
  return state_->at(index).bytes;
}
std::string PhotographFiles::name(std::int64_t index) const {
  const Entry& entry = state_->at(index);
  return fmt::format("{}/{}", state_->place_of(entry).name, state_->name_of(entry));
}

void PhotographFiles::read(std::int64_t index, std::vector<std::uint8_t>& to) const {
  const Entry& entry = state_->at(index);
  const Opened file(state_->path_of(entry));
  if (file.descriptor() < 0) throw InputError(Complaint{name(index), "a readable file", std::strerror(file.error()), kFix});
  to.resize(entry.bytes);
  std::uint64_t have = 0;
  const std::uint64_t first = entry.offset == kWholeFile ? 0 : entry.offset;
  while (have < entry.bytes) {
    const ssize_t count = ::pread(file.descriptor(), to.data() + have, entry.bytes - have, static_cast<off_t>(first + have));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0)
      throw InputError(Complaint{fmt::format("{} at byte {}", name(index), have), fmt::format("{} bytes", entry.bytes),
                                 count == 0 ? "the end of the file" : std::strerror(errno), kFix});
    have += static_cast<std::uint64_t>(count);
  }
}

void PhotographFiles::read_ahead(std::int64_t index) const {
  const Entry& entry = state_->at(index);
  const Opened file(state_->path_of(entry));
  if (file.descriptor() < 0) return;  // read() will say so
  ::posix_fadvise(file.descriptor(), entry.offset == kWholeFile ? 0 : static_cast<off_t>(entry.offset), entry.bytes, POSIX_FADV_WILLNEED);
}

std::string PhotographFiles::stamp() const {
  if (!state_->stamp.empty()) return state_->stamp;
  records::Xxh3 all(records::Xxh3::Width::bits128);
  std::swap(all, state_->stamps);
  state_->stamp = all.finish_hex();
  return state_->stamp;
}

std::int64_t PhotographFiles::bytes_held() const {
  return static_cast<std::int64_t>(state_->entries.capacity() * sizeof(Entry) + state_->names.capacity());
}

}  // namespace reprise::datasets
