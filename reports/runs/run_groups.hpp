#pragma once
// Runs that differ in nothing but the seed, and how to read a number out of one.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/report.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/records/run_record.hpp"
#include "suite/version.hpp"

namespace reprise::reports {

struct RunGroup {
  std::string trial, scale;
  /// Trials whose runs these are, where `trial` is not their name but "d@dense" or an ensemble's (derived_groups.hpp); else empty.
  std::vector<std::string> behind{};
  bool seeds_are_of_runs = true;  ///< false: each "run" is made of several seeds
  std::string look{};  ///< what is seen of a test image then, and how it is put together; else empty: as the recipe's test views say
  /// As the runs have stored it, but title and published ids are the catalog's of today, and so is `by_hand` where its recipe is this one.
  recipes::Recipe recipe;
  std::vector<const records::RunRecord*> runs;        ///< by seed, each seed once
  std::vector<const records::RunRecord*> diverged{};  ///< seeds that left the finite numbers and are in `runs` with no other version

  bool earlier_recipe = false;  ///< the catalog's recipe of this trial and scale, with the same settings by hand, is another one today
  int answer_version = kAnswerVersion;  ///< of the code that made the runs, the same for all
  std::string data_digest;              ///< of the runs' data, the same for all; "" in files from before it was noted
  std::string instruction_set;          ///< of the runs' own kernels, "avx512", the same for all; "" if it was not noted
  std::string onednn;                   ///< version and instruction set of oneDNN, the same for all
  std::string cohort;                   ///< what tells this group from another of the same recipe and data set: "answer version 1"; else ""
  bool same_arithmetic(const RunGroup& other) const { return instruction_set == other.instruction_set && onednn == other.onednn; }
  bool outdated() const { return earlier_recipe || answer_version != kAnswerVersion; }
  /// What differs from the paper: in the catalog's words of today, or the run's where its recipe is an earlier one or its trial is gone;
  /// then what runs added themselves.
  std::vector<std::string> deviations{};

  std::string dataset() const;                        ///< says so if held-out training images stand for the test set
  bool is_set_by_hand(const std::string& key) const;  ///< that key of the recipe
  /// "optimizer.max_norm=3", sorted; data set and precision are told apart from the rest.
  std::vector<std::string> settings_by_hand() const;
  /// Precision (the catalog's f32 unsaid), settings by hand and the cohort, or "".
  std::string variation() const;
  std::string variation_of_recipe() const;  ///< the same without the cohort
  /// Equal precision, and what was set by hand for one holds for the other, too: by hand, or as the catalog has it.
  bool same_variation(const RunGroup& other) const;
  const records::RunRecord* with_seed(std::int64_t seed) const;
  /// `trial`, or the trials behind it.
  std::vector<std::string> trials() const { return behind.empty() ? std::vector<std::string>{trial} : behind; }
};

/// The groups of one paper in order: trials as in the catalog, scales paper, desk, smoke, then data set, then plain recipes
/// before changed ones and the catalog's before outdated ones, then the newest data first, then the instruction set with the most runs.
/// Runs of another answer version, of data with another digest, or on another instruction set or oneDNN are groups of their own: only like
/// runs are pooled. Of two runs that differ in nothing of that, the older goes to left_out, as does a recipe that cannot be read.
std::vector<RunGroup> group_runs(const catalog::Paper& paper, const std::vector<const records::RunRecord*>& runs,
                                 std::vector<LeftOut>& left_out);

/// The number of a run: "test_error" and its complements from the predictions or the last epoch, else a key of results, else
/// the last value of a metric or of a timing. Nothing if the run has none.
std::optional<double> value_of(const records::RunRecord& run, const std::string& metric);
std::string unit_of(const std::vector<const records::RunRecord*>& runs, const std::string& metric);

bool is_error_of_predictions(const std::string& metric);  ///< test_error, top1_error
/// The complement: test_accuracy, top1_accuracy.
bool is_accuracy_of_predictions(const std::string& metric);
bool higher_is_better(const std::string& metric);  ///< as suite/metrics says; false where it is unknown
bool has_predictions(const records::RunRecord& run);

/// Where a result file would be: "dropout/relu/0123456789abcdef.h5".
std::string file_name(const records::RunRecord& run);

}  // namespace reprise::reports
