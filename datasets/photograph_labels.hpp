#pragma once
// Classes of photographs, and the lists of labels that come with photographs that do not lie in a folder per class.

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

namespace reprise::datasets {

/// The classes of a training set, numbered in the order in which they are given.
class PhotographClasses {
 public:
  /// Throws InputError if two are spellings of one: upper and lower case, spaces, hyphens and underscores aside.
  PhotographClasses(std::vector<std::string> names, const std::string& where);

  const std::vector<std::string>& names() const { return names_; }
  std::int32_t count() const { return static_cast<std::int32_t>(names_.size()); }
  /// Throws InputError for a class that is none of them, and says which one it may be.
  std::int32_t label(const std::string& name, const std::string& where) const;

 private:
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::int32_t> labels_;
};

/// Labels by name of file, from lines "FILE CLASS": a class folder, or its number from 0. Throws InputError that names file and line.
std::unordered_map<std::string, std::int32_t> read_label_list(const std::filesystem::path& path, const PhotographClasses& classes);

/// Labels of `files` from a list of a number a line, in their order; `synsets` has the class folder of number 1, 2, ... `fix` ends
/// messages.
std::unordered_map<std::string, std::int32_t> read_label_numbers(const std::filesystem::path& path, const std::filesystem::path& synsets,
                                                                 const std::vector<std::string>& files, const PhotographClasses& classes,
                                                                 const std::string& fix);

}  // namespace reprise::datasets
