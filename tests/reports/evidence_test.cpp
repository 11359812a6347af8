#include "reports/verdicts/evidence.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "made_up_runs.hpp"
#include "reports/build_report.hpp"
#include "reports/verdicts/collect.hpp"
#include "suite/errors.hpp"
#include "suite/records/record_digest.hpp"
#include "suite/records/result_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace reprise::reports {
namespace {

namespace fs = std::filesystem;

std::vector<records::RunRecord> runs() {
  std::vector<records::RunRecord> records;
  for (const char* trial : {"plain", "dropout"})
    for (const int seed : {1, 2, 3}) {
      made_up::RunSpec run;
      run.trial = trial;
      run.seed = seed;
      records.push_back(made_up::record_of(run));
    }
  return records;
}

/// Of one claim, dropout better than plain by `margin`.
Report report_with(double margin, const std::vector<catalog::EarlierDefinition>& history = {}) {
  catalog::Paper paper = made_up::paper();
  paper.claims.resize(1);
  paper.claims.front().margin = margin;
  paper.claims.front().history = history;
  return build_report(runs(), {paper});
}

catalog::EarlierDefinition earlier(double margin) {
  catalog::ClaimDefinition definition = made_up::paper().claims.front();
  definition.margin = margin;
  return {definition, "2026-11-27", "not reproduced", "a reason"};
}

TEST(ClaimsFile, a_definition_that_stands_is_no_fault) {
  const std::string record = record_claims(report_with(0), "");
  EXPECT_NE(record.find("\"dropout-helps\" = [\"better dropout and plain by 0 in test_error\"]"), std::string::npos) << record;
  EXPECT_TRUE(faults_of_claims(report_with(0), record).empty());
  EXPECT_EQ(record_claims(report_with(0), record), record);
}

TEST(ClaimsFile, a_margin_that_changed_after_data_is_a_fault_and_is_not_recorded_without_history) {
  const std::string record = record_claims(report_with(0), "");
  EXPECT_EQ(faults_of_claims(report_with(-0.5), record).size(), 2u);
  EXPECT_THROW(record_claims(report_with(-0.5), record), InputError);
}

TEST(ClaimsFile, a_history_lets_a_change_be_recorded_and_must_stay) {
  const std::string first = record_claims(report_with(0), "");
  const Report changed = report_with(-0.5, {earlier(0)});
  EXPECT_EQ(faults_of_claims(changed, first).size(), 1u);
  const std::string second = record_claims(changed, first);
  EXPECT_TRUE(faults_of_claims(changed, second).empty());
  EXPECT_EQ(faults_of_claims(report_with(-0.5), second).size(), 1u) << "the history is gone";
  EXPECT_EQ(faults_of_claims(report_with(0, {earlier(0)}), second).size(), 2u) << "back again, and nothing says so";
}

TEST(ClaimsFile, the_report_says_what_the_verdict_was_before) {
  const ClaimResult result = report_with(-0.5, {earlier(0)}).papers.front().claims.front();
  EXPECT_NE(result.verdict().find("; definition changed after data (before: not reproduced)"), std::string::npos) << result.verdict();
}

TEST(ClaimsFile, a_claim_without_runs_is_not_recorded) {
  catalog::Paper paper = made_up::paper();
  paper.claims.resize(1);
  made_up::RunSpec run;
  EXPECT_EQ(record_claims(build_report({made_up::record_of(run)}, {paper}), "").find("dropout-helps"), std::string::npos);
}

TEST(EvidenceFolder, takes_results_of_a_clean_tree_only) {
  const tests::TemporaryFolder temporary;
  const fs::path folder = temporary.path() / "evidence";
  fs::create_directories(folder);
  EXPECT_NO_THROW(require_clean_tree(folder / "dropout", "3f2a"));  // no folder of evidence yet
  std::ofstream(folder / kClaimsFile) << "\n";
  EXPECT_NO_THROW(require_clean_tree(folder / "dropout", "clean"));
  EXPECT_THROW(require_clean_tree(folder, "3f2a"), InputError);
  EXPECT_THROW(require_clean_tree(folder / "dropout" / "relu", "3f2a"), InputError);
  EXPECT_THROW(require_clean_tree(folder, "unknown"), InputError);
  EXPECT_NO_THROW(require_clean_tree(temporary.path(), "3f2a"));
}

TEST(Superseded, runs_are_listed_with_their_numbers_and_reasons) {
  const tests::TemporaryFolder temporary;
  const fs::path place = temporary.path() / kSupersededFolder;
  EXPECT_TRUE(superseded_runs(temporary.path()).empty());
  fs::create_directories(place / "made-up");
  records::write_result(runs().front(), place / "made-up" / "a.h5");
  const auto write = [&](const std::string& text) { std::ofstream(place / "reasons.toml") << text; };
  write("[[superseded]]\nfiles = [\"made-up/a.h5\"]\nreason = \"another recipe\"\n");
  const auto listed = superseded_runs(temporary.path());
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].file, "superseded/made-up/a.h5");
  EXPECT_EQ(listed[0].reason, "another recipe");
  EXPECT_TRUE(listed[0].number.starts_with("plain, desk scale, seed 1, test_error ")) << listed[0].number;
  write("");
  EXPECT_THROW(superseded_runs(temporary.path()), InputError);
  write("[[superseded]]\nfiles = [\"made-up/a.h5\", \"b.h5\"]\nreason = \"another recipe\"\n");
  EXPECT_THROW(superseded_runs(temporary.path()), InputError);
  write("[[superseded]]\nfiles = [\"made-up/a.h5\"]\nreason = \"another recipe\"\n");
  fs::create_directories(temporary.path() / "made-up");
  fs::copy_file(place / "made-up" / "a.h5", temporary.path() / "made-up" / "a.h5");
  EXPECT_THROW(superseded_runs(temporary.path()), InputError) << "a copy that counts";
}

