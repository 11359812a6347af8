#pragma once
// Files that are there whole or not at all: written beside their name, forced to disk, then renamed.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "suite/records/digest.hpp"

namespace reprise::records {

/// A file being written under a temporary name. Destroyed before commit(), it leaves nothing behind.
/// Every failure (full disk, quota, read-only or missing folder) is a RunError that names `what`, the file and the fix.
class AtomicFile {
 public:
  /// Temporary name ".NAME.PID-N.new" in the target's folder, which is made when it is missing. Two processes that write the
  /// same target do not meet: the last commit wins. What a killed writer of the target left behind is removed.
  AtomicFile(std::string what, std::filesystem::path target);
  /// The same with a temporary name that the caller chooses; a leftover of that name is overwritten.
  AtomicFile(std::string what, std::filesystem::path target, std::filesystem::path temporary);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(Bytes bytes);
  /// Nobody may write the target, not even its owner; a file system without permissions ignores it.
  void make_read_only();
  /// Forces the bytes to disk and closes; the file still has its temporary name, so it can be read back.
  void finish();
  /// From now on the temporary file stays when commit() fails: it is worth more than nothing.
  void keep() { exists_ = false; }
  /// finish() if that was not done, rename, and force the folder to disk. When only the last of these fails, the target is whole.
  void commit();

  const std::filesystem::path& temporary() const { return temporary_; }

 private:
  bool open(int flags);  ///< false when the name is taken
  [[noreturn]] void fail(const std::string& expected, int error) const;

  std::string what_;
  std::filesystem::path target_, temporary_;
  int descriptor_ = -1;
  int lock_ = -1;        ///< keeps the temporary file locked
  bool exists_ = false;  ///< the temporary file is there and is ours to remove
};

/// Writes a whole text by an AtomicFile.
void write_file(const std::string& what, const std::filesystem::path& target, std::string_view text);
/// Puts a file that somebody else wrote into place: forces it to disk, makes the target's folder, renames, forces the folder to disk.
/// RunError says what went wrong.
void move_into_place(const std::string& what, const std::filesystem::path& from, const std::filesystem::path& to);
/// Renames and says what went wrong as a RunError.
void rename_file(const std::string& what, const std::filesystem::path& from, const std::filesystem::path& to);
/// Removes a file if it is there, and says what went wrong as a RunError.
void remove_file(const std::string& what, const std::filesystem::path& path);
/// All bytes of a file. InputError when it is missing, not a regular file or not readable.
std::vector<std::byte> read_file(const std::string& what, const std::filesystem::path& path);

}  // namespace reprise::records
