#pragma once
// A report as plain values: what came out beside what was published. The writers turn it into files; nothing is computed there.

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reports/pictures/plot.hpp"
#include "reports/scaling.hpp"
#include "reports/statistics/decision.hpp"
#include "reports/statistics/statistics.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/records/run_record.hpp"

namespace reprise::reports {

/// How our number was measured. Two numbers are compared only if these are alike.
struct Protocol {
  std::string dataset;
  std::string split = "test";
  std::string epoch_rule = "last epoch";
  std::string preprocessing;  ///< "scale", "none"
  std::string augmentation;   ///< "none", "flip, crop(pad=4)"
  std::string test_time_augmentation = "none";
  std::string scale;
  std::string precision;
  std::string length;        ///< "60 epochs", "1000000 updates"
  std::string train_images;  ///< "all", "10000"
  std::string test_images;

  std::string text() const;  ///< one line
};

struct Published {
  catalog::PublishedNumber number;
  bool verified = false;

  /// "1.06", "1.08 ± 0.04", "(1.04) unverified"; with a unit "1.06 percent", "(1.04) percent unverified".
  std::string text(const std::string& unit = "") const;
};

/// Our number beside a published one: decided as README.md says.
enum class Likeness { not_compared, equivalent, better, worse, inconclusive };

/// One line of a comparison table.
struct Row {
  std::string id;  ///< of the published number, else "TRIAL/METRIC"
  std::string trial, title, dataset, scale, metric, unit;
  /// Settings by hand, a precision other than f32, what tells runs of one recipe apart: "optimizer.max_norm=3; bf16".
  std::string variation;
  std::string variant;  ///< the same in a table: "bf16" or "a", the place of a longer text in PaperReport::variants
  std::optional<Published> published;
  Summary reproduced;     ///< of the seeds that did not fail; of all where all failed
  int failed = 0;         ///< seeds that did
  bool is_floor = false;  ///< in some run the largest value tried did not suffice: the true one is larger
  std::vector<std::int64_t> seeds;
  std::vector<std::int64_t> diverged;                      ///< seeds that left the finite numbers: they have no value
  std::vector<double> values;                              ///< one a seed, failed ones included
  std::vector<std::pair<std::int64_t, std::string>> runs;  ///< seed and run id of each, also of those that diverged
  std::string command;                                     ///< makes these runs; "" where the catalog's recipe is another one today
  Spread spread;                                           ///< of one seed, borrowed in part where they are few
  MeanEstimate mean;                                       ///< ours, with its error over seeds
  Protocol protocol;
  std::string protocol_label;  ///< "A": place of the protocol's text in PaperReport::protocols
  bool substitute = false;     ///< another data set than the published one
  bool reduced_scale = false;
  std::string why_not;                   ///< "substitute data set, reduced scale": like is compared with like only
  std::optional<Comparison> comparison;  ///< by how much ours is better; the region is the margin. Outside: better or worse than published
  double margin = 0;
  bool margin_of_paper = false;  ///< written beside the number; else by the rule
  Likeness likeness = Likeness::not_compared;
  double q = 1;                         ///< false discovery rate among all rows that are compared
  std::vector<int> footnotes;           ///< numbers of PaperReport::footnotes, from 1
  std::vector<std::string> deviations;  ///< the same as text

  std::string reproduced_value() const;  ///< "1.32 ± 0.05"; of one seed "1.32"; "more than 100"; "-" without values
  std::string seeds_text() const;        ///< "3"; "2, 1 failed"; "5, 1 of 6 diverged"
  /// The same with the number of seeds: "1.32 ± 0.05 (n = 3)", "(n = 2, 1 failed)", "(n = 5, 1 of 6 diverged)", "3 of 3 diverged".
  std::string reproduced_text() const;
  std::string setting() const;  ///< "cifar-10, desk", "fashion-mnist (substitute), desk, a"
  /// "equivalent within ±0.1", "better by 0.12 (0.02 to 0.22)", "inconclusive (±0.3)", "not compared: reduced scale".
  std::string verdict() const;
  std::string word() const;  ///< of it alone: "equivalent", "not compared"
};

enum class Status {
  reproduced,          ///< at the paper's scale
  not_reproduced,      ///< at the paper's scale
  same_direction,      ///< below it
  less_than_claimed,   ///< below it: the claimed direction, but less than the margin
  opposite_direction,  ///< below it
  undecided,
  did_not_train,  ///< a precondition is not met
  censored,       ///< values are bounds
  not_run,
};
std::string name_of(Status status);  ///< "not reproduced"

/// A status in one of four words, for counting.
enum class Standing { same_direction, opposite_direction, undecided, not_run };
Standing standing_of(Status status);
using StandingCounts = std::array<int, 4>;
/// "8/3/21/1", in the order of the words.
std::string counts_text(const StandingCounts& counts);
inline const std::string kStandings = "same direction/opposite direction/undecided/not run";

/// The published effect beside the 95 % prediction interval of ours: where another such effect would lie.
struct EffectSize {
  double published = 0;
  double low = 0, high = 0;

