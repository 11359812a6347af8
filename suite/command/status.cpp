// reprise status [DIR] [--clean]

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "reports/text.hpp"
#include "suite/command/command.hpp"
#include "suite/command/tell.hpp"
#include "suite/errors.hpp"
#include "suite/records/atomic_file.hpp"
#include "suite/records/run_lock.hpp"
#include "suite/runs/run_status.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::command {
namespace {

using runs::RunState;
using runs::RunStatus;
using text::bytes_text;
using text::plural;

struct StatusFlags {
  std::string folder = "results";
  bool clean = false, yes = false, all = false;
};

/// "host n1, since 2026-03-01T12:30:05Z, pid 4711, last sign 4 s ago"
std::string where_of(const RunStatus& run) {
  std::vector<std::string> parts;
  if (!run.host.empty()) parts.push_back("on " + run.host);
  if (!run.since_utc.empty()) parts.push_back("since " + run.since_utc);
  if (run.state == RunState::running && run.pid > 0) parts.push_back(fmt::format("pid {}", run.pid));
  if (run.state != RunState::finished && run.seconds_since_sign >= 0)
    parts.push_back(fmt::format("last sign {} ago", text::duration_text(run.seconds_since_sign)));
  return reports::joined(parts, ", ");
}

/// A line for the run, and lines below it that say more.
void print(const RunStatus& run, const std::string& folder) {
  const std::string far = run.how_far();
  fmt::print("{:<12} {}\n", runs::name_of(run.state), run.name());
  const auto below = [](const std::string& text) {
    if (!text.empty()) fmt::print("{:<12}   {}\n", "", text);
  };
  below(far);
  below(where_of(run));
  below(run.why);
  below(run.command(folder));
}

std::string counts_text(const std::vector<RunStatus>& all) {
  std::map<RunState, int> counts;
  for (const RunStatus& run : all) ++counts[run.state];
  std::vector<std::string> parts;
  for (const auto& [state, count] : counts) parts.push_back(fmt::format("{} {}", count, runs::name_of(state)));
  return parts.empty() ? "no runs" : reports::joined(parts, ", ");
}

void print_orphans(const std::vector<runs::Orphan>& orphans) {
  if (orphans.empty()) return;
  std::int64_t bytes = 0;
  fmt::print("\nFiles that no run will read again:\n");
  for (const runs::Orphan& orphan : orphans) {
    fmt::print("  {} ({}): {}\n", orphan.file.string(), bytes_text(orphan.bytes), orphan.why);
    bytes += orphan.bytes;
  }
  fmt::print("{}, {}\n", plural(static_cast<std::int64_t>(orphans.size()), "file", "files"), bytes_text(bytes));
}

bool is_agreed_to(const StatusFlags& flags, std::size_t files) {
  if (flags.yes) return true;
  if (::isatty(STDIN_FILENO) == 0)
    throw InputError(Complaint{"reprise status --clean", "a terminal to ask at, or --yes", "neither", "Add --yes to remove them unasked"});
  std::fflush(stdout);
  tell("Remove {}? [y/N] ", plural(static_cast<std::int64_t>(files), "file", "files"));
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

int status(const StatusFlags& flags) {
  const runs::FolderStatus found = runs::status_of(flags.folder);
  for (const RunStatus& run : found.runs)
    if (flags.all || run.state != RunState::finished) print(run, flags.folder);
  for (const records::Unreadable& one : found.unreadable) tell("reprise: cannot be read: {}: {}\n", one.path.string(), one.reason);
  fmt::print("{}: {}\n", flags.folder, counts_text(found.runs));
  print_orphans(found.orphans);
  if (flags.clean && !found.orphans.empty()) {
    if (!is_agreed_to(flags, found.orphans.size())) {
      fmt::print("Nothing was removed.\n");
      return kDone;
    }
    for (const runs::Orphan& orphan : found.orphans)
      if (!records::RunLock::is_held(orphan.file)) records::remove_file("orphan", orphan.file);  // somebody may have begun meanwhile
    fmt::print("Removed.\n");
  } else if (!found.orphans.empty()) {
    fmt::print("To remove them: reprise status {} --clean\n", flags.folder);
  }
  return found.unreadable.empty() ? kDone : kBadInput;
}

}  // namespace

Command add_status(CLI::App& program) {
  auto flags = std::make_shared<StatusFlags>();
  CLI::App* app =
      program.add_subcommand("status", "Shows what has become of the runs of a folder: finished, running, interrupted, failed, stale");
  app->add_option("DIR", flags->folder, "Folder of results (default: results)")->option_text(" ");
  app->add_flag("--all", flags->all, "Lists finished runs, too; without it they are counted");
  CLI::Option* clean =
      app->add_flag("--clean", flags->clean,
                    "Removes, after asking, what no run will read again: checkpoints of finished and of stale runs, locks that "
                    "nobody holds, what killed writers left");
  app->add_flag("--yes", flags->yes, "With --clean: does not ask")->needs(clean);
  app->footer(
      "running: a process holds the run's lock, here or on another host. interrupted: the command shown below it goes on from its\n"
      "checkpoint. failed: it ended with an error. diverged: training left the finite numbers, which it would do again. stale: neither\n"
      "today's recipe nor today's code would go on from what it left.\n\n" +
      examples({"reprise status results", "reprise status results --clean --yes"}));
  return {app, [flags] { return status(*flags); }};
}

}  // namespace reprise::command
