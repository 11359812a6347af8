// reprise collect RESULTS EVIDENCE

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "reports/verdicts/collect.hpp"
#include "suite/command/command.hpp"
#include "suite/command/tell.hpp"
#include "suite/errors.hpp"

namespace reprise::command {
namespace {

struct CollectFlags {
  std::string results, evidence;
};

int collect(const CollectFlags& flags) {
  const reports::Collected collected = reports::collect_runs(flags.results, flags.evidence);
  std::uintmax_t bytes = 0;
  for (const std::filesystem::path& file : collected.added) {
    bytes += std::filesystem::file_size(file);
    fmt::print("{}\n", file.string());
  }
  for (const records::Unreadable& left : collected.left_out) tell("reprise: left out: {}: {}\n", left.path.string(), left.reason);
  fmt::print("{}: {} added ({:.0f} kB), {} already there, {} superseded, {} left out\n", flags.evidence, collected.added.size(),
             static_cast<double>(bytes) / 1e3, collected.already_there, collected.superseded, collected.left_out.size());
  return collected.left_out.empty() ? kDone : kBadInput;
}

}  // namespace

Command add_collect(CLI::App& program) {
  auto flags = std::make_shared<CollectFlags>();
  CLI::App* app = program.add_subcommand("collect", "Copies finished runs to a folder of evidence, without weights");
  app->add_option("RESULTS", flags->results, "Folder with result files")->option_text(" ")->required();
  app->add_option("EVIDENCE", flags->evidence, "Folder to copy to, as PAPER/TRIAL/RUN.h5; made if needed")->option_text(" ")->required();
  app->footer(
      "Evidence names the commit that made it: a result of a program that was built from a tree with changes is left out, and so is one\n"
      "whose name the evidence has with other numbers (exit code 2). Results whose numbers it has already, in superseded/ too, are "
      "skipped.\n\n" +
      examples({"reprise collect results evidence"}));
  return {app, [flags] { return collect(*flags); }};
}

}  // namespace reprise::command
