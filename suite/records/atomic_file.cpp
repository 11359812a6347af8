#include "suite/records/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "suite/errors.hpp"
#include "suite/records/disk_calls.hpp"

namespace reprise::records {

namespace {

namespace fs = std::filesystem;

std::string quoted(const std::string& what, const fs::path& path) {
  return what + " '" + path.string() + "'";
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// Forces the folder's entries to disk, so that a rename outlives a power cut. Returns an errno, 0 when all that can be done is done.
int sync_folder(const fs::path& folder) {
  const disk::Descriptor descriptor(disk::open(folder, O_RDONLY | O_DIRECTORY));
  if (descriptor < 0) return errno == EACCES ? 0 : errno;  // a folder that may be written and not be read: no way to force it
  if (disk::sync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP) return 0;  // a disk that cannot do it for folders
  return errno;
}

std::string advice(const fs::path& folder, int error) {
  const std::string name = fmt::format("'{}'", folder.string());
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "Free space in " + name + " or raise its limit, or choose another folder.";
    case EACCES:
    case EPERM:
    case EROFS:
      return "Make " + name + " writable, or choose another folder.";
    case ENOENT:
    case ENOTDIR:
    case EEXIST:
      return "Check that " + name + " is a folder.";
    default:
      return "Check the disk that holds " + name + ", or choose another folder.";
  }
}

[[noreturn]] void fail_at(const std::string& what, const fs::path& path, const std::string& expected, int error) {
  throw RunError({quoted(what, path), expected, std::strerror(error), advice(folder_of(path), error)});
}

void sync_folder_of(const std::string& what, const fs::path& path) {
  if (const int error = sync_folder(folder_of(path))) fail_at(what, path, "to force its folder to disk", error);
}

/// Makes a folder and those above it, and forces each to the disk. Returns an errno, 0 when it is there.
int make_folders(const fs::path& folder) {
  std::error_code ignored;
  if (folder.empty() || fs::is_directory(folder, ignored)) return 0;
  if (const int error = make_folders(folder.parent_path())) return error;
  if (disk::make_folder(folder) != 0) {
    const int error = errno;
    return fs::is_directory(folder, ignored) ? 0 : error;  // another process made it
  }
  return sync_folder(folder_of(folder));
}

/// A writer keeps its temporary file locked, and a lock ends with its process: one that can be locked is a leftover of a killed writer.
void remove_leftovers(const fs::path& target) {
  const std::string start = fmt::format(".{}.", target.filename().string()), end = ".new";
  std::error_code ignored;
  for (fs::directory_iterator entry(folder_of(target), ignored), last; !ignored && entry != last; entry.increment(ignored)) {
    const std::string name = entry->path().filename().string();
    if (name.size() < start.size() + end.size() || !name.starts_with(start) || !name.ends_with(end)) continue;
    if (name.find_first_not_of("0123456789-", start.size()) != name.size() - end.size()) continue;
    const disk::Descriptor leftover(disk::open(entry->path(), O_RDONLY | O_NONBLOCK));
    if (leftover >= 0 && ::flock(leftover, LOCK_EX | LOCK_NB) == 0) disk::remove(entry->path());
  }
}

/// Locks a file that was just made. False when remove_leftovers() of another process came between and removed it.
bool is_locked_and_there(int descriptor) {
  struct stat status {};
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;  // other errors: a disk without locks
  return ::fstat(descriptor, &status) == 0 && status.st_nlink > 0;
}

}  // namespace

AtomicFile::AtomicFile(std::string what, fs::path target) : what_(std::move(what)), target_(std::move(target)) {
  if (const int error = make_folders(folder_of(target_))) fail("to make its folder", error);
  remove_leftovers(target_);
  // O_EXCL settles who owns a temporary name, also between hosts that share a disk and happen to share a process number.
  constexpr int kAttempts = 1000;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    temporary_ = folder_of(target_) / fmt::format(".{}.{}-{}.new", target_.filename().string(), ::getpid(), attempt);
    if (open(O_EXCL) && is_locked_and_there(descriptor_)) {
      lock_ = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);  // the lock outlives finish(), up to the rename
      return;
    }
    if (descriptor_ >= 0) disk::close(std::exchange(descriptor_, -1));
    exists_ = false;
  }
  fail("an unused temporary name", EEXIST);
}

