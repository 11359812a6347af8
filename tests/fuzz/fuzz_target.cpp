#include "tests/fuzz/fuzz_target.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

#include "suite/errors.hpp"

namespace reprise::fuzz {

namespace {

namespace fs = std::filesystem;

/// The folder of this process. Made once; removed at exit, or left to the next restart of the machine after a crash.
const fs::path& own_folder() {
  struct Folder {
    fs::path path;
    Folder() {
      const fs::path memory = "/dev/shm";
      std::string name = ((::access(memory.c_str(), W_OK) == 0 ? memory : fs::temp_directory_path()) / "reprise-fuzz-XXXXXX").string();
      if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
      path = name;
    }
    ~Folder() {
      std::error_code ignored;
      fs::remove_all(path, ignored);
    }
  };
  static const Folder folder;
  return folder.path;
}

std::size_t read_count = 0;

}  // namespace

void require(bool holds, const std::string& promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise.c_str());
  std::abort();
}

bool reads_or_refuses(const std::function<void()>& read) {
  try {
    read();
    ++read_count;
    return true;
  } catch (const InputError& error) {
    const std::string text = error.what();
    require(text.find("expected ") != std::string::npos && text.find(", found ") != std::string::npos,
            "a message says what was expected and found: " + text);
    return false;
  }
}

std::size_t times_read() {
  return read_count;
}

InputFile::InputFile(const std::string& name) : path_(own_folder() / name) {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  require(descriptor_ >= 0, "a file can be made in " + path_.parent_path().string());
}

void InputFile::set(std::string_view bytes) {
  const bool is_written =
      ::ftruncate(descriptor_, 0) == 0 && ::pwrite(descriptor_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
  require(is_written, "the input can be written to " + path_.string());
}

}  // namespace reprise::fuzz
