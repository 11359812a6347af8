#include "suite/catalog/old_recipe.hpp"

#include <string>

namespace reprise::catalog {
namespace {

const std::string kSetByHand = "set by hand: ";

}  // namespace

bool is_old_form(const toml::table& recipe) {
  return recipe.contains("reports");
}

void to_present_form(toml::table& recipe) {
  toml::table words, by_hand;
  const auto move = [&](const char* from, const char* to) {
    if (const toml::node* node = recipe.get(from)) words.insert(to, *node);
    recipe.erase(from);
  };
  if (toml::array* deviations = recipe["deviations"].as_array()) {
    toml::array kept;
    for (const toml::node& deviation : *deviations) {
      const std::string text = deviation.value_or(std::string());
      const std::size_t equals = text.find('=');
      if (text.starts_with(kSetByHand) && equals != std::string::npos)
        by_hand.insert_or_assign(text.substr(kSetByHand.size(), equals - kSetByHand.size()), text.substr(equals + 1));
      else
        kept.push_back(deviation);
    }
    *deviations = std::move(kept);
  }
  move("title", "title");
  move("reports", "reproduces");
  move("deviations", "deviations");
  if (!by_hand.empty()) words.insert("by_hand", std::move(by_hand));
  recipe.insert_or_assign("words", std::move(words));
}

}  // namespace reprise::catalog
