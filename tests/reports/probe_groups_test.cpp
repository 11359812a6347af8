// Probes as sides of their own: numbers of other images than the run's.

#include <gtest/gtest.h>

#include "made_up_runs.hpp"
#include "reports/runs/derived_groups.hpp"

namespace reprise::reports {
namespace {

/// A run whose net learns four surrogate classes, with a probe on CIFAR-10 and one on its own set.
records::RunRecord run_of(std::int64_t seed, double error) {
  made_up::RunSpec spec;
  spec.seed = seed;
  records::RunRecord run = made_up::record_of(spec);
  run.recipe_toml +=
      "probe = [{ name = \"svm\", dataset = \"cifar-10\", nodes = [\"fc.relu\", \"conv1\"], side = 64, labelled = 400, subsets = 10 },"
      " { name = \"own\", nodes = [\"fc.relu\"] }]\n[surrogate]\nclasses = 4\n";
  run.evaluations["svm"].results["test_error"] = records::result_of("test_error", error);
  run.evaluations["svm"].results["svm_constant"] = records::result_of("svm_constant", 0.5);
  return run;
}

TEST(ProbeGroups, have_the_probe_s_data_set_and_numbers) {
  catalog::Paper paper = made_up::paper();
  paper.published[0].evaluation = "svm";
  const std::vector<records::RunRecord> records{run_of(1, 31.5), run_of(2, 30)};
  std::vector<LeftOut> left_out;
  std::vector<RunGroup> groups = group_runs(paper, {&records[0], &records[1]}, left_out);
  ASSERT_TRUE(left_out.empty()) << left_out.front().reason;
  groups.front().recipe.reproduces = {"table2-plain", "table2-dropout"};
  const DerivedGroups derived(paper, groups);
  ASSERT_EQ(derived.all().size(), 2u);  // the second probe has left nothing
  const RunGroup &surrogate = derived.all()[0], &svm = derived.all()[1];
  EXPECT_EQ(surrogate.dataset(), "surrogate classes of mnist");
  EXPECT_EQ(surrogate.recipe.reproduces, std::vector<std::string>{"table2-dropout"});
  EXPECT_EQ(svm.trial, "plain@svm");
  EXPECT_EQ(svm.trials(), std::vector<std::string>{"plain"});
  EXPECT_EQ(svm.dataset(), "cifar-10");
  EXPECT_EQ(svm.recipe.reproduces, std::vector<std::string>{"table2-plain"});
  EXPECT_EQ(svm.look, "linear classifier on features of fc.relu, conv1, images of 64 pixels, 400 labels of a class, mean over 10 subsets");
  ASSERT_EQ(svm.runs.size(), 2u);
  EXPECT_EQ(value_of(*svm.runs[0], "test_error"), 31.5);
  EXPECT_EQ(value_of(*svm.runs[0], "test_accuracy"), 68.5);
  EXPECT_EQ(value_of(*svm.runs[1], "svm_constant"), 0.5);
  EXPECT_FALSE(has_predictions(*svm.runs[0]));
}

/// A run that was also tested on corrupted images.
TEST(ProbeGroups, evaluations_on_another_set_have_that_set_and_their_numbers) {
  catalog::Paper paper = made_up::paper();
  paper.published[0].evaluation = "corrupted";
  made_up::RunSpec spec;
  records::RunRecord run = made_up::record_of(spec);
  run.recipe_toml += "evaluation = [{ name = \"corrupted\", dataset = \"cifar-10-c\" }]\n";
  run.evaluations["corrupted"].results["test_error"] = records::result_of("test_error", 26.5);
  run.evaluations["corrupted"].results["fog_error"] = records::result_of("fog_error", 12.5);
  std::vector<LeftOut> left_out;
  const std::vector<RunGroup> groups = group_runs(paper, {&run}, left_out);
  ASSERT_TRUE(left_out.empty()) << left_out.front().reason;
  const DerivedGroups derived(paper, groups);
  ASSERT_EQ(derived.all().size(), 2u);
  const RunGroup& corrupted = derived.all()[1];
  EXPECT_EQ(corrupted.trial, "plain@corrupted");
  EXPECT_EQ(corrupted.dataset(), "cifar-10-c");
  EXPECT_EQ(corrupted.look, "test images of cifar-10-c, the centre, probabilities averaged");
  EXPECT_EQ(value_of(*corrupted.runs[0], "test_error"), 26.5);
  EXPECT_EQ(value_of(*corrupted.runs[0], "fog_error"), 12.5);
  EXPECT_EQ(derived.all()[0].dataset(), "mnist");
}

}  // namespace
}  // namespace reprise::reports
