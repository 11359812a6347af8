// reprise report DIR

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <memory>

#include "reports/build_report.hpp"
#include "reports/formats/evidence_pages.hpp"
#include "reports/formats/formats.hpp"
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
  bool check_claims = false, record_claims = false, details = false;
};

struct Gathered {
  std::vector<records::RunRecord> records;
  std::vector<reports::LeftOut> damaged;  ///< by name below the folder
  std::map<std::string, fs::path> files;  ///< by run id
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
      gathered.files[gathered.records.back().run_id] = file;
    } catch (const InputError& error) {
      leave_out(file, error.what());
    }
  }
  if (found.results.empty() && found.unreadable.empty())
    throw InputError(Complaint{folder.string(), "result files (*.h5) in it or below", "none",
                               "`reprise run ... --out " + folder.string() + "` writes them"});
  return gathered;
}

std::vector<reports::UnfinishedRun> unfinished_runs(const fs::path& folder) {
  std::vector<reports::UnfinishedRun> unfinished;
  for (const runs::RunStatus& run : runs::status_of(folder, runs::Results::counted, {reports::kSupersededFolder}).runs) {
    if (run.state == runs::RunState::finished || run.state == runs::RunState::diverged) continue;
    unfinished.push_back({.file = run.file.lexically_relative(folder).generic_string(),
                          .name = run.name(),
                          .state = std::string(runs::name_of(run.state)),
                          .progress = run.how_far(),
                          .share = run.share});
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

/// The generated text of a folder of evidence: its pages, and the README with its table.
std::vector<reports::File> generated(const reports::Report& report, const fs::path& folder, const fs::path& readme) {
  std::vector<reports::File> files = reports::evidence_pages(report);
  for (reports::File& file : files) file.name = (folder / file.name).string();
  const fs::path way = fs::relative(folder, readme.has_parent_path() ? readme.parent_path() : ".");
  files.push_back(
      {readme.string(), reports::with_section(text_of(readme), reports::readme_table(report, (way / "").generic_string()), readme)});
  return files;
}

int check_readme(const reports::Report& report, const ReportFlags& flags) {
  for (const reports::File& file : generated(report, flags.folder, flags.check_readme)) {
    if (fs::exists(file.name) && text_of(file.name) == file.text) continue;
    tell("{}: it is not what {} says. Repeat: reprise report {} --update-readme {}\n", file.name, flags.folder, flags.folder,
         flags.check_readme);
    return kFailed;
  }
  fmt::print("{} and the pages of {}: all current\n", flags.check_readme, flags.folder);
  return kDone;
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
  result.unfinished = unfinished_runs(flags.folder);
  result.superseded = reports::superseded_runs(flags.folder);
  const bool pages = !flags.check_readme.empty() || !flags.update_readme.empty();
  const fs::path out = flags.out.empty() || pages ? flags.folder : flags.out;
  for (const auto& [id, file] : gathered.files) result.files[id] = fs::relative(file, out).generic_string();
  if (const fs::path file = fs::path(flags.folder) / "scaling.json"; fs::exists(file)) result.scaling = reports::read_scaling(file);
  for (const reports::UnfinishedRun& run : result.unfinished) tell("not finished: {}\n", run.text());
  for (const reports::LeftOut& left_out : result.left_out) tell("left out: {}: {}\n", left_out.file, left_out.reason);

  if (flags.check_claims) return check_claims(result, flags.folder);
  if (flags.record_claims) {
    records::write_file("text", fs::path(flags.folder) / reports::kClaimsFile, reports::record_claims(result, claims_record(flags.folder)));
    return kDone;
  }
  if (!flags.check_readme.empty()) return check_readme(result, flags);
  if (!flags.update_readme.empty()) {
    for (const reports::File& file : generated(result, flags.folder, flags.update_readme))
      records::write_file("text", file.name, file.text);
    return kDone;
  }
  if (flags.details) fmt::print("{}", reports::terminal_details(result));
  fmt::print("{}\n", reports::terminal_summary(result));
  for (const fs::path& path : reports::write_report(result, formats, out)) fmt::print("{}\n", path.string());
  if (!flags.details) fmt::print("Every number and claim in the terminal: reprise report {} --details\n", flags.folder);
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
  app->add_option("--out", flags->out, "Folder of report.html and the other files (default: DIR)")->type_name("DIR");
  app->add_flag("--details", flags->details, "Also prints every number and claim, not a line a paper alone");
  CLI::Option* check = app->add_option("--check-readme", flags->check_readme,
                                       "Only checks that the table between FILE's evidence markers and the pages in DIR are current")
                           ->option_text("FILE");
  app->add_option("--update-readme", flags->update_readme,
                  "Only rewrites that table, DIR/README.md and DIR/PAPER/README.md for each paper with runs")
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