  bool inside() const { return published >= low && published <= high; }
};

struct ClaimResult {
  catalog::Claim claim;
  std::string scale, dataset, variation, variant;
  bool substitute = false;
  Status status = Status::not_run;
  std::vector<Comparison> comparisons;
  int seeds = 0, look = 0;  ///< of the trial with the fewest; the last look they allow, 0 before the first
  double p = 1, q = 1;
  std::optional<int> forecast;         ///< seeds with 80 % power, of undecided ones with three seeds or more
  std::optional<EffectSize> size;      ///< where the paper gives both ends
  std::vector<std::string> tests;      ///< sentences with numbers, one per comparison made; of one without runs what is missing
  std::vector<std::string> published;  ///< "Table 2, Standard NN: 1.6"
  std::vector<IntervalPicture> pictures;

  bool is_decided() const;
  bool has_q() const { return is_decided() || status == Status::undecided; }
  std::string setting() const;  ///< "desk, fashion-mnist (substitute)"
  std::string test_text() const;
  /// "reproduced", "same direction at desk scale, smaller than published", "undecided with 3 seeds", "baseline did not train (...)"; then
  /// "definition changed after data (before: not reproduced)".
  std::string verdict() const;
};

struct Picture {
  std::string title, note;
  std::string group;  ///< heading under which it stands
  Plot plot;
};

struct ImageGrid {
  std::string title, note;
  records::Images images;
};

/// A fact about the runs and how many of them share it.
struct ProvenanceLine {
  std::string key;
  std::vector<std::pair<std::string, int>> values;
};

/// What was run at a scale.
struct ScaleLine {
  std::string scale;
  int trials = 0, runs = 0;
  int numbers = 0, compared = 0;  ///< rows beside a published number; those that are compared with it
  StandingCounts claims{};        ///< settings in which a claim was tested
};

struct PaperReport {
  std::string slug, title, citation, note, address;
  int run_count = 0, diverged_count = 0;
  double training_seconds = 0;
  std::vector<Row> rows;
  std::vector<ClaimResult> claims;
  std::vector<Picture> curves, figures, tables;
  std::vector<ImageGrid> images;
  std::vector<ProvenanceLine> provenance;
  std::vector<std::string> footnotes;
  std::vector<std::pair<std::string, std::string>> protocols, variants;  ///< label and text, each text once
  std::vector<ScaleLine> scales;

  /// The rows of each metric and unit, in the order of their first ones.
  std::vector<std::vector<const Row*>> rows_by_metric() const;
  std::vector<catalog::MissingNumber> missing;
};

/// A paper as one line of a table of papers: its headline, and its claims, each counted once, as its first setting that decides says.
struct PaperLine {
  catalog::Paper paper;                ///< without trials, claims and models
  std::optional<Published> published;  ///< the headline
  std::optional<Row> row;              ///< the runs that stand beside it best: compared, else on its data set, at the largest scale
  int runs = 0;
  StandingCounts claims{};

  std::string headline() const;    ///< "cifar10 test_error"
  std::string reproduced() const;  ///< "1.32 ± 0.05 (n = 3)", "not run"
  std::string setting() const;     ///< of the row: "desk", "desk, fashion-mnist"
};

struct LeftOut {
  std::string file;
  std::string reason;
};

/// A run that has no result yet, or will have none: its number is missing.
struct UnfinishedRun {
  std::string file;          ///< from the folder of the results
  std::string name;          ///< "gcnn/p4cnn, desk, seed 1"
  std::string state;         ///< "running", "interrupted", "failed", "stale"
  std::string progress;      ///< "56 %, epoch 13.9, step 1311 of 2350"; "" if nothing is known
  double share = -1;         ///< of its phase that is done, 0 to 1; below 0: not known
  std::string text() const;  ///< "gcnn/p4cnn, desk, seed 1 is running: 56 %, epoch 13.9, step 1311 of 2350"
};

/// A run that no longer counts, kept in superseded/.
struct Superseded {
  std::string file, reason;
  std::string number;  ///< "test_error 0.43 (paper scale, seed 1)"
};

struct Report {
  std::vector<PaperReport> papers;           ///< those with runs, in the order of the catalog
  std::vector<PaperLine> lines;              ///< of all papers of the catalog
  std::map<std::string, std::string> files;  ///< path of each run's file from the folder of the report, by run id
  std::vector<UnfinishedRun> unfinished;
  std::vector<LeftOut> left_out;
  std::vector<Superseded> superseded;
  Scaling scaling;  ///< empty unless it was measured

  int count(Status status) const;  ///< claims, each once for every setting it was tested in
  int run_count() const;
  /// "3 reproduced, 2 not reproduced, ..., 67 not run": what does not occur is left out.
  std::string counts_text() const;
  /// "At most 0.4 of the 20 decided verdicts are expected to be false." Empty if none is decided.
  std::string false_verdicts_text() const;
};

}  // namespace reprise::reports
