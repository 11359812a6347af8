#pragma once
// What seeds may decide: the claims and published numbers of a paper at one scale, with the runs that the next look at each lacks.

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "reports/runs/run_groups.hpp"
#include "reports/statistics/decision.hpp"
#include "reports/statistics/sequential.hpp"
#include "suite/catalog/sides.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::reports {

struct SeedRun {
  std::string trial;
  std::int64_t seed = 1;
  bool operator==(const SeedRun&) const = default;
  bool operator<(const SeedRun& other) const { return std::tie(trial, seed) < std::tie(other.trial, other.seed); }  // libc++ 14: no <=>
};

/// A claim, or a published number that a trial reproduces.
struct Question {
  enum class State {
    open,          ///< more seeds may decide it
    decided,       ///< at the look and level that `seeds` stand for
    futile,        ///< unlikely to be decided at the last look
    out_of_looks,  ///< undecided at the last one
    obstructed,    ///< a precondition is not met, which no seed changes
  };

  std::string name;                 ///< "claim 5d", "number table2-relu"
  std::vector<std::string> trials;  ///< all that take part
  State state = State::open;
  std::string obstacle;
  int seeds = 0;                 ///< of the side with the fewest, among those that still matter
  int next_look = 0;             ///< open only
  std::optional<double> chance;  ///< that the next look decides it; nothing before the first look
  std::vector<SeedRun> lacking;  ///< runs that the next look needs and that are not there

  /// No seed changes anything, for this reason.
  void close(const std::string& why);
  bool is_open() const { return state == State::open; }
  std::string state_text() const;  ///< "decided at 5 seeds (level 0.00083)", "undecided"
};

/// Seeds of each trial that are there, by its recipe of today.
using SeedsThere = std::map<std::string, std::set<std::int64_t>>;

using RuleOf = Rule (*)(const Region&);  ///< rule_of_claim, rule_of_published_number

/// The runs that a side of a comparison is made of.
using RunsBehind = std::function<std::vector<catalog::RunsOfTrial>(const std::string& side)>;

/// What `comparisons` of these sides leave open; none where runs are missing. `decided`: by the verdict of the report. No look goes beyond
/// max_seeds. `behind`: empty if all sides are trials.
Question question_about(const std::string& name, const std::vector<std::string>& sides, const std::vector<Comparison>& comparisons,
                        RuleOf rule, bool decided, const SeedsThere& there, int max_seeds, const RunsBehind& behind = {});

/// The claims that can be tested with these recipes (of one scale, by trial), then the published numbers that runs of them can be compared
/// with, each by the verdict that a report on these runs would give. `groups`: all of the paper's runs; those of other recipes, data or
/// answer versions do not count.
std::vector<Question> questions_of(const catalog::Paper& paper, const std::vector<RunGroup>& groups,
                                   const std::map<std::string, recipes::Recipe>& recipes, int max_seeds);

/// The runs of this recipe by the code of today; null if there are none.
const RunGroup* group_of(const std::vector<RunGroup>& groups, const recipes::Recipe& recipe);

}  // namespace reprise::reports
