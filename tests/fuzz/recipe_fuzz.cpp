// Any text as the recipe that a result file holds, and each of its lines as a --set of an otherwise sound recipe.

#include <algorithm>
#include <fstream>
#include <iterator>

#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/catalog/recipe_toml.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace {

using namespace reprise;

/// A recipe that could be read is written, and what is written reads back as the same.
void require_repeatable(const recipes::Recipe& recipe) {
  const std::string text = catalog::to_toml(recipe);
  fuzz::require(catalog::to_toml(catalog::recipe_from_toml(text)) == text, "a recipe reads back as it was written:\n" + text);
}

recipes::Recipe sound_recipe() {
  recipes::Recipe recipe;
  recipe.paper = "paper", recipe.trial = "trial", recipe.scale = "smoke", recipe.title = "Title";
  recipe.model = "model", recipe.dataset = "mnist";
  recipe.epochs = 1;
  return recipe;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  fuzz::reads_or_refuses([&] { require_repeatable(catalog::recipe_from_toml(text)); });

  constexpr int kMaxLines = 8;
  std::size_t start = 0;
  for (int line = 0; line < kMaxLines && start < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string setting = text.substr(start, end - start);
    const std::size_t equals = std::min(setting.find('='), setting.size());
    fuzz::reads_or_refuses([&] {
      recipes::Recipe recipe = sound_recipe();
      catalog::apply_override(recipe, setting.substr(0, equals), equals < setting.size() ? setting.substr(equals + 1) : "");
      catalog::check_recipe(recipe);
      require_repeatable(recipe);
    });
    start = end + 1;
  }
  return 0;
}
