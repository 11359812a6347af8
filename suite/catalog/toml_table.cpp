#include "suite/catalog/toml_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "suite/errors.hpp"
#include "suite/text/suggestion.hpp"

namespace reprise::catalog {
namespace {

const char* kTypeFix = "Give it a value of that type";

}  // namespace

std::string type_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return fmt::format("the string \"{}\"", *node.value<std::string>());
    case toml::node_type::integer:
      return fmt::format("the integer {}", *node.value<std::int64_t>());
    case toml::node_type::floating_point:
      return fmt::format("the number {}", *node.value<double>());
    case toml::node_type::boolean:
      return *node.value<bool>() ? "true" : "false";
    default:
      return "a date or time";
  }
}

toml::table parse_toml_text(const std::string& text, const std::string& name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    throw InputError(Complaint{fmt::format("{}:{}", name, error.source().begin.line), "valid TOML", std::string(error.description()),
                               "Correct the line"});
  }
}

toml::table parse_toml_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    throw InputError(
        Complaint{file.string(), "a readable file", "none", "Reinstall, or set REPRISE_EXPERIMENTS to the folder that holds the papers"});
  }
  std::ostringstream text;
  text << stream.rdbuf();
  return parse_toml_text(text.str(), file.string());
}

TomlTable::TomlTable(const toml::table& table, std::string file, std::string path)
    : table_(&table), file_(std::move(file)), path_(std::move(path)) {}

const toml::node* TomlTable::node(const std::string& key) const {
  asked_.insert(key);
  return table_->get(key);
}

std::string TomlTable::place(const std::string& key) const {
  const std::string dotted = path_.empty() ? key : key.empty() ? path_ : path_ + "." + key;
  if (file_ == "--set") return fmt::format("--set {}", dotted);
  auto line = table_->source().begin.line;
  for (const auto& [name, value] : *table_) {
    if (name.str() == key) line = name.source().begin.line;
  }
  return line == 0 ? fmt::format("{}: {}", file_, dotted) : fmt::format("{}:{}: {}", file_, line, dotted);
}

void TomlTable::refuse(const std::string& key, const std::string& expected, const std::string& found, const std::string& fix) const {
  throw InputError(Complaint{place(key), expected, found, fix});
}

bool TomlTable::read(const std::string& key, std::string& value) const {
  const toml::node* found = node(key);
  if (!found) return false;
  if (!found->is_string()) refuse(key, "a string", type_of(*found), kTypeFix);
  value = *found->value<std::string>();
  return true;
}

bool TomlTable::read(const std::string& key, double& value) const {
  const toml::node* found = node(key);
  if (!found) return false;
  if (!found->is_number()) refuse(key, "a number", type_of(*found), kTypeFix);
  value = *found->value<double>();
  if (!std::isfinite(value)) refuse(key, "a finite number", type_of(*found), "Correct the value");
  return true;
}

bool TomlTable::read(const std::string& key, std::int64_t& value) const {
  const toml::node* found = node(key);
  if (!found) return false;
  if (!found->is_integer()) refuse(key, "an integer", type_of(*found), kTypeFix);
  value = *found->value<std::int64_t>();
  return true;
}

bool TomlTable::read(const std::string& key, int& value) const {
  std::int64_t wide = value;
  if (!read(key, wide)) return false;
  if (wide < -2147483647 || wide > 2147483647) refuse(key, "an integer of at most 31 bits", fmt::format("{}", wide), "Correct the value");
  value = static_cast<int>(wide);
  return true;
}

bool TomlTable::read(const std::string& key, bool& value) const {
  const toml::node* found = node(key);
  if (!found) return false;
  if (!found->is_boolean()) refuse(key, "true or false", type_of(*found), kTypeFix);
  value = *found->value<bool>();
  return true;
}

bool TomlTable::read(const std::string& key, std::vector<std::string>& value) const {
  const toml::node* found = node(key);
  if (!found) return false;
  const toml::array* list = found->as_array();
  if (!list) refuse(key, "a list of strings", type_of(*found), kTypeFix);
  value.clear();
  for (const toml::node& element : *list) {
    if (!element.is_string()) refuse(key, "a list of strings", "in it " + type_of(element), kTypeFix);
    value.push_back(*element.value<std::string>());
  }
  return true;
}

