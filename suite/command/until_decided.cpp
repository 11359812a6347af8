#include "suite/command/until_decided.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "reports/runs/run_time.hpp"
#include "reports/text.hpp"
#include "reports/verdicts/evidence.hpp"
#include "reports/verdicts/questions.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/clock.hpp"
#include "suite/command/seed_schedule.hpp"
#include "suite/command/stop_signals.hpp"
#include "suite/command/tell.hpp"
#include "suite/errors.hpp"
#include "suite/records/result_file.hpp"
#include "suite/records/result_folder.hpp"
#include "suite/runs/forecast.hpp"
#include "suite/runs/trained_weights.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::command {
namespace {

namespace fs = std::filesystem;

using reports::Question;
using reports::SeedRun;
using text::duration_text;
using text::plural;

/// The result files of a paper, each read once.
class Results {
 public:
  explicit Results(fs::path folder) : folder_(std::move(folder)) {}

  /// Sorted by path, so that nothing depends on the order of a directory.
  std::vector<const records::RunRecord*> all() {
    if (fs::is_directory(folder_)) {
      const records::ResultFolder found = records::list_result_folder(folder_, {reports::kSupersededFolder});
      for (const fs::path& file : found.results) read(file);
      for (const records::Unreadable& one : found.unreadable)
        if (damaged_.insert(one.path).second) tell("reprise: left out: {}: {}\n", one.path.string(), one.reason);
    }
    std::vector<const records::RunRecord*> records;
    for (const auto& [path, record] : records_)
      if (record.status == "complete") records.push_back(&record);
    return records;
  }

 private:
  void read(const fs::path& path) {
    if (records_.contains(path) || damaged_.contains(path)) return;
    try {
      records::RunRecord record = records::read_result(path);
      record.weights.clear();
      records_.emplace(path, std::move(record));
    } catch (const InputError& error) {
      damaged_.insert(path);
      tell("reprise: left out: {}\n", error.what());
    }
  }

  fs::path folder_;
  std::map<fs::path, records::RunRecord> records_;
  std::set<fs::path> damaged_;
};

using Recipes = std::map<std::string, recipes::Recipe>;  ///< by trial

Recipes recipes_of_paper(RecipeFlags flags, const Target& target) {
  flags.targets = {target.paper.slug};  // the other side of a claim is run, too
  Recipes recipes;
  for (Chosen& chosen : flags.resolve()) {
    if (!chosen.variant.empty())
      throw InputError(Complaint{"--until-decided", "one value for each --set", chosen.variant, "Run each value on its own"});
    recipes.emplace(chosen.recipe.trial, std::move(chosen.recipe));
  }
  return recipes;
}

std::string name_of(const Target& target) {
  return target.whole_paper ? target.paper.slug : target.paper.slug + "/" + target.trials.front();
}

/// Rank 0's view: what is open, what it costs, what comes next.
class Search {
 public:
  Search(const Target& target, const Recipes& recipes, const SeedLimits& limits, const runs::RunOptions& options, int at_once)
      : target_(target),
        recipes_(recipes),
        limits_(limits),
        threads_(options.threads),
        at_once_(at_once),
        results_(options.out / target.paper.slug) {
    look();
    if (questions_.empty())
      throw InputError(Complaint{fmt::format("--until-decided: {} at scale {}", name_of(target), recipes.begin()->second.scale),
                                 "claims that can be tested there, or published numbers to compare with", "none",
                                 "See: reprise show " + target.paper.slug});
  }

  /// Reads what results there are and finds the questions again.
  void look() {
    const std::vector<const records::RunRecord*> records = results_.all();
    std::vector<reports::LeftOut> left_out;
    const std::vector<reports::RunGroup> groups = reports::group_runs(target_.paper, records, left_out);
    questions_ = reports::questions_of(target_.paper, groups, recipes_, limits_.max_seeds);
    if (!target_.whole_paper)
      std::erase_if(questions_, [&](const Question& question) {
        return std::find(question.trials.begin(), question.trials.end(), target_.trials.front()) == question.trials.end();
      });
    note_times(groups);
    for (const reports::RunGroup& group : groups) {
      const auto recipe = recipes_.find(group.trial);
      if (recipe == recipes_.end() || group.scale != recipe->second.scale || group.outdated()) continue;
      if (catalog::settings_text(group.recipe) == catalog::settings_text(recipe->second))
        for (const records::RunRecord* run : group.runs) present_.insert({group.trial, run->seed});
    }
  }

