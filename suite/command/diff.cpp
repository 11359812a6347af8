// reprise diff A.h5 B.h5

#include <fmt/format.h>

#include <memory>

#include "suite/catalog/recipe_text.hpp"
#include "suite/command/command.hpp"
#include "suite/errors.hpp"
#include "suite/records/compare_text.hpp"
#include "suite/records/result_file.hpp"

namespace reprise::command {
namespace {

struct DiffFlags {
  std::string a, b;
};

/// Field by field, in today's form; as texts where one cannot be read.
void compare_recipes(const std::string& a, const std::string& b, records::Comparison& comparison) {
  const auto value = [](const std::string& text) { return text.empty() ? std::string("(none)") : text; };
  try {
    for (const catalog::FieldDifference& field : catalog::compare_recipes(catalog::stored_recipe(a, catalog::Strictness::strict),
                                                                          catalog::stored_recipe(b, catalog::Strictness::strict)))
      (field.is_word ? comparison.circumstances : comparison.recipe).push_back({field.key, value(field.a), value(field.b)});
  } catch (const InputError&) {
    records::compare_recipe_texts(a, b, comparison);
  }
}

int diff(const DiffFlags& flags) {
  const records::RunRecord a = records::read_result(flags.a);
  const records::RunRecord b = records::read_result(flags.b);
  const records::Comparison comparison = records::compare(a, b, compare_recipes);
  fmt::print("{}", records::comparison_text(comparison, flags.a, flags.b));
  return comparison.same_results() ? kDone : kFailed;
}

}  // namespace

Command add_diff(CLI::App& program) {
  auto flags = std::make_shared<DiffFlags>();
  CLI::App* app = program.add_subcommand("diff", "Shows which inputs and which results of two runs differ");
  app->add_option("A", flags->a, "A result file")->option_text(" ")->required();
  app->add_option("B", flags->b, "Another result file")->option_text(" ")->required();
  app->footer("Exit code 0 if the results are the same to the bit (time and provenance aside), 1 if they differ.\n\n" +
              examples({"reprise diff results/dropout/table2-dropout-relu/*.h5"}));
  return {app, [flags] { return diff(*flags); }};
}

}  // namespace reprise::command
