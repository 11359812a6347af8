#include "suite/catalog/old_recipe.hpp"

#include <string>

#include "suite/catalog/stage_toml.hpp"

namespace reprise::catalog {
namespace {

const std::string kSetByHand = "set by hand: ";

/// "crop(pad=4)" becomes { crop = { pad = 4 } }.
void write_out_stages(toml::table& recipe, const char* key) {
  toml::array* stages = recipe[key].as_array();
  if (stages == nullptr) return;
  toml::array written;
  for (const toml::node& stage : *stages) {
    const std::string text = stage.value_or(std::string());
    if (text.find('(') == std::string::npos) {
      written.push_back(stage);
      continue;
    }
    try {
      written.push_back(*toml::parse("stage = " + stage_toml(text)).get("stage"));
    } catch (const toml::parse_error&) {
      written.push_back(stage);  // whoever reads it refuses it
    }
  }
  *stages = std::move(written);
}

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
  write_out_stages(recipe, "preprocessing");
  write_out_stages(recipe, "augmentation");
  move("title", "title");
  move("reports", "reproduces");
  move("deviations", "deviations");
  if (!by_hand.empty()) words.insert("by_hand", std::move(by_hand));
  recipe.insert_or_assign("words", std::move(words));
}

}  // namespace reprise::catalog
