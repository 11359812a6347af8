#pragma once
// Runs the built program as a user does, in a folder of its own.

#include <filesystem>
#include <string>

namespace reprise::command {

struct Finished {
  int exit_code = -1;  ///< 128 + signal if a signal ended it
  std::string out, err;
};

/// A folder under the system's temporary one, removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Runs a shell line in `folder`, in which `reprise` is the built program.
Finished shell(const std::string& line, const std::filesystem::path& folder);

std::string contents(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, const std::string& text);

}  // namespace reprise::command
