#include "suite/command/completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "suite/command/command.hpp"
#include "suite/errors.hpp"
#include "suite/text/suggestion.hpp"
#include "suite/version.hpp"

namespace reprise::command {
namespace {

/// Option text of the positional that names a paper or a trial.
constexpr const char* kTarget = "PAPER";

std::vector<const CLI::App*> subcommands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// A command that can be given, with the words that lead to it: {"data", "fetch"}.
struct Leaf {
  const CLI::App* app;
  std::vector<std::string> words;
};

void collect_leaves(const CLI::App& app, std::vector<std::string> words, std::vector<Leaf>& leaves) {
  for (const CLI::App* sub : subcommands_of(app)) {
    std::vector<std::string> path = words;
    path.push_back(sub->get_name());
    if (subcommands_of(*sub).empty())
      leaves.push_back({sub, path});
    else
      collect_leaves(*sub, path, leaves);
  }
}

std::vector<Leaf> leaves_of(const CLI::App& program) {
  std::vector<Leaf> leaves;
  collect_leaves(program, {}, leaves);
  return leaves;
}

struct Flag {
  std::vector<std::string> names;  ///< "-h", "--help"
  std::string help, value;         ///< value: "N", "DIR"; "" for a flag without one
  bool takes_value = false;
};

std::vector<Flag> flags_of(const CLI::App& app) {
  std::vector<Flag> flags;
  for (const CLI::Option* option : app.get_options()) {
    Flag flag;
    for (const std::string& name : option->get_snames()) flag.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) flag.names.push_back("--" + name);
    if (flag.names.empty()) continue;
    flag.help = option->get_description();
    flag.takes_value = option->get_expected_min() > 0;
    if (flag.takes_value) flag.value = option->get_option_text().empty() ? option->get_type_name() : option->get_option_text();
    flags.push_back(flag);
  }
  return flags;
}

std::vector<const CLI::Option*> positionals_of(const CLI::App& app) {
  std::vector<const CLI::Option*> found;
  for (const CLI::Option* option : app.get_options([](const CLI::Option* o) { return o->get_positional(); }))
    if (option->get_snames().empty() && option->get_lnames().empty()) found.push_back(option);
  return found;
}

bool names_a_target(const CLI::App& app) {
  const auto positionals = positionals_of(app);
  return std::any_of(positionals.begin(), positionals.end(),
                     [](const CLI::Option* option) { return option->get_name(true).rfind(kTarget, 0) == 0; });
}

std::string all_flags(const CLI::App& app) {
  std::vector<std::string> names;
  for (const Flag& flag : flags_of(app)) names.insert(names.end(), flag.names.begin(), flag.names.end());
  return fmt::format("{}", fmt::join(names, " "));
}

std::string names_of(const std::vector<const CLI::App*>& apps) {
  std::vector<std::string> names;
  for (const CLI::App* app : apps) names.push_back(app->get_name());
  return fmt::format("{}", fmt::join(names, " "));
}

// ------------------------------------------------------------------------------------------------------------------------- bash

std::string bash_script(const CLI::App& program) {
  std::string cases;
  for (const CLI::App* app : subcommands_of(program)) {
    const auto below = subcommands_of(*app);
    std::string flags = all_flags(*app), words = names_of(below);
    for (const CLI::App* sub : below) flags += " " + all_flags(*sub);
    if (names_a_target(*app)) words = "$(reprise list --names 2>/dev/null)";
    cases += fmt::format("    {}) flags=\"{}\" words=\"{}\" ;;\n", app->get_name(), flags, words);
  }
  std::vector<std::string> with_value;
  for (const Leaf& leaf : leaves_of(program))
    for (const Flag& flag : flags_of(*leaf.app))
      if (flag.takes_value) with_value.insert(with_value.end(), flag.names.begin(), flag.names.end());
  std::sort(with_value.begin(), with_value.end());
  with_value.erase(std::unique(with_value.begin(), with_value.end()), with_value.end());
  return fmt::format(R"(# bash completion of reprise. Load it with: source <(reprise completion bash)
_reprise() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} flags="" words=""
  COMPREPLY=()
  case $before in
    {}) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{} {}" -- "$word")); return
  fi
  case ${{COMP_WORDS[1]}} in
{}  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
  elif [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}}
