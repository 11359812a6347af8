#include "datasets/list_lines.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "suite/errors.hpp"

namespace reprise::datasets {

std::vector<ListLine> lines_of_list(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw InputError(Complaint{path.string(), "a readable list", "none", "Get it with the data set."});
  std::vector<ListLine> lines;
  std::size_t number = 0;
  for (std::string text; std::getline(file, text);) {
    ++number;
    const std::size_t first = text.find_first_not_of(" \t\r\f\v"), last = text.find_last_not_of(" \t\r\f\v");
    if (first != std::string::npos && text[first] != '#') lines.push_back({number, text.substr(first, last - first + 1)});
  }
  return lines;
}

std::string place_in_list(const std::filesystem::path& path, std::size_t line) {
  return fmt::format("{}, line {}", path.string(), line);
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

}  // namespace reprise::datasets
