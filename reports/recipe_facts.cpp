#include "reports/recipe_facts.hpp"

#include <fmt/format.h>

#include "reports/text.hpp"
#include "suite/catalog/toml_plus_plus.hpp"
#include "suite/errors.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::reports {
namespace {

std::vector<std::string> texts(const toml::table& table, const char* key) {
  std::vector<std::string> out;
  if (const toml::array* list = table[key].as_array()) {
    for (const toml::node& entry : *list) {
      if (const auto text = entry.value<std::string>()) out.push_back(*text);
    }
  }
  return out;
}

}  // namespace

std::string RecipeFacts::length() const {
  if (steps > 0) return fmt::format("{} updates", steps);
  return fmt::format("{} {}", shortest_text(epochs), epochs == 1 ? "epoch" : "epochs");
}

RecipeFacts read_recipe_facts(const std::string& text, const std::string& thing) {
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw InputError(Complaint{thing, "a recipe in TOML", fmt::format("'{}' in line {}", error.description(), error.source().begin.line),
                               "The run has to be done again"});
  }
  RecipeFacts facts;
  facts.dataset = table["dataset"].value_or(std::string());
  if (facts.dataset.empty()) throw InputError(Complaint{thing, "a recipe that names its data set", "none", "The run has to be done again"});
  if (table["held_out_images"].value_or(std::int64_t{0}) > 0) facts.dataset += ", held-out training images";
  facts.precision = table["precision"].value_or(std::string("f32"));
  facts.title = table["title"].value_or(std::string());
  facts.preprocessing = texts(table, "preprocessing");
  facts.augmentation = texts(table, "augmentation");
  facts.test_views = table["test_views"].value_or(std::int64_t{0});
  facts.reports = texts(table, "reports");
  facts.epochs = table["epochs"].value_or(0.0);
  facts.steps = table["steps"].value_or(std::int64_t{0});
  facts.batch = table["batch"].value_or(std::int64_t{0});
  facts.train_images = table["train_images"].value_or(std::int64_t{0});
  facts.test_images = table["test_images"].value_or(std::int64_t{0});
  // Overrides of the command line stand among the deviations, marked so.
  for (const std::string& deviation : texts(table, "deviations")) {
    if (!deviation.starts_with(recipes::kSetByHand)) {
      facts.deviations.push_back(deviation);
    } else if (deviation.starts_with(recipes::kSetByHand + "dataset=")) {
      facts.dataset_by_hand = true;
    } else if (deviation.starts_with(recipes::kSetByHand + "precision=")) {
      facts.precision_by_hand = true;
    } else {
      facts.settings_by_hand.push_back(deviation.substr(recipes::kSetByHand.size()));
    }
  }
  return facts;
}

}  // namespace reprise::reports