bool TomlTable::read(const std::string& key, std::vector<double>& value) const {
  const toml::node* found = node(key);
  if (!found) return false;
  const toml::array* list = found->as_array();
  if (!list) refuse(key, "a list of numbers", type_of(*found), kTypeFix);
  value.clear();
  for (const toml::node& element : *list) {
    if (!element.is_number()) refuse(key, "a list of numbers", "in it " + type_of(element), kTypeFix);
    value.push_back(*element.value<double>());
  }
  return true;
}

bool TomlTable::read_among(const std::string& key, std::string& value, const std::vector<std::string>& allowed) const {
  std::string given;
  if (!read(key, given)) return false;
  if (std::find(allowed.begin(), allowed.end(), given) == allowed.end()) {
    refuse(key, fmt::format("one of {}", fmt::join(allowed, ", ")), fmt::format("\"{}\"", given),
           text::did_you_mean(given, allowed, "Use one of these"));
  }
  value = given;
  return true;
}

recipes::Options::Value TomlTable::option(const std::string& key) const {
  const toml::node* found = node(key);
  if (found->is_boolean()) return *found->value<bool>();
  if (found->is_integer()) return *found->value<std::int64_t>();
  if (found->is_floating_point()) return *found->value<double>();
  if (found->is_string()) return *found->value<std::string>();
  const toml::array* list = found->as_array();
  if (!list) refuse(key, "a boolean, a number, a string or a list", type_of(*found), kTypeFix);
  if (!list->empty() && list->front().is_string()) {
    std::vector<std::string> strings;
    read(key, strings);
    return strings;
  }
  std::vector<double> numbers;
  read(key, numbers);
  return numbers;
}

std::string TomlTable::required_text(const std::string& key) const {
  std::string value;
  if (!read(key, value)) refuse("", fmt::format("a key '{}' (a string)", key), "none", "Add it");
  return value;
}

double TomlTable::required_number(const std::string& key) const {
  double value = 0;
  if (!read(key, value)) refuse("", fmt::format("a key '{}' (a number)", key), "none", "Add it");
  return value;
}

std::optional<TomlTable> TomlTable::table(const std::string& key) const {
  const toml::node* found = node(key);
  if (!found) return std::nullopt;
  const toml::table* inner = found->as_table();
  if (!inner) refuse(key, "a table", type_of(*found), fmt::format("Write [{}]", path_.empty() ? key : path_ + "." + key));
  return TomlTable(*inner, file_, path_.empty() ? key : path_ + "." + key);
}

std::vector<TomlTable> TomlTable::tables(const std::string& key) const {
  const toml::node* found = node(key);
  if (!found) return {};
  const toml::array* list = found->as_array();
  if (!list) refuse(key, "a list of tables", type_of(*found), fmt::format("Write [[{}]]", key));
  std::vector<TomlTable> result;
  for (const toml::node& element : *list) {
    const toml::table* inner = element.as_table();
    if (!inner) refuse(key, "a list of tables", "in it " + type_of(element), fmt::format("Write [[{}]]", key));
    result.emplace_back(*inner, file_, fmt::format("{}{}{}[{}]", path_, path_.empty() ? "" : ".", key, result.size()));
  }
  return result;
}

std::vector<std::string> TomlTable::keys() const {
  std::vector<std::pair<std::pair<unsigned, unsigned>, std::string>> placed;
  for (const auto& [name, value] : *table_) {
    placed.push_back({{name.source().begin.line, name.source().begin.column}, std::string(name.str())});
  }
  std::sort(placed.begin(), placed.end());
  std::vector<std::string> result;
  for (const auto& [where, name] : placed) result.push_back(name);
  return result;
}

void TomlTable::finish() const {
  if (std::all_of(table_->begin(), table_->end(), [&](const auto& entry) { return asked_.count(std::string(entry.first.str())) > 0; }))
    return;
  const std::vector<std::string> known(asked_.begin(), asked_.end());
  for (const std::string& key : keys()) {
    if (asked_.count(key)) continue;
    refuse(key, fmt::format("one of the keys {}", fmt::join(known, ", ")), fmt::format("'{}'", key),
           text::did_you_mean(key, known, "Remove the key or correct its name"));
  }
}

}  // namespace reprise::catalog
