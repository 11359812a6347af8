#include "datasets/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>

#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path), archive_(archive_read_new(), &archive_read_free) {
    archive_read_support_filter_all(archive_.get());
    archive_read_support_format_tar(archive_.get());
    if (archive_read_open_filename(archive_.get(), path.c_str(), 1 << 18) != ARCHIVE_OK) fail("a tar archive");
  }

  /// Null after the last member.
  archive_entry* next() {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(archive_.get(), &entry);
    if (status == ARCHIVE_EOF) return nullptr;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) fail("another member or the end of the archive");
    return entry;
  }

  void write_member(const std::string& name, const std::filesystem::path& target) {
    std::error_code error;
    std::filesystem::create_directories(target.parent_path(), error);
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(target.c_str(), "wb"), &std::fclose);
    const auto fail_write = [&] {
      throw RunError({target.string(), "to write the unpacked file", std::strerror(errno),
                      "Free some space or choose another directory with --data."});
    };
    if (!file) fail_write();
    for (char block[1 << 16];;) {
      const la_ssize_t count = archive_read_data(archive_.get(), block, sizeof block);
      if (count == 0) break;
      if (count < 0) fail(fmt::format("intact data of member {}", name));
      if (std::fwrite(block, 1, static_cast<std::size_t>(count), file.get()) != static_cast<std::size_t>(count)) fail_write();
    }
    if (std::fclose(file.release()) != 0) fail_write();
  }

 private:
  [[noreturn]] void fail(const std::string& expected) const {
    const char* found = archive_error_string(archive_.get());
    throw InputError({path_.string(), expected, found != nullptr ? found : "damage", "Remove it and fetch it again."});
  }

  const std::filesystem::path& path_;
  std::unique_ptr<archive, int (*)(archive*)> archive_;
};

}  // namespace

void unpack_members(const std::filesystem::path& archive, const std::vector<std::string>& names, const std::filesystem::path& folder) {
  std::set<std::string> missing(names.begin(), names.end());
  Reader reader(archive);
  while (archive_entry* entry = missing.empty() ? nullptr : reader.next()) {
    const char* path = archive_entry_pathname(entry);
    std::string name = path != nullptr ? path : "";
    if (name.starts_with("./")) name.erase(0, 2);
    if (missing.erase(name) == 1) reader.write_member(name, folder / name);
  }
  if (!missing.empty())
    throw InputError({archive.string(), fmt::format("members {}", fmt::join(names, ", ")), fmt::format("no {}", fmt::join(missing, ", ")),
                      "Remove it and fetch it again."});
}

}  // namespace reprise::datasets
