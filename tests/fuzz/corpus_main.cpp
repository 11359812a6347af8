// Runs every file of the folders that are named on the command line, and an empty input, through the target this is linked with.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/fuzz/fuzz_target.hpp"

int main(int count, char** arguments) {
  LLVMFuzzerTestOneInput(nullptr, 0);
  std::size_t runs = 0;
  for (int i = 1; i < count; ++i) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(arguments[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const std::filesystem::path& file : files) {
      std::fprintf(stderr, "%s\n", file.c_str());  // the last line before a crash names the file
      std::ifstream stream(file, std::ios::binary);
      const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(stream), {}};
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
      ++runs;
    }
  }
  std::printf("%zu inputs, %zu times a value was read\n", runs, reprise::fuzz::times_read());
  return runs > 0 && reprise::fuzz::times_read() > 0 ? 0 : 1;
}
