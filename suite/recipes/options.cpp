#include "suite/recipes/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"

namespace reprise::recipes {
namespace {

/// "2 (an integer)", for messages.
std::string described(const Options::Value& value) {
  struct Describe {
    std::string operator()(bool v) const { return fmt::format("{} (a boolean)", v); }
    std::string operator()(std::int64_t v) const { return fmt::format("{} (an integer)", v); }
    std::string operator()(double v) const { return fmt::format("{} (a number)", v); }
    std::string operator()(const std::string& v) const { return fmt::format("\"{}\" (a string)", v); }
    std::string operator()(const std::vector<double>& v) const { return fmt::format("[{}] (a list of numbers)", fmt::join(v, ", ")); }
    std::string operator()(const std::vector<std::string>& v) const {
      return fmt::format("[\"{}\"] (a list of strings)", fmt::join(v, "\", \""));
    }
  };
  return std::visit(Describe{}, value);
}

[[noreturn]] void wrong_type(const std::string& key, const char* expected, const Options::Value& found) {
  throw InputError(Complaint{fmt::format("option '{}'", key), expected, described(found), "Give it a value of that type"});
}

/// An empty list in TOML has no element type: it reads as a list of numbers and stands for a list of strings too.
bool is_empty_list(const Options::Value& value) {
  const auto* numbers = std::get_if<std::vector<double>>(&value);
  const auto* strings = std::get_if<std::vector<std::string>>(&value);
  return (numbers && numbers->empty()) || (strings && strings->empty());
}

bool is_whole(double value) {
  return std::floor(value) == value && std::abs(value) < 9007199254740992.0;
}  // 2^53

}  // namespace

const Options::Value* Options::find(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

bool Options::has(const std::string& key) const {
  return values_.count(key) > 0;
}

bool Options::get_bool(const std::string& key, bool fallback) const {
  asked_[key] = "boolean";
  const Value* value = find(key);
  if (!value) return fallback;
  if (const auto* found = std::get_if<bool>(value)) return *found;
  wrong_type(key, "true or false", *value);
}

std::int64_t Options::get_int(const std::string& key, std::int64_t fallback) const {
  asked_[key] = "integer";
  const Value* value = find(key);
  if (!value) return fallback;
  if (const auto* found = std::get_if<std::int64_t>(value)) return *found;
  wrong_type(key, "an integer", *value);
}

double Options::get_double(const std::string& key, double fallback) const {
  asked_[key] = "number";
  const Value* value = find(key);
  if (!value) return fallback;
  if (const auto* found = std::get_if<double>(value)) return *found;
  if (const auto* found = std::get_if<std::int64_t>(value)) return static_cast<double>(*found);
  wrong_type(key, "a number", *value);
}

std::string Options::get_string(const std::string& key, const std::string& fallback) const {
  asked_[key] = "string";
  const Value* value = find(key);
  if (!value) return fallback;
  if (const auto* found = std::get_if<std::string>(value)) return *found;
  wrong_type(key, "a string", *value);
}

std::vector<double> Options::get_doubles(const std::string& key, const std::vector<double>& fallback) const {
  asked_[key] = "list of numbers";
  const Value* value = find(key);
  if (!value) return fallback;
  if (is_empty_list(*value)) return {};
  if (const auto* found = std::get_if<std::vector<double>>(value)) return *found;
  if (const auto* found = std::get_if<double>(value)) return {*found};
  if (const auto* found = std::get_if<std::int64_t>(value)) return {static_cast<double>(*found)};
  wrong_type(key, "a number or a list of numbers", *value);
}

std::vector<std::int64_t> Options::get_ints(const std::string& key, const std::vector<std::int64_t>& fallback) const {
  asked_[key] = "list of integers";
  const Value* value = find(key);
  if (!value) return fallback;
  if (is_empty_list(*value)) return {};
  if (const auto* found = std::get_if<std::int64_t>(value)) return {*found};
  const auto* found = std::get_if<std::vector<double>>(value);
  if (!found || !std::all_of(found->begin(), found->end(), is_whole)) wrong_type(key, "an integer or a list of integers", *value);
  std::vector<std::int64_t> whole;
  for (const double element : *found) whole.push_back(static_cast<std::int64_t>(element));
  return whole;
}

std::vector<std::string> Options::get_strings(const std::string& key, const std::vector<std::string>& fallback) const {
  asked_[key] = "list of strings";
  const Value* value = find(key);
  if (!value) return fallback;
  if (is_empty_list(*value)) return {};
  if (const auto* found = std::get_if<std::vector<std::string>>(value)) return *found;
  if (const auto* found = std::get_if<std::string>(value)) return {*found};
  wrong_type(key, "a string or a list of strings", *value);
}

void Options::check_all_used(const std::string& where) const {
  for (const auto& [key, value] : values_) {
    if (asked_.count(key)) continue;
    std::vector<std::string> known;
    for (const auto& [name, type] : asked_) known.push_back(fmt::format("{} ({})", name, type));
    throw InputError(Complaint{where, known.empty() ? std::string("no options") : fmt::format("options {}", fmt::join(known, ", ")),
                               fmt::format("'{}' = {}", key, described(value)), "Remove the option or correct its name"});
  }
}

}  // namespace reprise::recipes
