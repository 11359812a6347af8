#pragma once
// Runs the built program as a user does, in a folder of its own.

#include <filesystem>
#include <string>

#include "tests/support/temporary_folder.hpp"

namespace reprise::command {

struct Finished {
  int exit_code = -1;  ///< 128 + signal if a signal ended it
  std::string out, err;
};

using tests::TemporaryFolder;

/// Runs a shell line in `folder`, in which `reprise` is the built program.
Finished shell(const std::string& line, const std::filesystem::path& folder);

std::string contents(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, const std::string& text);

}  // namespace reprise::command