complete -o filenames -o bashdefault -F _reprise reprise
)",
                     fmt::join(with_value, "|"), names_of(subcommands_of(program)), all_flags(program), cases);
}

// -------------------------------------------------------------------------------------------------------------------------- zsh

/// Inside '...[...]': no quotes, brackets or colons that end it.
std::string zsh_text(std::string text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\'')
      safe += "'\\''";
    else if (c == '[' || c == ']' || c == ':')
      safe += std::string("\\") + c;
    else
      safe += c == '\n' ? ' ' : c;
  }
  return safe;
}

std::string zsh_arguments(const CLI::App& app) {
  std::string text;
  for (const Flag& flag : flags_of(app))
    for (const std::string& name : flag.names)
      text += fmt::format(" \\\n        '{}[{}]{}'", name, zsh_text(flag.help),
                          flag.takes_value ? fmt::format(":{}:_files", zsh_text(flag.value)) : "");
  text += names_a_target(app) ? " \\\n        '*:target:($(reprise list --names 2>/dev/null))'" : " \\\n        '*:file:_files'";
  return text;
}

std::string zsh_script(const CLI::App& program) {
  std::string commands, cases;
  for (const CLI::App* app : subcommands_of(program)) {
    commands += fmt::format("    '{}:{}'\n", app->get_name(), zsh_text(app->get_description()));
    const auto below = subcommands_of(*app);
    if (below.empty())
      cases += fmt::format("      {}) _arguments{} ;;\n", app->get_name(), zsh_arguments(*app));
    else
      cases += fmt::format("      {}) _arguments '1:action:({})' '*:name:_files' ;;\n", app->get_name(), names_of(below));
  }
  return fmt::format(R"(#compdef reprise
# zsh completion of reprise. Put it into a folder of $fpath as _reprise.
_reprise() {{
  local -a commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
  else
    local command=$words[2]
    shift words; (( CURRENT-- ))
    case $command in
{}    esac
  fi
}}
_reprise "$@"
)",
                     commands, cases);
}

// ------------------------------------------------------------------------------------------------------------------------- fish

std::string fish_text(const std::string& text) {
  std::string safe;
  for (const char c : text) safe += c == '\'' ? "\\'" : std::string(1, c == '\n' ? ' ' : c);
  return safe;
}

std::string fish_script(const CLI::App& program) {
  std::string text = "# fish completion of reprise. Put it into ~/.config/fish/completions as reprise.fish.\n";
  const auto commands = subcommands_of(program);
  text += fmt::format("set -l commands {}\n", names_of(commands));
  for (const CLI::App* app : commands)
    text += fmt::format("complete -c reprise -n \"not __fish_seen_subcommand_from $commands\" -f -a {} -d '{}'\n", app->get_name(),
                        fish_text(app->get_description()));
  for (const Leaf& leaf : leaves_of(program)) {
    std::string condition = fmt::format("__fish_seen_subcommand_from {}", leaf.words.front());
    if (leaf.words.size() > 1) {
      text += fmt::format("complete -c reprise -n \"{}\" -f -a {} -d '{}'\n", condition, leaf.words.back(),
                          fish_text(leaf.app->get_description()));
      condition += fmt::format("; and __fish_seen_subcommand_from {}", leaf.words.back());
    }
    for (const Flag& flag : flags_of(*leaf.app)) {
      std::string names;
      for (const std::string& name : flag.names) names += name.rfind("--", 0) == 0 ? " -l " + name.substr(2) : " -s " + name.substr(1);
      text +=
          fmt::format("complete -c reprise -n \"{}\"{}{} -d '{}'\n", condition, names, flag.takes_value ? " -r" : "", fish_text(flag.help));
    }
    if (names_a_target(*leaf.app))
      text += fmt::format("complete -c reprise -n \"{}\" -f -a '(reprise list --names 2>/dev/null)'\n", condition);
  }
  return text;
}

