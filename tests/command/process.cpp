#include "tests/command/process.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace reprise::command {

namespace fs = std::filesystem;

Finished shell(const std::string& line, const fs::path& folder) {
  const TemporaryFolder captured;
  const fs::path out = captured.path() / "out", err = captured.path() / "err", script = captured.path() / "line";
  write_file(script, "PATH='" REPRISE_PROGRAM_FOLDER "':$PATH\ncd '" + folder.string() + "' || exit 99\n" + line + "\n");
  const int status = std::system(("sh '" + script.string() + "' >'" + out.string() + "' 2>'" + err.string() + "' </dev/null").c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, contents(out), contents(err)};
}

std::string contents(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_file(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

}  // namespace reprise::command
