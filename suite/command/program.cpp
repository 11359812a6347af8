// The program around the subcommands: table, usage errors, exit codes.

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "suite/catalog/catalog.hpp"
#include "suite/command/command.hpp"
#include "suite/command/tell.hpp"
#include "suite/errors.hpp"
#include "suite/ranks/session.hpp"
#include "suite/text/suggestion.hpp"
#include "suite/version.hpp"

namespace reprise::command {
namespace {

constexpr const char* kAfterword = R"(Environment:
  REPRISE_DATA         data directory if --data is not given (default: ~/.cache/reprise/data)
  REPRISE_ISA          avx2 or avx512: instruction set of our own kernels (default: the widest here). Results are equal to the bit on
                       one instruction set. To use the same one on all nodes, set
                       REPRISE_ISA=avx2 ONEDNN_MAX_CPU_ISA=AVX2 OPENBLAS_CORETYPE=Haswell
  REPRISE_EXPERIMENTS  folder of the papers' files (default: beside the program, else in the source tree)

Exit codes:
  0 done   2 bad usage or input   3 stopped early with a checkpoint: run again to continue   1 any other failure
)";

void complain(const std::string& text) {
  tell("reprise: {}\n", text);
}

/// Printed text may still be buffered; if it is lost, the command has failed.
int flushed(int code) {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  complain(Complaint{"standard output", "a destination that can be written", errno != 0 ? std::strerror(errno) : "an error while writing",
                     "Redirect it elsewhere"}
               .text());
  return code == kDone ? kFailed : code;
}

/// If descriptor 0, 1 or 2 is closed, the next file to be opened would get its number, and messages would be written into that file.
void open_standard_files() {
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(file, F_GETFD) == -1) [[maybe_unused]]
      const int opened = ::open("/dev/null", O_RDWR);
}

std::vector<std::string> names_of(const std::vector<Command>& commands) {
  std::vector<std::string> names;
  for (const Command& command : commands) names.push_back(command.app->get_name());
  return names;
}

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

/// The subcommand that was being parsed, the innermost one ("data fetch").
const CLI::App& innermost(const CLI::App& app) {
  const std::vector<const CLI::App*> parsed = app.get_subcommands([](const CLI::App* sub) { return sub->parsed(); });
  return parsed.empty() ? app : innermost(*parsed.front());
}

std::string command_line_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : command_line_of(*app.get_parent()) + " " + app.get_name();
}

/// CLI11's message, with the flag that was probably meant and the command that shows the help.
std::string explain(const CLI::App& program, const CLI::ParseError& error) {
  const CLI::App& app = innermost(program);
  std::string text = error.what();
  for (const std::string& word : program.remaining(true)) {
    const std::string name = word.substr(0, word.find('='));
    const std::string meant = text::nearest(name, flags_of(app));
    if (name.rfind("--", 0) == 0 && !meant.empty()) text += fmt::format(". Did you mean '{}'?", meant);
  }
  return fmt::format("{}\nSee: {} --help", text, command_line_of(app));
}

/// "reprise 0.1.0 (commit 0123456789, clean)", "(commit 0123456789, from an archive)"
std::string version_line() {
  const auto facts = build_facts();
  const std::string& commit = facts.at("git_commit");
  const std::string& diff = facts.at("git_dirty_diff_sha1");
  const std::string state = diff == "clean" ? "clean" : diff == "unknown" ? "from an archive" : "with changes";
  return fmt::format("reprise {} ({})", version(),
                     commit == "unknown" ? "commit unknown" : fmt::format("commit {}, {}", commit.substr(0, 10), state));
}

int act(const std::vector<Command>& commands) {
  const auto chosen = std::find_if(commands.begin(), commands.end(), [](const Command& c) { return c.app->parsed(); });
  try {
    if (chosen->uses_ranks || !ranks::launched_by_mpi()) return chosen->act();
    const ranks::Session session;
    return session.rank() == 0 ? chosen->act() : kDone;
  } catch (const InputError& error) {
    complain(error.what());
    return kBadInput;
  } catch (const std::bad_alloc&) {
    complain(
        "memory: allocation failed. Use fewer --threads or a smaller batch (--set batch=...); `reprise plan` forecasts the memory of a "
        "trial");
    return kFailed;
  } catch (const std::exception& error) {
    complain(error.what());
    return kFailed;
  }
}

}  // namespace

std::string examples(const std::vector<std::string>& lines) {
  std::string text = "Examples:\n";
  for (const std::string& line : lines) text += "  " + line + "\n";
  return text;
}

int run_program(int argc, const char* const* argv) {
  open_standard_files();
  CLI::App program("Re-runs the experiments of image-recognition papers on CPUs and prints the results beside the published numbers.",
                   "reprise");
  program.get_formatter()->column_width(34);
  program.require_subcommand(1);
  program.set_version_flag("--version", version_line());
  program.fallthrough();  // so that it may stand behind the subcommand, too
  program
      .add_option_function<std::string>(
          "--experiments", [](const std::string& folder) { catalog::use_own_experiments(folder); },
          "Folder of your own papers, beside the ones that come with the program; see docs/your-own.md")
      ->option_text("DIR")
      ->envname("REPRISE_OWN_EXPERIMENTS");
  program.footer(examples({"reprise list", "reprise doctor"}) + "\n" + kAfterword);
  const std::vector<Command> commands = {add_list(program),   add_show(program),   add_plan(program),       add_run(program),
                                         add_report(program), add_diff(program),   add_status(program),     add_watch(program),
                                         add_verify(program), add_seal(program),   add_collect(program),    add_data(program),
                                         add_score(program),  add_doctor(program), add_completion(program), add_manual(program)};

  if (argc > 1 && argv[1][0] != '-') {
    const std::vector<std::string> names = names_of(commands);
    const std::string word = argv[1];
    if (std::find(names.begin(), names.end(), word) == names.end()) {
      complain(Complaint{"command", fmt::format("one of {}", fmt::join(names, ", ")), "'" + word + "'",
                         text::did_you_mean(word, names, "See: reprise --help")}
                   .text());
      return kBadInput;
    }
  }
  if (argc == 1) {
    fmt::print("{}", program.help());
    return flushed(kBadInput);
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    return flushed(program.exit(wanted));
  } catch (const CLI::ParseError& error) {
    complain(explain(program, error));
    return kBadInput;
  } catch (const InputError& error) {  // an option's own reader
    complain(fmt::format("{}\nSee: {} --help", error.what(), command_line_of(innermost(program))));
    return kBadInput;
  }
  return flushed(act(commands));
}

}  // namespace reprise::command
