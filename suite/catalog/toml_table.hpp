#pragma once
// Reads one table of a TOML file strictly: each getter names the key it wants, `finish` refuses the keys nobody wanted.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "suite/catalog/toml_plus_plus.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::catalog {

/// Parses a file, or text that `name` stands for in messages. Throws InputError with file and line.
toml::table parse_toml_file(const std::filesystem::path& file);
toml::table parse_toml_text(const std::string& text, const std::string& name);

/// "the string \"x\"", "a list": what a message says was found.
std::string type_of(const toml::node& node);

/// A view; the toml::table must outlive it. Every error is an InputError that names file, line and dotted key.
class TomlTable {
 public:
  /// `file` may be "--set": then messages say "--set optimizer.max_norm" and give no line.
  TomlTable(const toml::table& table, std::string file, std::string path);

  const std::string& path() const { return path_; }
  const std::string& file() const { return file_; }
  const toml::table& raw() const { return *table_; }
  unsigned line() const { return table_->source().begin.line; }  ///< 0 in a table that was written out from a template
  bool has(const std::string& key) const { return table_->contains(key); }

  // Absent keys leave `value` as it is. Each returns whether the key is there.
  bool read(const std::string& key, std::string& value) const;
  bool read(const std::string& key, double& value) const;  ///< accepts integers
  bool read(const std::string& key, std::int64_t& value) const;
  bool read(const std::string& key, int& value) const;
  bool read(const std::string& key, bool& value) const;
  bool read(const std::string& key, std::vector<std::string>& value) const;
  bool read(const std::string& key, std::vector<double>& value) const;
  /// A string out of a list.
  bool read_among(const std::string& key, std::string& value, const std::vector<std::string>& allowed) const;
  /// Whatever an option may hold: boolean, number, string, list of numbers, list of strings.
  recipes::Options::Value option(const std::string& key) const;

  std::string required_text(const std::string& key) const;
  double required_number(const std::string& key) const;

  /// A table inside this one, "[path.key]".
  std::optional<TomlTable> table(const std::string& key) const;
  /// "[[path.key]]", in the order of the file.
  std::vector<TomlTable> tables(const std::string& key) const;
  /// Every key that holds a table, in the order of the file: the names under "[trial.NAME]".
  std::vector<std::string> keys() const;
  const toml::node* node(const std::string& key) const;

  /// Refuses every key that no getter asked for.
  void finish() const;

  /// An InputError about the value of `key`.
  [[noreturn]] void refuse(const std::string& key, const std::string& expected, const std::string& found, const std::string& fix) const;
  /// "FILE:LINE: PATH.KEY".
  std::string place(const std::string& key) const;

 private:
  const toml::table* table_;
  std::string file_, path_;
  mutable std::set<std::string> asked_;
};

}  // namespace reprise::catalog
