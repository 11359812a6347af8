#pragma once
// What the fuzz targets share. A target takes any bytes as the file that its reader reads: the reader must give a value that keeps its
// promises or an InputError that says what is wrong. Anything else (another exception, a broken promise, a crash, a leak) ends the process.
//
// A target is linked with libFuzzer (preset `fuzz`) or, in every build, with corpus_main.cpp, which runs the kept corpus through it.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace reprise::fuzz {

/// Ends the process with a message unless `holds`.
void require(bool holds, const std::string& promise);

/// Runs `read`; true when it gave a value, false when it threw an InputError with a message. Other exceptions pass.
bool reads_or_refuses(const std::function<void()>& read);
/// How often it gave true so far: a corpus of which nothing is read tests little.
std::size_t times_read();

/// A file in memory (/dev/shm where there is one), in a folder of this process that goes away with it.
class InputFile {
 public:
  explicit InputFile(const std::string& name);
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path folder() const { return path_.parent_path(); }
  /// From now on the file has these bytes.
  void set(std::string_view bytes);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Choices made from the bytes of an input, one after the other; 0 when they are used up.
class Choices {
 public:
  Choices(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  /// A number below `bound`, at most 256.
  unsigned next(unsigned bound) {
    if (left_ == 0) return 0;
    --left_;
    return *data_++ % bound;
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

}  // namespace reprise::fuzz