  /// What was run and is still lacking has failed: the questions that need it are closed.
  void close_failed(const std::vector<SeedRun>& ran) {
    for (const Question& question : questions_)
      for (const SeedRun& run : question.lacking)
        if (std::find(ran.begin(), ran.end(), run) != ran.end()) failed_.insert(run);
    for (Question& question : questions_) {
      const auto failed =
          std::find_if(question.lacking.begin(), question.lacking.end(), [&](const SeedRun& run) { return failed_.contains(run); });
      if (!question.is_open() || failed == question.lacking.end()) continue;
      question.close(fmt::format("{}, seed {} {}", failed->trial, failed->seed,
                                 present_.contains(*failed) ? "is there, but from another instruction set, oneDNN or data" : "failed"));
    }
  }

  Batch next(double seconds_left) {
    for (const Question& question : questions_)
      for (const SeedRun& run : question.lacking)
        if (question.is_open()) time_of(run.trial);
    return next_batch(questions_, seconds_, seconds_left, at_once_);
  }

  const std::vector<Question>& questions() const { return questions_; }

  void print_table() {
    std::vector<std::vector<std::string>> table = {{"", "seeds", "state", "next look", "runs", "time", "chance"}};
    for (const Question& question : questions_) {
      if (!question.is_open()) {
        table.push_back({question.name, std::to_string(question.seeds), question.state_text(), "", "", "", ""});
        continue;
      }
      for (const SeedRun& run : question.lacking) time_of(run.trial);
      table.push_back({question.name, std::to_string(question.seeds), question.state_text(), std::to_string(question.next_look),
                       std::to_string(question.lacking.size()), duration_text(wall_seconds(question.lacking, seconds_, at_once_)),
                       question.chance ? fmt::format("{:.0f} %", 100 * *question.chance) : "-"});
    }
    fmt::print("{}\n", reports::aligned(table, "-"));
    std::fflush(stdout);
  }

 private:
  /// From the runs that are there: start to end, or the training alone where an interruption lies between.
  void note_times(const std::vector<reports::RunGroup>& groups) {
    for (const auto& [trial, recipe] : recipes_) {
      const reports::RunGroup* group = reports::group_of(groups, recipe);
      if (group == nullptr) continue;
      double sum = 0;
      for (const records::RunRecord* run : group->runs) sum += reports::run_seconds(*run);
      if (sum > 0) seconds_[trial] = sum / static_cast<double>(group->runs.size()) + seconds_before(recipe);
    }
  }

  /// Of the runs whose weights one of this recipe needs, which a new seed has not: an upper bound where they are asked for themselves.
  double seconds_before(const recipes::Recipe& recipe) {
    double seconds = 0;
    for (const recipes::Recipe& before : runs::recipes_before(recipe)) {
      const bool is_new = !seconds_of_others_.contains(before.trial);
      if (is_new) seconds_of_others_[before.trial] = runs::forecast(before, threads_).seconds + seconds_before(before);
      seconds += seconds_of_others_.at(before.trial);
    }
    return seconds;
  }

  void time_of(const std::string& trial) {
    if (seconds_.contains(trial)) return;
    const double seconds = runs::forecast(recipes_.at(trial), threads_).seconds + seconds_before(recipes_.at(trial));
    seconds_[trial] = std::isnan(seconds) ? std::numeric_limits<double>::infinity() : seconds;
  }

  const Target& target_;
  const Recipes& recipes_;
  SeedLimits limits_;
  int threads_, at_once_;
  Results results_;
  std::vector<Question> questions_;
  RunSeconds seconds_;
  std::map<std::string, double> seconds_of_others_;  ///< by the trial whose weights others need
  std::set<SeedRun> failed_;
  std::set<SeedRun> present_;  ///< runs of these recipes, whatever they were done on
};

std::string names_of(const std::vector<Question>& questions, const std::vector<std::size_t>& places) {
  std::vector<std::string> names;
  for (const std::size_t place : places) names.push_back(questions[place].name);
  return reports::joined(names, ", ");
}

/// The loop of all ranks: rank 0 looks and chooses, all run.
class Loop {
 public:
  Loop(const Target& target, const Recipes& recipes, const SeedLimits& limits, const runs::RunOptions& options, ranks::Session& session,
       const Spread& spread)
      : target_(target), recipes_(recipes), limits_(limits), options_(options), session_(session), spread_(spread), team_(session.team(0)) {
    team_->set_watchdog(spread.watchdog_seconds);
  }

