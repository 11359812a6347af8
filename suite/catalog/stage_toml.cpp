#include "suite/catalog/stage_toml.hpp"
#include "suite/catalog/recipe_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <sstream>
#include <vector>

namespace reprise::catalog {
namespace {

const char* const kMarks = "(),=/\"\\";

bool is_plain(const std::string& word) {
  if (word.empty() || word.find_first_of(kMarks) != std::string::npos) return false;
  for (const char c : word)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f) return false;
  return true;
}

bool is_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool is_key(const std::string& word) {
  return !word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == std::string::npos;
}

std::optional<std::string> value_text(const toml::node& node) {
  if (node.is_number()) return fmt::format("{}", *node.value<double>());
  if (const auto text = node.value<std::string>()) return is_plain(*text) && !is_number(*text) ? text : std::nullopt;
  const toml::array* list = node.as_array();
  if (list == nullptr || list->empty()) return std::nullopt;
  std::vector<std::string> parts;
  for (const toml::node& element : *list) {
    if (!element.is_number()) return std::nullopt;
    parts.push_back(fmt::format("{}", *element.value<double>()));
  }
  return fmt::format("{}", fmt::join(parts, "/"));
}

std::vector<std::string> split(const std::string& text, char mark) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, mark);) {
    const std::size_t first = part.find_first_not_of(' '), last = part.find_last_not_of(' ');
    parts.push_back(first == std::string::npos ? "" : part.substr(first, last - first + 1));
  }
  return parts;
}

/// A number, a list of numbers or a string as TOML.
std::string value_toml(const std::string& text) {
  const std::vector<std::string> parts = split(text, '/');
  for (const std::string& part : parts)
    if (!is_number(part)) return "\"" + text + "\"";
  return parts.size() == 1 ? text : fmt::format("[{}]", fmt::join(parts, ", "));
}

}  // namespace

std::optional<std::string> stage_text(const toml::node& node) {
  if (const auto text = node.value<std::string>()) return is_plain(*text) ? text : std::nullopt;
  const toml::table* stage = node.as_table();
  if (stage == nullptr || stage->size() != 1) return std::nullopt;
  const std::string name(stage->begin()->first.str());
  const toml::table* arguments = stage->begin()->second.as_table();
  if (arguments == nullptr || !is_key(name)) return std::nullopt;
  std::vector<std::string> parts;
  for (const auto& [key, value] : *arguments) {
    const std::optional<std::string> text = value_text(value);
    if (!text || !is_key(std::string(key.str()))) return std::nullopt;
    parts.push_back(fmt::format("{}={}", key.str(), *text));
  }
  return parts.empty() ? name : fmt::format("{}({})", name, fmt::join(parts, ","));
}

std::string stage_toml(const std::string& text) {
  const std::size_t open = text.find('(');
  if (open == std::string::npos || text.back() != ')') return "\"" + text + "\"";
  std::vector<std::string> arguments;
  for (const std::string& argument : split(text.substr(open + 1, text.size() - open - 2), ',')) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) return "\"" + text + "\"";
    arguments.push_back(fmt::format("{} = {}", argument.substr(0, equals), value_toml(argument.substr(equals + 1))));
  }
  return fmt::format("{{ {} = {{ {} }} }}", text.substr(0, open), fmt::join(arguments, ", "));
}

}  // namespace reprise::catalog