class Collecting : public ::testing::Test {
 protected:
  fs::path results() const { return temporary_.path() / "results"; }
  fs::path evidence() const { return temporary_.path() / "evidence"; }

  /// A result in results/, from a clean commit unless said.
  static records::RunRecord record(const std::string& state = "clean") {
    records::RunRecord record = runs().front();
    record.provenance["git_dirty_diff_sha1"] = state;
    record.weights["conv.weight"] = {{2}, {0.5f, 1.0f}};
    return record;
  }
  void finish(const records::RunRecord& record, const std::string& name = "0123.h5") const {
    records::write_result(record, results() / record.paper / record.trial / name);
  }
  fs::path copy() const { return evidence() / record().paper / record().trial / "0123.h5"; }

  tests::TemporaryFolder temporary_;
};

TEST_F(Collecting, leaves_the_weights_behind_and_keeps_the_rest) {
  finish(record());
  const Collected collected = collect_runs(results(), evidence());
  EXPECT_EQ(collected.added, std::vector<fs::path>{copy()});
  const records::RunRecord there = records::read_result(copy());
  EXPECT_TRUE(there.weights.empty());
  records::RunRecord expected = record();
  expected.weights.clear();
  EXPECT_EQ(record_digest(there, records::Part::everything), record_digest(expected, records::Part::everything));
  EXPECT_EQ(records::read_result(results() / expected.paper / expected.trial / "0123.h5").weights.size(), 1u);
}

TEST_F(Collecting, keeps_what_is_there_and_refuses_other_numbers_under_the_same_name) {
  finish(record());
  collect_runs(results(), evidence());
  records::RunRecord again = record();
  again.provenance["host"] = "another";
  finish(again);
  const Collected same = collect_runs(results(), evidence());
  EXPECT_EQ(same.already_there, 1u);
  EXPECT_TRUE(same.added.empty());
  EXPECT_FALSE(records::read_result(copy()).provenance.contains("host"));

  again.metrics.begin()->second.values.back() += 1;
  finish(again);
  const Collected other = collect_runs(results(), evidence());
  ASSERT_EQ(other.left_out.size(), 1u);
  EXPECT_NE(other.left_out[0].reason.find("superseded/ first"), std::string::npos) << other.left_out[0].reason;
  EXPECT_EQ(records::read_result(copy()).metrics, record().metrics);
}

TEST_F(Collecting, a_damaged_copy_stays_and_ends_nothing) {
  finish(record());
  finish(record(), "4567.h5");
  fs::create_directories(copy().parent_path());
  std::ofstream(copy()) << "damage";
  const Collected collected = collect_runs(results(), evidence());
  EXPECT_EQ(collected.added.size(), 1u);
  ASSERT_EQ(collected.left_out.size(), 1u);
  EXPECT_NE(collected.left_out[0].reason.find(copy().string()), std::string::npos) << collected.left_out[0].reason;
}

TEST_F(Collecting, leaves_out_what_a_changed_tree_or_no_commit_made_and_what_is_damaged) {
  finish(record("3f2a"), "1.h5");
  finish(record("unknown"), "2.h5");
  std::ofstream(results() / "3.h5") << "damage";
  const Collected collected = collect_runs(results(), evidence());
  EXPECT_TRUE(collected.added.empty());
  EXPECT_EQ(collected.left_out.size(), 3u);
  EXPECT_FALSE(fs::exists(evidence()));
}

TEST_F(Collecting, does_not_bring_a_superseded_run_back) {
  finish(record());
  records::write_result(record(), evidence() / kSupersededFolder / record().paper / record().trial / "0123.h5");
  finish(record(), "4567.h5");
  const Collected collected = collect_runs(results(), evidence());
  EXPECT_EQ(collected.superseded, 1u);
  EXPECT_EQ(collected.added.size(), 1u);
  EXPECT_FALSE(fs::exists(copy()));
  EXPECT_EQ(collect_runs(evidence(), temporary_.path() / "other").added.size(), 1u) << "superseded/ of the source";
}

TEST_F(Collecting, a_run_with_other_numbers_takes_the_place_of_the_one_that_was_superseded) {
  finish(record());
  const fs::path folder = evidence() / kSupersededFolder, name = fs::path(record().paper) / record().trial / "0123.h5";
  records::RunRecord earlier = record();
  earlier.metrics.begin()->second.values.back() += 1;
  records::write_result(earlier, folder / name);
  std::ofstream(folder / "reasons.toml") << "[[superseded]]\nfiles = [\"" << name.generic_string() << "\"]\nreason = \"another CPU\"\n";
  EXPECT_EQ(collect_runs(results(), evidence()).added, std::vector<fs::path>{copy()});
  EXPECT_EQ(superseded_runs(evidence()).size(), 1u);
}

}  // namespace
}  // namespace reprise::reports
