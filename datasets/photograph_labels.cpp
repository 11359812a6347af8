#include "datasets/photograph_labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>

#include "datasets/list_lines.hpp"
#include "suite/errors.hpp"
#include "suite/text/suggestion.hpp"

namespace reprise::datasets {

namespace {

[[noreturn]] void fail(const std::string& thing, const std::string& expected, const std::string& found, const std::string& fix) {
  throw InputError(Complaint{thing, expected, found, fix});
}

/// What stays the same in another spelling of a name.
std::string plain(const std::string& name) {
  std::string result;
  for (const char c : name)
    if (c != '_' && c != '-' && c != ' ') result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::int32_t class_in_list(const std::string& word, const PhotographClasses& classes, const std::string& where) {
  const bool is_number = std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c); }) && word.size() < 9;
  if (!is_number || std::find(classes.names().begin(), classes.names().end(), word) != classes.names().end())
    return classes.label(word, where);
  const int label = std::stoi(word);
  if (label >= classes.count()) fail(where, fmt::format("a class below {}", classes.count()), word, "Correct the line.");
  return label;
}

}  // namespace

PhotographClasses::PhotographClasses(std::vector<std::string> names, const std::string& where) : names_(std::move(names)) {
  std::map<std::string, std::string> known;
  for (const std::string& name : names_) {
    const auto [other, is_new] = known.emplace(plain(name), name);
    if (!is_new)
      fail(where, "one folder a class", fmt::format("'{}' and '{}'", other->second, name),
           "Put the photographs of the class into one of them.");
  }
  for (std::size_t i = 0; i < names_.size(); ++i) labels_[names_[i]] = static_cast<std::int32_t>(i);
}

std::int32_t PhotographClasses::label(const std::string& name, const std::string& where) const {
  if (const auto found = labels_.find(name); found != labels_.end()) return found->second;
  for (const std::string& known : names_)
    if (plain(known) == plain(name))
      fail(where, fmt::format("class '{}', as in the training set", known), fmt::format("'{}'", name), "Give it the same spelling.");
  fail(where, "a class of the training set", fmt::format("'{}'", name),
       text::did_you_mean(name, names_, "Remove it, or add it to the training set."));
}

std::unordered_map<std::string, std::int32_t> read_label_list(const std::filesystem::path& path, const PhotographClasses& classes) {
  std::unordered_map<std::string, std::int32_t> labels;
  for (const ListLine& line : lines_of_list(path)) {
    std::istringstream words(line.text);
    std::string file, of_class, more;
    words >> file >> of_class;
    if (of_class.empty() || words >> more) fail(place_in_list(path, line.number), "\"FILE CLASS\"", line.text, "Correct the line.");
    const std::int32_t label = class_in_list(of_class, classes, place_in_list(path, line.number));
    if (!labels.emplace(std::filesystem::path(file).filename().string(), label).second)
      fail(place_in_list(path, line.number), "each file once", fmt::format("{} again", file), "Remove one of the lines.");
  }
  return labels;
}

std::unordered_map<std::string, std::int32_t> read_label_numbers(const std::filesystem::path& path, const std::filesystem::path& synsets,
                                                                 const std::vector<std::string>& files, const PhotographClasses& classes,
                                                                 const std::string& fix) {
  std::vector<std::int32_t> label_of_number;
  for (const ListLine& line : lines_of_list(synsets))
    label_of_number.push_back(classes.label(line.text, place_in_list(synsets, line.number)));
  const std::vector<ListLine> lines = lines_of_list(path);
  if (lines.size() != files.size())
    fail(path.string(), fmt::format("{} lines, one a photograph", files.size()), fmt::format("{}", lines.size()), fix);
  std::unordered_map<std::string, std::int32_t> labels;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string& word = lines[i].text;
    const bool is_number = word.size() < 9 && std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c); });
    const std::size_t number = is_number ? static_cast<std::size_t>(std::stoi(word)) : 0;
    if (number < 1 || number > label_of_number.size())
      fail(place_in_list(path, lines[i].number), fmt::format("a number from 1 to {}", label_of_number.size()), word, fix);
    labels[files[i]] = label_of_number[number - 1];
  }
  return labels;
}

}  // namespace reprise::datasets
