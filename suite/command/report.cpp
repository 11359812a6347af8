// reprise report DIR

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "reports/build_report.hpp"
#include "reports/formats.hpp"
#include "reports/readme_section.hpp"
#include "reports/write_terminal.hpp"
#include "suite/command/command.hpp"
#include "suite/command/tell.hpp"
#include "suite/errors.hpp"
#include "suite/records/atomic_file.hpp"
#include "suite/records/result_file.hpp"

namespace reprise::command {
namespace {

namespace fs = std::filesystem;

struct ReportFlags {
  std::string folder, formats = reports::format_names(","), out, check_readme, update_readme;
};

/// All result files under `folder`, sorted by path; names of files that are being written begin with a dot.
std::vector<fs::path> result_files(const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw InputError(Complaint{"reprise report", "a folder of result files", "'" + folder.string() + "', which is not a folder",
                               "`reprise run ... --out DIR` creates one"});
  }
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path& path = entry.path();
    if (entry.is_regular_file() && path.extension() == ".h5" && path.filename().string().front() != '.') files.push_back(path);
  }
  if (files.empty())
    throw InputError(Complaint{folder.string(), "result files (*.h5) in it or below", "none",
                               "`reprise run ... --out " + folder.string() + "` writes them"});
  std::sort(files.begin(), files.end());
  return files;
}

struct Gathered {
  std::vector<records::RunRecord> records;
  std::vector<reports::LeftOut> damaged;
};

Gathered gather(const fs::path& folder) {
  Gathered gathered;
  for (const fs::path& file : result_files(folder)) {
    try {
      gathered.records.push_back(records::read_result(file));
      gathered.records.back().weights.clear();  // a report shows none
    } catch (const InputError& error) {
      gathered.damaged.push_back({fs::relative(file, folder).string(), error.what()});
    }
  }
  return gathered;
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

int report(const ReportFlags& flags) {
  const std::vector<const reports::Format*> formats = reports::parse_formats(flags.formats);
  const Gathered gathered = gather(flags.folder);
  reports::Report result = reports::build_report(gathered.records, all_papers());
  result.left_out.insert(result.left_out.end(), gathered.damaged.begin(), gathered.damaged.end());
  if (const fs::path file = fs::path(flags.folder) / "scaling.json"; fs::exists(file)) result.scaling = reports::read_scaling(file);
  for (const reports::LeftOut& left_out : result.left_out) tell("left out: {}: {}\n", left_out.file, left_out.reason);

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
  app->footer("A damaged result file is named and skipped; the exit code is then 2.\n\n" +
              examples({"reprise report results", "reprise report results --format html,md --out report"}));
  return {app, [flags] { return report(*flags); }};
}

}  // namespace reprise::command