AtomicFile::AtomicFile(std::string what, fs::path target, fs::path temporary)
    : what_(std::move(what)), target_(std::move(target)), temporary_(std::move(temporary)) {
  if (const int error = make_folders(folder_of(target_))) fail("to make its folder", error);
  open(O_TRUNC);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) disk::close(descriptor_);
  if (exists_) disk::remove(temporary_);
  if (lock_ >= 0) disk::close(lock_);
}

bool AtomicFile::open(int flags) {
  descriptor_ = disk::open(temporary_, O_WRONLY | O_CREAT | flags);
  exists_ = descriptor_ >= 0;
  if (!exists_ && errno != EEXIST) fail("to create it", errno);
  return exists_;
}

void AtomicFile::write(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = disk::write(descriptor_, bytes.data(), bytes.size());
    if (written <= 0) fail("to write " + std::to_string(bytes.size()) + " bytes", written < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::make_read_only() {
  struct stat status {};
  constexpr mode_t kWritable = S_IWUSR | S_IWGRP | S_IWOTH;
  if (::fstat(descriptor_, &status) == 0 && ::fchmod(descriptor_, status.st_mode & 07777 & ~kWritable) != 0)
    return;  // the seal finds a change all the same
}

void AtomicFile::finish() {
  if (descriptor_ < 0) return;
  if (disk::sync(descriptor_) != 0) fail("to force it to disk", errno);
  if (disk::close(std::exchange(descriptor_, -1)) != 0) fail("to close it", errno);  // network disks report a full disk here
}

void AtomicFile::commit() {
  finish();
  rename_file(what_, temporary_, target_);
  exists_ = false;
  sync_folder_of(what_, target_);
}

void AtomicFile::fail(const std::string& expected, int error) const {
  fail_at(what_, target_, expected, error);
}

void write_file(const std::string& what, const fs::path& target, std::string_view text) {
  AtomicFile file(what, target);
  file.write(bytes_of(text));
  file.commit();
}

void move_into_place(const std::string& what, const fs::path& from, const fs::path& to) {
  if (const int error = make_folders(folder_of(to))) fail_at(what, to, "to make its folder", error);
  {
    const disk::Descriptor descriptor(disk::open(from, O_RDONLY));
    if (descriptor < 0 || disk::sync(descriptor) != 0) fail_at(what, from, "to force it to disk", errno);
  }
  rename_file(what, from, to);
  sync_folder_of(what, to);
}

void rename_file(const std::string& what, const fs::path& from, const fs::path& to) {
  if (disk::rename(from, to) != 0) fail_at(what, to, "to rename '" + from.filename().string() + "' to it", errno);
}

void remove_file(const std::string& what, const fs::path& path) {
  if (disk::remove(path) != 0 && errno != ENOENT && errno != ENOTDIR) fail_at(what, path, "to remove it", errno);
}

std::vector<std::byte> read_file(const std::string& what, const fs::path& path) {
  const auto fail = [&](const std::string& expected, const std::string& found, const std::string& fix) {
    throw InputError(Complaint{quoted(what, path), expected, found, fix});
  };
  const disk::Descriptor descriptor(disk::open(path, O_RDONLY | O_NONBLOCK));  // a pipe must not block before it is refused
  if (descriptor < 0) fail("a file that can be read", std::strerror(errno), "Check the name and the permissions.");
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) fail("a file", "something else (folder or device)", "Name a file.");
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = disk::read(descriptor, bytes.data() + done, bytes.size() - done);
    if (count < 0) fail("to read byte " + std::to_string(done), std::strerror(errno), "Check the disk.");
    if (count == 0) break;  // someone shortened it meanwhile; the checks of the content will say so
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace reprise::records
