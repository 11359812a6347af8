// reprise diff A.h5 B.h5

#include <fmt/format.h>

#include <memory>

#include "suite/command/command.hpp"
#include "suite/errors.hpp"
#include "suite/records/compare_text.hpp"
#include "suite/records/result_file.hpp"

namespace reprise::command {
namespace {

struct DiffFlags {
  std::string a, b;
};

int diff(const DiffFlags& flags) {
  const records::RunRecord a = records::read_result(flags.a);
  const records::RunRecord b = records::read_result(flags.b);
  const records::Comparison comparison = records::compare(a, b);
  fmt::print("{}", records::comparison_text(comparison, flags.a, flags.b));
  return comparison.same_results() ? kDone : kFailed;
}

}  // namespace

Command add_diff(CLI::App& program) {
  auto flags = std::make_shared<DiffFlags>();
  CLI::App* app = program.add_subcommand("diff", "Which inputs of two runs differ, and which results");
  app->add_option("A", flags->a, "A result file")->option_text(" ")->required();
  app->add_option("B", flags->b, "Another one")->option_text(" ")->required();
  app->footer("Exit code 0 if the results are the same to the bit (time and provenance aside), 1 if they differ.\n\n" +
              examples({"reprise diff results/dropout/table2-dropout-relu/*.h5"}));
  return {app, [flags] { return diff(*flags); }};
}

}  // namespace reprise::command
