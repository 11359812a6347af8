#pragma once
// The catalog: one entry a paper, its published numbers, trials and claims as data, its architectures as code.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "datasets/manifest.hpp"
#include "suite/graph/graph.hpp"
#include "suite/models/model.hpp"
#include "suite/recipes/recipe.hpp"
#include "suite/tensor/shape.hpp"

namespace reprise::catalog {

/// A number of a published table; fields as in published.toml.
struct PublishedNumber {
  std::string id, source, dataset, model, variant, metric, unit;
  double value = 0;
  std::optional<double> spread;
  std::string spread_kind;
  std::optional<int> runs;
  /// The largest difference that counts as none, fixed before a run. Unsaid, reports/README.md has the rule.
  std::optional<double> margin;
  std::string evaluation;  ///< of a trial that reproduces it, at the end of its runs; empty: the last one of the history
  std::string role;        ///< own, own-code, baseline, reproduction
  std::string origin, edition, status, seen_in, report, note;
};

struct MissingNumber {
  std::string id, source, what, reason;
};

/// Nets whose probabilities of classes are averaged in a report, from scores that their runs have kept: no run of its own.
struct Ensemble {
  std::string id, title;
  std::vector<std::string> members;       ///< "d-jitter@dense": trials and their evaluations, which keep scores; see sides.hpp
  std::int64_t seeds = 1;                 ///< runs of each member in one ensemble; seeds 1 to n make the first, the next n the second
  std::vector<std::string> scales;        ///< where all members exist
  std::vector<std::string> reproduces{};  ///< ids of published numbers
};

/// What a claim has claimed: a change of it after data is a change of the question. Kinds:
///   better      metric(left) better than metric(right), by at least `margin` if it is positive   (errors: lower is better);
///               not worse by -margin if it is negative
///   within      |metric(left) - metric(right)| <= margin
///   at_least    metric(left) >= margin;  at_most likewise
///   order       trials of `sequence`, each better than the next
/// A side is a trial, a trial seen through an evaluation at its end ("d@dense"), or an ensemble.
struct ClaimDefinition {
  std::string kind, metric = "test_error";
  std::string left, right;
  std::vector<std::string> sequence;
  double margin = 0;

  /// One line: "within a and b by 0.5 in test_error". Equal for equal definitions only.
  std::string text() const;
};

/// A definition that no longer stands though there was evidence, and what the verdict was then.
struct EarlierDefinition {
  ClaimDefinition definition;
  std::string until;    ///< date
  std::string verdict;  ///< on the evidence of that day
  std::string reason;   ///< of the change
};

/// A statement that a program can test.
struct Claim : ClaimDefinition {
  std::string id, statement;
  std::vector<std::string> published;  ///< ids
  std::vector<std::string> scales;     ///< where it can be tested; empty: all
  std::string dataset;                 ///< data set the published statement is about
  std::string note;
  std::string since;                       ///< date of its definition
  std::vector<EarlierDefinition> history;  ///< oldest first
  std::optional<double> error_below;       ///< requires.error_below, in percent: a trial has trained if its error is below
};

/// A picture of the report: one point per trial, hollow ones for published numbers.
struct Figure {
  std::string id, title, x_label, y_label, metric = "test_error";
  /// What lies along x is measured, too: points of a trade-off, which are not joined; lines list no x then. Empty: x is listed.
  std::string x_metric{};
  struct Line {
    std::string name;
    std::vector<std::string> trials;
    std::vector<double> x;
    std::vector<std::string> published;  ///< ids of numbers that stand in the picture whether or not their trials were run
    std::vector<double> published_x;
  };
  std::vector<Line> lines;
  bool log_x = false;
};

struct Trial {
  std::string name, title;
  std::vector<std::string> scales;         ///< scales the trial exists at, in the order of scale_names()
  std::vector<recipes::Recipe> recipes{};  ///< one a scale, what resolve() gives without overrides
  std::vector<std::string> marks{};        ///< lists that it stands in, of trial_marks()
  std::string stand_in{};                  ///< why it is another net than the published one; empty: it is that net

  /// Null at a scale that the trial does not exist at.
  const recipes::Recipe* recipe_at(const std::string& scale) const;
};

struct Paper {
  std::string slug, title, venue, arxiv, note;
  std::string headline;  ///< id of the published number that stands for the paper in a table of papers; "" where it has none
  std::vector<std::string> authors;
  int year = 0;
  std::vector<PublishedNumber> published;
  std::vector<MissingNumber> missing;
  std::vector<Trial> trials;
  std::vector<Ensemble> ensembles;
  std::vector<Claim> claims;
  std::vector<Figure> figures;
  std::vector<models::Model> models;

  const PublishedNumber* find_published(const std::string& id) const;
  const Trial* find_trial(const std::string& name) const;
  const Ensemble* find_ensemble(const std::string& id) const;
};

/// "shards": reprise_bench measures its desk recipe with other shards.
const std::vector<std::string>& trial_marks();

/// Where experiment.toml and published.toml are: $REPRISE_EXPERIMENTS, else beside the source tree or the installation.
std::filesystem::path experiments_directory();
/// The folder of a paper's files.
std::filesystem::path paper_folder(const std::string& slug);
/// A second folder of papers (each a folder with published.toml and experiment.toml), beside the ones that come with the program. Throws
/// InputError for a folder that cannot be read or holds none, and for a slug that both have.
void use_own_experiments(const std::filesystem::path& folder);

/// The slugs, in the order of experiments/CMakeLists.txt; then folders that it does not name, which have no architectures of their own.
std::vector<std::string> paper_slugs();

/// Reads and checks a paper's files. Throws InputError (unknown paper lists the known ones; unknown key names file, key,
/// the keys that exist).
Paper load_paper(const std::string& slug);

/// A "key=value" override of `--set`; keys are those of experiment.toml ("optimizer.max_norm=2", "model.width=64").
struct Override {
  std::string key, value;
};

/// Resolves defaults <- defaults.SCALE <- group <- group.SCALE <- trial <- trial.SCALE <- overrides into a recipe. The trial that it
/// starts from and the one that teaches it are resolved with the same overrides, but for those of start and teacher, and stand in it as
/// text (renew_others).
recipes::Recipe resolve(const std::string& slug, const std::string& trial, const std::string& scale,
                        const std::vector<Override>& overrides = {});

/// Puts the trials whose weights a recipe needs into it, resolved with the recipe's settings by hand.
void renew_others(recipes::Recipe& recipe);
/// Whether another trial of the paper needs this one's weights, at its scale.
bool gives_weights(const recipes::Recipe& recipe);

/// What is known of a recipe's samples before any are loaded: its data set's entry, or that of surrogate classes made from it. Throws
/// InputError as datasets::entry_of does.
datasets::DatasetEntry sample_entry(const recipes::Recipe& recipe);

/// The graph of a recipe, for samples of `input`.
graph::Graph build_model(const recipes::Recipe& recipe, const SampleShape& input, int classes);
/// The same, for samples of the recipe's data set.
graph::Graph build_model(const recipes::Recipe& recipe);

/// Puts a number where a recipe says shard = "auto": execution::ShardModel's choice for this net, precision and batch, the same on every
/// machine. What is stored and hashed is the number. load_paper and resolve have done it.
void choose_shards(recipes::Recipe& recipe);

}  // namespace reprise::catalog
