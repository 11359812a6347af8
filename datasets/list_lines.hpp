#pragma once
// Text files of lists: a line for each thing.

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace reprise::datasets {

struct ListLine {
  std::size_t number;
  std::string text;
};
/// Lines that are not empty and do not begin with '#', without spaces at their ends. Throws InputError if the list cannot be read.
std::vector<ListLine> lines_of_list(const std::filesystem::path& path);
/// "PATH, line LINE"
std::string place_in_list(const std::filesystem::path& path, std::size_t line);
/// What stands between spaces.
std::vector<std::string> words_of(const std::string& text);

}  // namespace reprise::datasets
