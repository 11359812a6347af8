// reprise doctor

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "datasets/image_set.hpp"
#include "suite/command/command.hpp"
#include "suite/command/machine.hpp"
#include "suite/errors.hpp"
#include "suite/version.hpp"

namespace reprise::command {
namespace {

struct DoctorFlags {
  std::string data, out = "results";
};

const char* mark(Finding::Level level) {
  switch (level) {
    case Finding::Level::good:
      return "ok     ";
    case Finding::Level::note:
      return "note   ";
    case Finding::Level::problem:
      return "PROBLEM";
  }
  return "";
}

int doctor(const DoctorFlags& flags) {
  fmt::print("reprise {}\n", version());
  const std::vector<Finding> findings = examine_machine(datasets::data_directory(flags.data), flags.out);
  for (const Finding& finding : findings) {
    fmt::print("{}  {}: {}\n", mark(finding.level), finding.thing, finding.text);
    if (!finding.fix.empty()) fmt::print("         fix: {}\n", finding.fix);
  }
  const auto problems =
      std::count_if(findings.begin(), findings.end(), [](const Finding& f) { return f.level == Finding::Level::problem; });
  fmt::print("{}\n",
             problems == 0 ? "No problem found." : fmt::format("{} problem{} would stop a run.", problems, problems == 1 ? "" : "s"));
  return problems == 0 ? kDone : kFailed;
}

}  // namespace

Command add_doctor(CLI::App& program) {
  auto flags = std::make_shared<DoctorFlags>();
  CLI::App* app = program.add_subcommand("doctor", "Finds what would slow down or stop a run on this machine, and says how to fix it");
  app->add_option("--data", flags->data, "Data directory (default: $REPRISE_DATA, else ~/.cache/reprise/data)")->type_name("DIR");
  app->add_option("--out", flags->out, "Folder of the result files")->type_name("DIR")->capture_default_str();
  app->footer("Exit code 0 if nothing would stop a run, else 1.\n\n" + examples({"reprise doctor", "reprise doctor --out results"}));
  return {app, [flags] { return doctor(*flags); }};
}

}  // namespace reprise::command