// ----------------------------------------------------------------------------------------------------------------------- manual

/// A line of roff text: no control line by accident, no escape by accident, and hyphens that can be searched for.
std::string roff(const std::string& text) {
  std::string out;
  bool at_start = true;
  for (const char c : text) {
    if (at_start && (c == '.' || c == '\'')) out += "\\&";
    out += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
    at_start = c == '\n';
  }
  return out;
}

std::string verbatim(const std::string& text) {
  return text.empty() ? "" : ".PP\n.nf\n" + roff(text) + (text.back() == '\n' ? "" : "\n") + ".fi\n";
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string options_in_roff(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : positionals_of(app))
    text += fmt::format(".TP\n\\fI{}\\fR\n{}\n", roff(option->get_name(true)), roff(option->get_description()));
  for (const Flag& flag : flags_of(app)) {
    std::vector<std::string> names;
    for (const std::string& name : flag.names) names.push_back("\\fB" + roff(name) + "\\fR");
    text += fmt::format(".TP\n{}{}\n{}\n", fmt::join(names, ", "), flag.takes_value ? " \\fI" + roff(flag.value) + "\\fR" : "",
                        roff(flag.help));
  }
  return text;
}

int print_completion(const CLI::App& program, const std::string& shell) {
  static const std::vector<std::string> kShells = {"bash", "zsh", "fish"};
  const auto found = std::find(kShells.begin(), kShells.end(), shell);
  if (found == kShells.end())
    throw InputError(
        Complaint{"SHELL", fmt::format("one of {}", fmt::join(kShells, ", ")), "'" + shell + "'", text::did_you_mean(shell, kShells, "")});
  fmt::print("{}", completion_script(program, static_cast<Shell>(found - kShells.begin())));
  return kDone;
}

}  // namespace

std::string completion_script(const CLI::App& program, Shell shell) {
  return shell == Shell::bash ? bash_script(program) : shell == Shell::zsh ? zsh_script(program) : fish_script(program);
}

std::string manual_page(const CLI::App& program, const std::string& version) {
  std::string text = fmt::format(".TH REPRISE 1 \"\" \"reprise {}\" \"User Commands\"\n.SH NAME\nreprise \\- {}\n", roff(version),
                                 roff(program.get_description()));
  text += ".SH SYNOPSIS\n\\fBreprise\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.SH COMMANDS\n";
  for (const CLI::App* app : subcommands_of(program))
    text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(app->get_name()), roff(app->get_description()));
  for (const Leaf& leaf : leaves_of(program)) {
    const std::string name = fmt::format("{}", fmt::join(leaf.words, " "));
    text += fmt::format(".SH \"{}\"\n{}.\n", upper("reprise " + name), roff(leaf.app->get_description()));
    text += options_in_roff(*leaf.app) + verbatim(leaf.app->get_footer());
  }
  return text + ".SH \"ENVIRONMENT AND EXIT CODES\"\n" + verbatim(program.get_footer());
}

Command add_completion(CLI::App& program) {
  auto shell = std::make_shared<std::string>();
  CLI::App* app = program.add_subcommand("completion", "Prints a completion script for bash, zsh or fish");
  app->add_option("SHELL", *shell, "bash, zsh or fish")->option_text(" ")->required();
  app->footer(examples({"reprise completion bash"}));
  return {app, [&program, shell] { return print_completion(program, *shell); }};
}

Command add_manual(CLI::App& program) {
  CLI::App* app = program.add_subcommand("manual", "Prints the manual page (roff): reprise manual | man -l -");
  app->footer(examples({"reprise manual"}));
  return {app, [&program] {
            fmt::print("{}", manual_page(program, version()));
            return static_cast<int>(kDone);
          }};
}

}  // namespace reprise::command
