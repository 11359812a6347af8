#include "suite/catalog/matrix.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <string>

#include "suite/text/suggestion.hpp"

namespace reprise::catalog {
namespace {

/// What "{family}" and "{family.title}" stand for: a string or a number.
using Words = std::map<std::string, const toml::node*>;

std::string text_of(const toml::node& word) {
  if (const auto text = word.value<std::string>()) return *text;
  if (word.is_integer()) return fmt::format("{}", *word.value<std::int64_t>());
  return fmt::format("{}", *word.value<double>());
}

bool is_word(const toml::node& node) {
  return node.is_string() || node.is_number();
}

class Writer {
 public:
  Writer(const TomlTable& place, const Words& words) : place_(place), words_(words) {}

  /// The node with its words put in.
  void write_out(toml::table& table) const {
    for (auto&& [key, node] : table) {
      if (toml::table* inner = node.as_table()) write_out(*inner);
      if (toml::array* list = node.as_array()) write_out(*list);
      if (auto* text = node.as_string()) {
        if (const toml::node* whole = whole_word(text->get()); whole != nullptr && !whole->is_string())
          table.insert_or_assign(key, *whole);
        else
          text->get() = replaced(text->get());
      }
    }
  }

 private:
  void write_out(toml::array& list) const {
    for (toml::node& node : list) {
      if (toml::table* inner = node.as_table()) write_out(*inner);
      if (toml::array* deeper = node.as_array()) write_out(*deeper);
      if (auto* text = node.as_string()) text->get() = replaced(text->get());
    }
  }

  const toml::node* whole_word(const std::string& text) const {
    if (text.size() < 3 || text.front() != '{' || text.back() != '}') return nullptr;
    const auto found = words_.find(text.substr(1, text.size() - 2));
    return found == words_.end() ? nullptr : found->second;
  }

  std::string replaced(const std::string& text) const {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t open = text.find('{', at), close = text.find('}', open);
      if (open == std::string::npos || close == std::string::npos) return out + text.substr(at);
      const std::string name = text.substr(open + 1, close - open - 1);
      const auto word = words_.find(name);
      if (word == words_.end()) refuse(name);
      out += text.substr(at, open - at) + text_of(*word->second);
      at = close + 1;
    }
    return out;
  }

  [[noreturn]] void refuse(const std::string& name) const {
    std::vector<std::string> known;
    for (const auto& [word, node] : words_) known.push_back(word);
    place_.refuse("axes", fmt::format("an axis or a word of one: {}", fmt::join(known, ", ")), fmt::format("{{{}}}", name),
                  text::did_you_mean(name, known, "Correct the name"));
  }

  const TomlTable& place_;
  const Words& words_;
};

struct Choice {
  std::string axis;
  const toml::node* value;
};

Words words_of(const std::vector<Choice>& choices) {
  Words words;
  for (const auto& [axis, value] : choices) {
    const toml::table* entry = value->as_table();
    if (entry == nullptr) {
      words[axis] = value;
      continue;
    }
    for (const auto& [key, node] : *entry) {
      if (!is_word(node)) continue;
      words[axis + "." + std::string(key.str())] = &node;
      if (key.str() == "id") words[axis] = &node;
    }
  }
  return words;
}

Combination combination_of(const TomlTable& table, const std::vector<Choice>& choices) {
  const Words words = words_of(choices);
  const Writer writer(table, words);
  toml::table copy = table.raw();
  copy.erase("axes");
  writer.write_out(copy);
  Combination made{std::make_shared<const toml::table>(std::move(copy))};
  for (const auto& [axis, value] : choices) {
    const toml::table* entry = value->as_table();
    const toml::node* set = entry == nullptr ? nullptr : entry->get("set");
    if (set == nullptr) continue;
    if (!set->is_table()) table.refuse("axes", fmt::format("a table `set` in each value of {}", axis), "something else", "Correct it");
    toml::table layer = *set->as_table();
    writer.write_out(layer);
    made.layers.push_back(std::make_shared<const toml::table>(std::move(layer)));
  }
  return made;
}

}  // namespace

std::vector<Combination> combinations(const TomlTable& table) {
  const auto axes = table.table("axes");
  if (!axes) return {Combination{std::make_shared<const toml::table>(table.raw())}};
  std::vector<std::vector<Choice>> chosen(1);
  for (const std::string& axis : axes->keys()) {
    const toml::array* values = axes->node(axis)->as_array();
    if (values == nullptr || values->empty()) axes->refuse(axis, "a list of values", "none", "Write axis = [\"a\", \"b\"]");
    std::vector<std::vector<Choice>> longer;
    for (const auto& choices : chosen) {
      for (const toml::node& value : *values) {
        if (!is_word(value) && (!value.is_table() || !value.as_table()->contains("id")))
          axes->refuse(axis, "strings, numbers or tables with an id", "something else", "Correct the value");
        longer.push_back(choices);
        longer.back().push_back({axis, &value});
      }
    }
    chosen = std::move(longer);
  }
  std::vector<Combination> made;
  for (const auto& choices : chosen) made.push_back(combination_of(table, choices));
  return made;
}

}  // namespace reprise::catalog