  int run() {
    std::optional<Search> search;
    team_->on_root(
        [&] {
          search.emplace(target_, recipes_, limits_, options_, group_count(session_.size(), kManyRuns, spread_.ranks_per_trial));
          search->print_table();
        },
        "questions");
    int code = kDone;
    bool ran = false;
    while (true) {
      std::vector<SeedRun> chosen;
      team_->on_root([&] { chosen = choose(*search); }, "choice of runs");
      chosen = shared(chosen);
      if (chosen.empty()) break;
      ran = true;
      code = worse(code, run_these(chosen));
      if (code == kStoppedEarly) return code;
      team_->on_root(
          [&] {
            search->look();
            search->close_failed(chosen);
          },
          "look");
    }
    if (!limits_.dry_run) team_->on_root([&] { conclude(*search, ran); }, "questions");
    return code;
  }

 private:
  static constexpr std::size_t kManyRuns = 1000000;

  double budget_left() const {
    return limits_.budget_seconds > 0 ? limits_.budget_seconds - (now_seconds() - start_) : std::numeric_limits<double>::infinity();
  }

  std::vector<SeedRun> choose(Search& search) const {
    if (limits_.dry_run) return {};
    const Batch batch = search.next(budget_left());
    if (!batch.runs.empty())
      tell("reprise: next: {}, in about {}, for {}\n", plural(std::ssize(batch.runs), "run", "runs"), duration_text(batch.wall_seconds),
           names_of(search.questions(), batch.questions));
    return batch.runs;
  }

  std::vector<SeedRun> shared(const std::vector<SeedRun>& of_root) const {
    nlohmann::json list = nlohmann::json::array();
    for (const SeedRun& run : of_root) list.push_back({run.trial, run.seed});
    const std::string text = list.dump();
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    const std::vector<std::byte> answer = team_->broadcast(std::vector<std::byte>(bytes, bytes + text.size()), "runs of the next look");
    std::vector<SeedRun> runs;
    for (const nlohmann::json& run :
         nlohmann::json::parse(reinterpret_cast<const char*>(answer.data()), reinterpret_cast<const char*>(answer.data()) + answer.size()))
      runs.push_back({run[0].get<std::string>(), run[1].get<std::int64_t>()});
    return runs;
  }

  /// Ends within the budget, too: a run that takes longer than was forecast stops with a checkpoint.
  int run_these(const std::vector<SeedRun>& chosen) const {
    std::vector<PlannedRun> runs;
    for (const SeedRun& run : chosen) runs.push_back({recipes_.at(run.trial), run.seed});
    runs::RunOptions options = options_;
    double limit = budget_left();
    if (options_.time_limit_seconds > 0) limit = std::min(limit, options_.time_limit_seconds - (now_seconds() - start_));
    options.time_limit_seconds = std::isinf(limit) ? 0 : std::max(1e-9, limit);
    return run_all(runs, options, session_, spread_);
  }

  static int worse(int a, int b) {
    for (const int code : {kStoppedEarly, kFailed, kBadInput})
      if (a == code || b == code) return code;
    return kDone;
  }

  void conclude(Search& search, bool ran) const {
    if (ran) search.print_table();
    const auto open = std::count_if(search.questions().begin(), search.questions().end(), [](const Question& q) { return q.is_open(); });
    if (open > 0)
      tell("reprise: {} left undecided: the next look takes longer than the {} that are left of the budget\n", open,
           duration_text(std::max(0.0, budget_left())));
  }

  const Target& target_;
  const Recipes& recipes_;
  const SeedLimits& limits_;
  const runs::RunOptions& options_;
  ranks::Session& session_;
  const Spread& spread_;
  std::unique_ptr<ranks::Team> team_;
  const double start_ = now_seconds();
};

}  // namespace

int run_until_decided(const RecipeFlags& flags, const SeedLimits& limits, const runs::RunOptions& options, ranks::Session& session,
                      const Spread& spread) {
  if (flags.scale == "smoke")
    throw InputError(Complaint{"--until-decided", "--scale desk or paper", "scale smoke, whose runs are too short to decide anything", ""});
  if (flags.targets.size() != 1 || !flags.table.empty() || !flags.claim.empty())
    throw InputError(Complaint{"--until-decided", "one PAPER[/TRIAL]", "other targets", "Run it for one paper after the other"});
  const Target target = find_target(flags.targets.front());
  const Recipes recipes = recipes_of_paper(flags, target);
  return Loop(target, recipes, limits, options, session, spread).run();
}

}  // namespace reprise::command
