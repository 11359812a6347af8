#pragma once
// Completion scripts for shells and a manual page, made from the options that a program declares, so that neither can be out of date.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace reprise::command {

enum class Shell { bash, zsh, fish };

/// A script that completes subcommands, flags, and files where a flag takes one. PAPER and PAPER/TRIAL come from `reprise list --names`.
std::string completion_script(const CLI::App& program, Shell shell);

/// The manual page in roff (man(7)): synopsis, every subcommand with its options and examples, environment and exit codes.
std::string manual_page(const CLI::App& program, const std::string& version);

}  // namespace reprise::command
