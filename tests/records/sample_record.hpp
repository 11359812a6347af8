#pragma once
// A small record with something in every field, and a folder that goes away.

#include <filesystem>
#include <string>

#include "suite/records/run_record.hpp"

namespace reprise::records::testing {

/// Three epochs, one not-a-number, texts beyond ASCII, arrays below and above the size that is compressed.
RunRecord sample_record();

class TemporaryFolder {
 public:
  /// In memory, if the machine has such a place: for tests that write thousands of files and do not pull the plug.
  enum class Where { disk, memory };
  explicit TemporaryFolder(Where where = Where::disk);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }
  std::size_t entries() const;

 private:
  std::filesystem::path path_;
};

std::string read_bytes(const std::filesystem::path& path);
void write_bytes(const std::filesystem::path& path, const std::string& bytes);

/// what() of the exception of type E that `call` throws; "nothing was thrown" otherwise. Other exceptions pass.
template <typename E, typename Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace reprise::records::testing
