// reprise report DIR

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "reports/build_report.hpp"
#include "reports/formats/formats.hpp"
#include "reports/formats/readme_section.hpp"
#include "reports/formats/writers.hpp"
#include "reports/verdicts/evidence.hpp"
#include "suite/command/command.hpp"
#include "suite/command/tell.hpp"
#include "suite/errors.hpp"
#include "suite/records/atomic_file.hpp"
#include "suite/records/result_file.hpp"
#include "suite/records/result_folder.hpp"
#include "suite/runs/run_status.hpp"

namespace reprise::command {
namespace {

namespace fs = std::filesystem;

struct ReportFlags {
  std::string folder, formats = reports::format_names(","), out, check_readme, update_readme;
  bool check_claims = false, record_claims = false;
};

struct Gathered {
  std::vector<records::RunRecord> records;
  std::vector<reports::LeftOut> damaged;  ///< by name below the folder
};

/// A file or folder that cannot be read is left out, whatever the reason.
Gathered gather(const fs::path& folder) {
  const records::ResultFolder found = records::list_result_folder(folder, {reports::kSupersededFolder});
  Gathered gathered;
  const auto leave_out = [&](const fs::path& path, const std::string& reason) {
    gathered.damaged.push_back({path.lexically_relative(folder).generic_string(), reason});
  };
  for (const records::Unreadable& one : found.unreadable) leave_out(one.path, one.reason);
  for (const fs::path& file : found.results) {
    try {
      gathered.records.push_back(records::read_result(file));
      gathered.records.back().weights.clear();  // a report shows none
    } catch (const InputError& error) {
      leave_out(file, error.what());
    }
  }
  if (found.results.empty() && found.unreadable.empty())
    throw InputError(Complaint{folder.string(), "result files (*.h5) in it or below", "none",
                               "`reprise run ... --out " + folder.string() + "` writes them"});
  return gathered;
}

/// Runs that have no result yet, or will have none, by name: their numbers are missing from the report.
std::vector<reports::LeftOut> unfinished_runs(const fs::path& folder) {
  std::vector<reports::LeftOut> unfinished;
  for (const runs::RunStatus& run : runs::status_of(folder, runs::Results::counted, {reports::kSupersededFolder}).runs) {
    if (run.state == runs::RunState::finished || run.state == runs::RunState::diverged) continue;
    const std::string far = run.how_far();
    unfinished.push_back({run.file.lexically_relative(folder).generic_string(),
                          fmt::format("{} is {}{}{}", run.name(), runs::name_of(run.state), far.empty() ? "" : ": ", far)});
  }
  return unfinished;
}

std::vector<catalog::Paper> all_papers() {
  std::vector<catalog::Paper> papers;
  for (const std::string& slug : catalog::paper_slugs()) papers.push_back(catalog::load_paper(slug));
  return papers;
}

std::string text_of(const fs::path& file) {
  return std::string(records::text_of(records::read_file("text", file)));
}

int check_readme(const reports::Report& report, const fs::path& file, const std::string& folder) {
  const std::string text = text_of(file);
  if (reports::with_section(text, reports::readme_table(report), file) == text) {
    fmt::print("{}: its table is current\n", file.string());
    return kDone;
  }
  tell("{}: its table is not the one of {}. Repeat: reprise report {} --update-readme {}\n", file.string(), folder, folder, file.string());
  return kFailed;
}

std::string claims_record(const fs::path& folder) {
  const fs::path file = folder / reports::kClaimsFile;
  return fs::exists(file) ? text_of(file) : "";
}

int check_claims(const reports::Report& report, const std::string& folder) {
  const std::vector<std::string> faults = reports::faults_of_claims(report, claims_record(folder));
  for (const std::string& fault : faults) tell("{}\n", fault);
  if (faults.empty()) {
    fmt::print("{}: every claim is what it was when there was evidence for it, or has its history\n", folder);
    return kDone;
  }
  tell("After a [[claim.history]] is written where one is missing, repeat: reprise report {} --record-claims\n", folder);
  return kFailed;
}

int report(const ReportFlags& flags) {
  const std::vector<const reports::Format*> formats = reports::parse_formats(flags.formats);
  const Gathered gathered = gather(flags.folder);
  reports::Report result = reports::build_report(gathered.records, all_papers());
  result.left_out.insert(result.left_out.end(), gathered.damaged.begin(), gathered.damaged.end());
  for (const reports::LeftOut& run : unfinished_runs(flags.folder)) result.left_out.push_back(run);
  result.superseded = reports::superseded_runs(flags.folder);
  if (const fs::path file = fs::path(flags.folder) / "scaling.json"; fs::exists(file)) result.scaling = reports::read_scaling(file);
  for (const reports::LeftOut& left_out : result.left_out) tell("left out: {}: {}\n", left_out.file, left_out.reason);

  if (flags.check_claims) return check_claims(result, flags.folder);
  if (flags.record_claims) {
    records::write_file("text", fs::path(flags.folder) / reports::kClaimsFile, reports::record_claims(result, claims_record(flags.folder)));
    return kDone;
  }
  if (!flags.check_readme.empty()) return check_readme(result, flags.check_readme, flags.folder);
  if (!flags.update_readme.empty()) {
    const std::string& file = flags.update_readme;
    records::write_file("text", file, reports::with_section(text_of(file), reports::readme_table(result), file));
    return kDone;
  }
  fmt::print("{}\n", reports::terminal_table(result));
  for (const fs::path& path : reports::write_report(result, formats, flags.out.empty() ? flags.folder : flags.out))
    fmt::print("{}\n", path.string());
  return gathered.damaged.empty() ? kDone : kBadInput;
}

}  // namespace

Command add_report(CLI::App& program) {
  auto flags = std::make_shared<ReportFlags>();
  CLI::App* app =
      program.add_subcommand("report", "Writes published and reproduced numbers, verdicts, curves and pictures from result files");
  app->add_option("DIR", flags->folder, "Folder of result files, as `run --out` fills it")->option_text(" ")->required();
  app->add_option("--format", flags->formats, "Any of " + reports::format_names() + ", separated by commas")
      ->type_name("LIST")
      ->capture_default_str();
  app->add_option("--out", flags->out, "Folder of report.md, report.html, ... (default: DIR)")->type_name("DIR");
  CLI::Option* check =
      app->add_option("--check-readme", flags->check_readme, "Only checks that the table between FILE's evidence markers is current")
          ->option_text("FILE");
  app->add_option("--update-readme", flags->update_readme, "Only rewrites the table between FILE's evidence markers")
      ->option_text("FILE")
      ->excludes(check);
  CLI::Option* check_claims =
      app->add_flag("--check-claims", flags->check_claims,
                    "Only checks that no claim's kind, sides, metric or margin changed after data without a history");
  app->add_flag("--record-claims", flags->record_claims, "Only writes what the claims are about to DIR/claims.toml")
      ->excludes(check_claims);
  app->footer("What cannot be read, a damaged file or a folder without permission, is named and left out; the exit code is then 2.\n\n" +
              examples({"reprise report results", "reprise report results --format html,md --out report"}));
  return {app, [flags] { return report(*flags); }};
}

}  // namespace reprise::command
