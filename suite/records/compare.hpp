#pragma once
// Two run records side by side: which inputs differ, which results differ. The work of `reprise diff A B`.

#include <functional>
#include <string>
#include <vector>

#include "suite/records/run_record.hpp"

namespace reprise::records {

/// One thing that is not the same on both sides; "(none)" on the side that does not have it.
struct Difference {
  std::string what;  ///< "seed", "metrics/test_error, first after epoch 3"
  std::string a, b;
};

struct Comparison {
  std::vector<Difference> recipe;  ///< settings
  /// What may change results: paper, trial, scale, seed, data digests, code version, libraries, ISA.
  std::vector<Difference> inputs;
  /// What must not change results: ranks, threads, binding, host, CPU model, dates, words about the recipe.
  std::vector<Difference> circumstances;
  /// Weights first: the first epoch whose digest differs; then metrics, predictions, scalars, tables, images, stored weights.
  std::vector<Difference> results;

  bool same_inputs() const { return recipe.empty() && inputs.empty(); }
  bool same_results() const { return results.empty(); }
};

/// Puts the settings of two recipes that differ into `recipe`, and the words into `circumstances`.
using CompareRecipes = std::function<void(const std::string& a, const std::string& b, Comparison& comparison)>;
/// Knows nothing of recipes: the whole text is one difference.
void compare_recipe_texts(const std::string& a, const std::string& b, Comparison& comparison);

/// Values are compared by bits, so not-a-number equals itself and -0 is not 0. Timing is not compared.
Comparison compare(const RunRecord& a, const RunRecord& b, const CompareRecipes& compare_recipes = compare_recipe_texts);

/// True for provenance keys that promise 1 declares irrelevant to results.
bool is_circumstance(const std::string& provenance_key);

}  // namespace reprise::records
