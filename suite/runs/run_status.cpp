#include "suite/runs/run_status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_toml.hpp"
#include "suite/errors.hpp"
#include "suite/ranks/session.hpp"
#include "suite/records/checkpoint.hpp"
#include "suite/records/result_file.hpp"
#include "suite/records/run_lock.hpp"
#include "suite/runs/run_stream.hpp"
#include "suite/runs/run_trial.hpp"
#include "suite/text/quantities.hpp"
#include "suite/version.hpp"

namespace reprise::runs {

namespace {

namespace fs = std::filesystem;

/// A host that writes to a stream without our seeing its lock (a file system that does not share locks) is at work.
constexpr double kSecondsOfSilence = 180;

/// The files of one run: RUN.h5, RUN.checkpoint, RUN.lock, RUN.jsonl.
struct Files {
  fs::path result, checkpoint, lock, stream;
  const fs::path& best() const { return !result.empty() ? result : !checkpoint.empty() ? checkpoint : !stream.empty() ? stream : lock; }
};

std::map<fs::path, Files> files_by_run(const records::ResultFolder& found) {
  std::map<fs::path, Files> runs;
  const auto add = [&](const std::vector<fs::path>& paths, fs::path Files::*which) {
    for (const fs::path& path : paths) runs[fs::path(path).replace_extension()].*which = path;
  };
  add(found.results, &Files::result);
  add(found.checkpoints, &Files::checkpoint);
  add(found.locks, &Files::lock);
  add(found.streams, &Files::stream);
  return runs;
}

double seconds_since_written(const fs::path& file) {
  std::error_code error;
  const auto time = fs::last_write_time(file, error);
  return error ? -1 : std::chrono::duration<double>(fs::file_time_type::clock::now() - time).count();
}

std::int64_t bytes_of(const fs::path& file) {
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(file, error);
  return error ? 0 : static_cast<std::int64_t>(bytes);
}

/// Recipe and identity as far as the files tell them.
struct Told {
  std::string recipe_toml;
  int answer_version = 0;  ///< 0: not told
  bool is_read = false;
};

void take_stream(const StreamContent& content, RunStatus& status, Told& told) {
  if (content.start) {
    const StreamStart& start = *content.start;
    status.paper = start.paper, status.trial = start.trial, status.scale = start.scale, status.run_id = start.run_id;
    status.seed = start.seed, status.host = start.host, status.pid = start.pid, status.since_utc = start.utc;
    status.step = start.step, status.steps = start.steps;
    told.recipe_toml = start.recipe_toml, told.answer_version = start.answer_version;
  }
  if (content.steps.empty()) return;
  const StreamStep& last = content.steps.back();
  status.step = last.step, status.share = last.share, status.epoch = last.epoch, status.seconds_left = last.seconds_left;
}

void take_checkpoint(const fs::path& file, RunStatus& status, Told& told) {
  const std::optional<records::Checkpoint> saved = records::read_checkpoint(file);
  if (!saved) return;
  const auto text = [&](const char* name) {
    const auto found = saved->texts.find(name);
    return found == saved->texts.end() ? std::string() : found->second;
  };
  if (const auto step = saved->numbers.find("step"); step != saved->numbers.end()) status.step = step->second;
  if (const auto seed = saved->numbers.find("seed"); seed != saved->numbers.end()) status.seed = seed->second;
  if (status.run_id.empty()) status.run_id = text("run_id");
  if (const std::string recipe = text("recipe"); !recipe.empty()) told.recipe_toml = recipe;
  if (const auto version = saved->numbers.find("answer_version"); version != saved->numbers.end())
    told.answer_version = static_cast<int>(version->second);
}

/// A run that is repeated with --force goes on from its checkpoint although there is a result.
bool is_of_forced_run(const fs::path& checkpoint) {
  try {
    const std::optional<records::Checkpoint> saved = records::read_checkpoint(checkpoint);
    return saved && saved->texts.contains(kForced);
  } catch (const InputError&) {
    return false;
  }
}

void take_record(const records::RunRecord& record, RunStatus& status, Told& told) {
  status.paper = record.paper, status.trial = record.trial, status.scale = record.scale, status.run_id = record.run_id;
  status.seed = record.seed;
  told.recipe_toml = record.recipe_toml, told.answer_version = record.answer_version();
  const auto fact = [&](const char* key) {
    const auto found = record.provenance.find(key);
    return found == record.provenance.end() ? std::string() : found->second;
  };
  status.host = fact("host"), status.since_utc = fact("start_utc");
  status.share = 1, status.epoch = record.epochs.empty() ? -1 : record.epochs.back(), status.seconds_left = -1;
  status.step = status.steps = 0;
  if (record.status == records::kDiverged) status.state = RunState::diverged, status.why = fact("divergence"), status.share = -1;
}

/// Why no run of today goes on with a checkpoint, "" if one does.
std::string why_stale(const RunStatus& status, const Told& told) {
  if (told.recipe_toml.empty()) return "nothing says which recipe it is of";
  if (told.answer_version != kAnswerVersion) return fmt::format("of answer version {}, today's is {}", told.answer_version, kAnswerVersion);
  try {
    const recipes::Recipe stored = catalog::recipe_from_toml(told.recipe_toml);
    const recipes::Recipe today = catalog::resolve(status.paper, status.trial, status.scale, catalog::overrides_by_hand(stored));
    if (catalog::settings_text(today) != catalog::settings_text(stored)) return "of an earlier recipe of its trial";
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

void take_recipe(Told& told, const fs::path& run, RunStatus& status) {
  if (told.is_read) return;
  told.is_read = true;
  try {
    const recipes::Recipe recipe = catalog::stored_recipe(told.recipe_toml, catalog::Strictness::lenient);
    if (status.paper.empty()) status.paper = recipe.paper, status.trial = recipe.trial, status.scale = recipe.scale;
    for (const catalog::Override& setting : catalog::overrides_by_hand(recipe)) status.by_hand.push_back(setting.key + "=" + setting.value);
  } catch (const std::exception&) {
    // An earlier program's recipe: its words stay unknown.
  }
  if (status.paper.empty()) {  // FOLDER/PAPER/TRIAL/RUN
    status.trial = run.parent_path().filename().string();
    status.paper = run.parent_path().parent_path().filename().string();
  }
  if (status.run_id.empty()) status.run_id = run.filename().string();
}

class Look {
 public:
  Look(FolderStatus& all, Results results) : all_(all), results_(results) {}

  void at(const fs::path& run, const Files& files) {
    RunStatus status;
    Told told;
    const bool held = !files.lock.empty() && records::RunLock::is_held(files.lock);
    const std::optional<StreamContent> stream = files.stream.empty() ? std::nullopt : read_stream(files.stream);
    if (stream) take_stream(*stream, status, told);
    status.seconds_since_sign = seconds_since_written(files.stream.empty() ? files.best() : files.stream);
    status.file = files.best();
    const bool elsewhere = stream && stream->end.empty() && stream->start && status.host != ranks::host_name() &&
                           status.seconds_since_sign >= 0 && status.seconds_since_sign < kSecondsOfSilence;
    if (!files.lock.empty() && !held && !elsewhere) orphan(files.lock, "no process holds it");
    if (!held && files.result.empty() && files.checkpoint.empty() && files.stream.empty()) return;  // a lock that was left, and no run
    if (held || elsewhere) {
      status.state = RunState::running;
      if (held && !stream) status.why = records::RunLock::holder(files.lock);
    } else if (!files.result.empty()) {
      if (!take_result(files, status, told)) return;
    } else {
      take_remains(files, stream, run, status, told);
    }
    take_recipe(told, run, status);
    all_.runs.push_back(std::move(status));
  }

 private:
  void orphan(const fs::path& file, const std::string& why) { all_.orphans.push_back({file, why, bytes_of(file)}); }

  /// False if the file cannot be read.
  bool take_result(const Files& files, RunStatus& status, Told& told) {
    status.state = RunState::finished;
    if (results_ == Results::read) try {
        take_record(records::read_result(files.result), status, told);
      } catch (const InputError& error) {
        all_.unreadable.push_back({files.result, error.what()});
        return false;
      }
    if (files.checkpoint.empty()) return true;
    if (!is_of_forced_run(files.checkpoint)) {
      orphan_checkpoint(files.checkpoint, "its run has a result");
    } else {
      status.state = RunState::interrupted, status.is_forced = true, status.share = status.epoch = -1;
      status.file = files.checkpoint, status.why = "it repeats a run that has a result";
    }
    return true;
  }

  void take_remains(const Files& files, const std::optional<StreamContent>& stream, const fs::path& run, RunStatus& status, Told& told) {
    if (!files.checkpoint.empty()) try {
        take_checkpoint(files.checkpoint, status, told);
      } catch (const InputError& error) {
        all_.unreadable.push_back({files.checkpoint, error.what()});
      }
    take_recipe(told, run, status);
    if (stream && (stream->end == "failed" || stream->end == "diverged")) {
      status.state = RunState::failed, status.why = stream->message;
    } else if (files.checkpoint.empty()) {
      status.state = RunState::stale;
      status.why = "it ended before its first checkpoint";
      if (!files.stream.empty()) orphan(files.stream, "its run left neither result nor checkpoint");
    } else {
      status.why = why_stale(status, told);
      status.state = status.why.empty() ? RunState::interrupted : RunState::stale;
      if (!status.why.empty()) orphan_checkpoint(files.checkpoint, status.why);
    }
  }

  void orphan_checkpoint(const fs::path& checkpoint, const std::string& why) {
    for (const char* end : {"", ".previous", ".new"}) {
      const fs::path file = checkpoint.string() + end;
      std::error_code ignored;
      if (fs::exists(file, ignored)) orphan(file, why);
    }
  }

  FolderStatus& all_;
  Results results_;
};

}  // namespace

const char* name_of(RunState state) {
  switch (state) {
    case RunState::finished:
      return "finished";
    case RunState::running:
      return "running";
    case RunState::interrupted:
      return "interrupted";
    case RunState::diverged:
      return "diverged";
    case RunState::failed:
      return "failed";
    case RunState::stale:
      return "stale";
  }
  return "";
}

std::string RunStatus::name() const {
  std::string text = fmt::format("{}/{}", paper, trial);
  if (!scale.empty()) text += fmt::format(", {}, seed {}", scale, seed);
  for (const std::string& setting : by_hand) text += ", " + setting;
  return text;
}

std::string RunStatus::how_far() const {
  std::vector<std::string> parts;
  if (share >= 0) parts.push_back(fmt::format("{:.0f} %", 100 * share));
  if (epoch >= 0) parts.push_back(fmt::format("epoch {:.1f}", epoch));
  if (steps > 0)
    parts.push_back(fmt::format("step {} of {}", step, steps));
  else if (step > 0)
    parts.push_back(fmt::format("step {}", step));
  if (state == RunState::running && seconds_left > 0) parts.push_back(text::duration_text(seconds_left) + " left");
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string RunStatus::command(const fs::path& out) const {
  if (state != RunState::interrupted && state != RunState::failed) return "";
  std::string line = fmt::format("reprise run {}/{} --scale {} --seed {}", paper, trial, scale, seed);
  for (const std::string& setting : by_hand) line += fmt::format(" --set '{}'", setting);
  return line + (is_forced ? " --force" : "") + " --out " + out.string();
}

FolderStatus status_of(const fs::path& folder, Results results, const std::set<std::string>& skipped) {
  const records::ResultFolder found = records::list_result_folder(folder, skipped);
  FolderStatus all;
  all.unreadable = found.unreadable;
  Look look(all, results);
  for (const auto& [run, files] : files_by_run(found)) look.at(run, files);
  for (const fs::path& file : found.temporaries)
    if (!records::RunLock::is_held(file)) all.orphans.push_back({file, "what a writer that was ended left", bytes_of(file)});
  std::stable_sort(all.runs.begin(), all.runs.end(), [](const RunStatus& a, const RunStatus& b) {
    return std::tie(a.paper, a.trial, a.scale, a.by_hand, a.seed) < std::tie(b.paper, b.trial, b.scale, b.by_hand, b.seed);
  });
  std::sort(all.orphans.begin(), all.orphans.end(), [](const Orphan& a, const Orphan& b) { return a.file < b.file; });
  return all;
}

}  // namespace reprise::runs
