#include "suite/records/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "suite/errors.hpp"

namespace reprise::records {

namespace {

namespace fs = std::filesystem;

std::string quoted(const std::string& what, const fs::path& path) {
  return what + " '" + path.string() + "'";
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
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

}  // namespace

AtomicFile::AtomicFile(std::string what, fs::path target) : what_(std::move(what)), target_(std::move(target)) {
  // O_EXCL settles who owns a temporary name, also between hosts that share a disk and happen to share a process number.
  constexpr int kAttempts = 1000;
  for (int attempt = 0; attempt < kAttempts && descriptor_ < 0; ++attempt) {
    temporary_ = folder_of(target_) / fmt::format(".{}.{}-{}.new", target_.filename().string(), ::getpid(), attempt);
    open(O_EXCL);
  }
  if (descriptor_ < 0) fail("an unused temporary name", EEXIST);
}

AtomicFile::AtomicFile(std::string what, fs::path target, fs::path temporary)
    : what_(std::move(what)), target_(std::move(target)), temporary_(std::move(temporary)) {
  open(O_TRUNC);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (exists_) ::unlink(temporary_.c_str());
}

void AtomicFile::open(int flags) {
  std::error_code error;
  fs::create_directories(folder_of(target_), error);
  if (error) fail("to make its folder", error.value());
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
  if (descriptor_ >= 0) {
    exists_ = true;
  } else if (errno != EEXIST) {
    fail("to create it", errno);
  }
}

void AtomicFile::write(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), std::min<std::size_t>(bytes.size(), std::size_t{1} << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("to write " + std::to_string(bytes.size()) + " bytes", errno);
    if (written == 0) fail("to write " + std::to_string(bytes.size()) + " bytes", ENOSPC);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::finish() {
  if (descriptor_ < 0) return;
  if (::fsync(descriptor_) != 0) fail("to force it to disk", errno);
  const int descriptor = descriptor_;
  descriptor_ = -1;
  if (::close(descriptor) != 0) fail("to close it", errno);  // network disks report a full disk here
}

void AtomicFile::commit() {
  finish();
  rename_file(what_, temporary_, target_);
  exists_ = false;
  sync_folder(folder_of(target_));
}

void AtomicFile::fail(const std::string& expected, int error) const {
  throw RunError({quoted(what_, target_), expected, std::strerror(error), advice(folder_of(target_), error)});
}

void rename_file(const std::string& what, const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return;
  const int error = errno;
  throw RunError(
      {quoted(what, to), "to rename '" + from.filename().string() + "' to it", std::strerror(error), advice(folder_of(to), error)});
}

void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;  // a folder that cannot be read can still be written; then there is nothing more to do
  ::fsync(descriptor);         // some file systems refuse this for folders; the file's own bytes are safe either way
  ::close(descriptor);
}

std::vector<std::byte> read_file(const std::string& what, const fs::path& path) {
  const auto fail = [&](const std::string& expected, const std::string& found, const std::string& fix) {
    throw InputError(Complaint{quoted(what, path), expected, found, fix});
  };
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail("a file that can be read", std::strerror(errno), "Check the name and the permissions.");
  struct Closer {
    int descriptor;
    ~Closer() { ::close(descriptor); }
  } closer{descriptor};
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) fail("a file", "something else (folder or device)", "Name a file.");
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::read(descriptor, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("to read byte " + std::to_string(done), std::strerror(errno), "Check the disk.");
    if (count == 0) break;  // someone shortened it meanwhile; the checks of the content will say so
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace reprise::records
