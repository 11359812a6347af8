#include "datasets/named_call.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

std::string trimmed(const std::string& text) {
  const auto is_space = [](unsigned char c) { return std::isspace(c) != 0; };
  const auto first = std::find_if_not(text.begin(), text.end(), is_space);
  const auto last = std::find_if_not(text.rbegin(), text.rend(), is_space).base();
  return first < last ? std::string(first, last) : std::string();
}

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    parts.push_back(trimmed(text.substr(start, end - start)));
    start = end + 1;
  }
  return parts;
}

}  // namespace

NamedCall::NamedCall(std::string what, const std::string& text) : what_(std::move(what)), text_(text) {
  const std::string form = "NAME or NAME(KEY=VALUE,KEY=VALUE)";
  const std::string whole = trimmed(text);
  const std::size_t open = whole.find('(');
  name_ = trimmed(whole.substr(0, open));
  if (name_.empty()) fail(form, "no name");
  if (open == std::string::npos) return;
  if (whole.back() != ')') fail(form, "no closing parenthesis at the end");
  const std::string inside = trimmed(whole.substr(open + 1, whole.size() - open - 2));
  if (inside.empty()) return;
  for (const std::string& part : split_at_commas(inside)) {
    const std::size_t equals = part.find('=');
    const std::string key = trimmed(part.substr(0, equals));
    if (equals == std::string::npos || key.empty()) fail(form, fmt::format("'{}'", part));
    if (!arguments_.emplace(key, trimmed(part.substr(equals + 1))).second) fail("each key once", fmt::format("'{}' twice", key));
  }
}

void NamedCall::fail(const std::string& expected, const std::string& found) const {
  throw InputError({fmt::format("{} '{}'", what_, text_), expected, found, "Correct the recipe."});
}

void NamedCall::fail_unknown(const std::vector<std::string>& known) const {
  fail(fmt::format("one of {}", fmt::join(known, ", ")), fmt::format("'{}'", name_));
}

double NamedCall::get_double(const std::string& key, double fallback, double least, double most) {
  used_.insert(key);
  const auto argument = arguments_.find(key);
  if (argument == arguments_.end()) return fallback;
  const std::string& text = argument->second;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= least && value <= most))
    fail(fmt::format("{} from {} to {}", key, least, most), fmt::format("'{}'", text));
  return value;
}

std::vector<double> NamedCall::get_doubles(const std::string& key, std::size_t count, double least, double most) {
  used_.insert(key);
  const auto argument = arguments_.find(key);
  std::vector<double> values;
  if (argument == arguments_.end()) return values;
  const std::string& text = argument->second;
  const char* at = text.data();
  const char* last = text.data() + text.size();
  while (at < last) {
    double value = 0;
    const auto [end, error] = std::from_chars(at, last, value);
    if (error != std::errc() || (end != last && *end != '/') || !(value >= least && value <= most)) break;
    values.push_back(value);
    at = end == last ? end : end + 1;
  }
  if (at != last || text.back() == '/' || values.size() != count)
    fail(fmt::format("{} numbers from {} to {} for {}, separated by slashes", count, least, most, key), fmt::format("'{}'", text));
  return values;
}

int NamedCall::get_int(const std::string& key, int fallback, int least, int most) {
  const double value = get_double(key, fallback, least, most);
  if (value != static_cast<int>(value)) fail(fmt::format("{} as a whole number", key), fmt::format("{}", value));
  return static_cast<int>(value);
}

std::string NamedCall::get_choice(const std::string& key, const std::vector<std::string>& choices) {
  used_.insert(key);
  const auto argument = arguments_.find(key);
  if (argument == arguments_.end()) return choices.front();
  if (std::find(choices.begin(), choices.end(), argument->second) == choices.end())
    fail(fmt::format("{} one of {}", key, fmt::join(choices, ", ")), fmt::format("'{}'", argument->second));
  return argument->second;
}

void NamedCall::check_all_used() const {
  for (const auto& [key, value] : arguments_)
    if (!used_.contains(key))
      fail(used_.empty() ? "no arguments" : fmt::format("arguments among {}", fmt::join(used_, ", ")), fmt::format("'{}'", key));
}

}  // namespace reprise::datasets
