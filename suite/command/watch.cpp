// reprise watch [DIR]

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "suite/command/chart.hpp"
#include "suite/command/command.hpp"
#include "suite/command/number_options.hpp"
#include "suite/command/progress.hpp"
#include "suite/errors.hpp"
#include "suite/runs/run_status.hpp"
#include "suite/runs/run_stream.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::command {
namespace {

namespace fs = std::filesystem;

struct WatchFlags {
  std::string folder = "results";
  double seconds = 2;
  int width = 0;
  bool once = false;
};

constexpr int kChartHeight = 12;

std::atomic<bool> is_over{false};

fs::path stream_of(const fs::path& file) {
  return fs::path(file).replace_extension(".jsonl");
}

/// What is drawn of one run.
std::vector<std::string> picture_of(const runs::RunStatus& run, const runs::StreamContent& stream, int width) {
  std::vector<std::string> lines = {run.name(), fmt::format("{}: {}", runs::name_of(run.state), run.how_far())};
  Points losses;
  for (const runs::StreamStep& step : stream.steps) losses.emplace_back(static_cast<double>(step.step), step.loss);
  const std::vector<std::string> curve = chart(losses, width, kChartHeight);
  if (!curve.empty()) {
    const double rate = stream.steps.back().rate;
    lines.push_back(rate == rate ? fmt::format("loss by step, last {:.4g}; rate {:.4g}", losses.back().second, rate)
                                 : fmt::format("loss by step, last {:.4g}", losses.back().second));
    lines.insert(lines.end(), curve.begin(), curve.end());
  }
  if (!stream.evaluations.empty()) {
    const runs::StreamEvaluation& last = stream.evaluations.back();
    std::string text = fmt::format("epoch {:.4g}:", last.epoch);
    for (const auto& [name, value] : last.metrics) text += fmt::format(" {} {:.4g}", name, value);
    lines.push_back(text);
  }
  for (std::string& line : lines)
    if (line.size() > static_cast<std::size_t>(width)) line.resize(static_cast<std::size_t>(width));
  return lines;
}

/// Of a folder its running runs, or, if none runs, the one that was last written to; a file names one run.
std::string picture(const WatchFlags& flags) {
  const int width = flags.width > 0 ? flags.width : output_width();
  const bool one = !fs::is_directory(flags.folder);
  const runs::FolderStatus found = runs::status_of(one ? fs::absolute(flags.folder).parent_path() : fs::path(flags.folder));
  std::vector<const runs::RunStatus*> shown;
  const runs::RunStatus* newest = nullptr;
  for (const runs::RunStatus& run : found.runs) {
    if (one && stream_of(fs::absolute(run.file)) != stream_of(fs::absolute(flags.folder))) continue;
    std::error_code ignored;
    if (!fs::exists(stream_of(run.file), ignored)) continue;
    if (one || run.state == runs::RunState::running) shown.push_back(&run);
    if (newest == nullptr || run.seconds_since_sign < newest->seconds_since_sign) newest = &run;
  }
  if (shown.empty() && newest != nullptr) shown.push_back(newest);
  if (shown.empty())
    throw InputError(Complaint{"reprise watch", "a run that has a stream (RUN.jsonl) in " + flags.folder, "none",
                               "`reprise run` writes one; `reprise status` lists what is there"});
  std::string text;
  for (const runs::RunStatus* run : shown) {
    const std::optional<runs::StreamContent> stream = runs::read_stream(stream_of(run->file));
    if (!stream) continue;
    for (const std::string& line : picture_of(*run, *stream, width)) text += line + "\n";
    text += "\n";
  }
  return text;
}

int watch(const WatchFlags& flags) {
  if (flags.once || ::isatty(STDOUT_FILENO) == 0 || !can_redraw()) {
    fmt::print("{}", picture(flags));
    return kDone;
  }
  std::signal(SIGINT, [](int) { is_over = true; });
  while (!is_over) {
    fmt::print("\033[H\033[2J{}Ctrl-C ends this, not the runs.\n", picture(flags));
    std::fflush(stdout);
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(flags.seconds);
    while (!is_over && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return kDone;
}

}  // namespace

Command add_watch(CLI::App& program) {
  auto flags = std::make_shared<WatchFlags>();
  CLI::App* app = program.add_subcommand("watch", "Draws the curves of running trials in the terminal, again and again");
  app->add_option("DIR", flags->folder, "Folder of results (default: results), or one file of a run")->option_text(" ");
  app->add_flag("--once", flags->once, "Draws once; always so where the output is no terminal");
  add_number(*app, "--every", flags->seconds, 0.2, 3600, "Seconds from one drawing to the next (default: 2)")->option_text("S");
  add_integer(*app, "--width", flags->width, 22, 1000, "Columns (default: those of the terminal)");
  app->footer(
      "Reads the streams that runs write beside their results (RUN.jsonl; docs/results.md). Where nothing runs, it shows the run that was\n"
      "at work last.\n\n" +
      examples({"reprise watch results --once"}));
  return {app, [flags] { return watch(*flags); }};
}

}  // namespace reprise::command
