#include "suite/records/compare_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace reprise::records {

namespace {

std::string rows(const std::vector<Difference>& differences) {
  std::size_t width = 0;
  for (const Difference& difference : differences) width = std::max(width, difference.what.size());
  std::string text;
  for (const auto& [what, a, b] : differences) text += fmt::format("  {:<{}}  {} | {}\n", what, width, a, b);
  return text;
}

std::string verdict(const Comparison& comparison) {
  if (comparison.same_inputs() && comparison.same_results()) {
    return comparison.circumstances.empty() ? "identical: same inputs, same results.\n"
                                            : "identical: same inputs and same results, under other circumstances.\n";
  }
  if (comparison.same_inputs()) return "Same inputs, different results: one of the two runs did not repeat.\n";
  if (comparison.same_results()) return "Different inputs, same results.\n";
  return "Different inputs, different results.\n";
}

}  // namespace

std::string comparison_text(const Comparison& comparison, const std::string& name_a, const std::string& name_b) {
  std::string text = fmt::format("a: {}\nb: {}\n", name_a, name_b);
  if (!comparison.inputs.empty()) text += "inputs (a | b)\n" + rows(comparison.inputs);
  if (!comparison.recipe.empty()) text += "recipe (a | b)\n" + rows(comparison.recipe);
  if (!comparison.circumstances.empty()) text += "circumstances, which must not matter (a | b)\n" + rows(comparison.circumstances);
  if (!comparison.results.empty()) text += "results (a | b)\n" + rows(comparison.results);
  return text + verdict(comparison);
}

}  // namespace reprise::records
