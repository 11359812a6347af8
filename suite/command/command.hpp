#pragma once
// One subcommand of `reprise`: its flags, and its action once they are parsed. One file per subcommand.

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace reprise::command {

struct Command {
  CLI::App* app = nullptr;   ///< its name, flags, help and examples
  std::function<int()> act;  ///< returns an ExitCode; throws InputError or RunError
  /// Several ranks share its work, and it makes a Session itself. Otherwise rank 0 acts alone under mpirun.
  bool uses_ranks = false;
};

/// The entries of the command table in program.cpp.
Command add_list(CLI::App& program);
Command add_show(CLI::App& program);
Command add_plan(CLI::App& program);
Command add_run(CLI::App& program);
Command add_report(CLI::App& program);
Command add_diff(CLI::App& program);
Command add_verify(CLI::App& program);
Command add_seal(CLI::App& program);
Command add_collect(CLI::App& program);
Command add_status(CLI::App& program);
Command add_watch(CLI::App& program);
Command add_data(CLI::App& program);
Command add_score(CLI::App& program);
Command add_doctor(CLI::App& program);
Command add_completion(CLI::App& program);
Command add_manual(CLI::App& program);

/// The end of a help text: "Examples:" and one command per line. A test runs every line, in the order of the program's help.
std::string examples(const std::vector<std::string>& lines);

/// Parses the command line, runs the subcommand, prints errors to standard error; returns the process's exit code.
int run_program(int argc, const char* const* argv);

}  // namespace reprise::command
