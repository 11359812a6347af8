#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/layers/dense.hpp"
#include "tests/suite/analyses/analysed.hpp"

namespace reprise::tests {
namespace {

/// Results of a run whose training errors were these after epochs 1, 2, ...
std::map<std::string, records::Result> results_of(const std::vector<double>& errors) {
  SmallTraining setup;
  setup.train.pixels = setup.test.pixels = {1, 2}, setup.train.labels = setup.test.labels = {0};
  setup.recipe.batch = setup.recipe.shard = 1;
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  SmallRun run(setup);
  records::RunRecord record;
  for (std::size_t i = 0; i < errors.size(); ++i) record.epochs.push_back(static_cast<double>(i + 1));
  if (!errors.empty()) record.metrics["train_error"] = records::series_of("train_error", errors);
  analyses::find_analysis("learning_speed")(
      {run.setup().recipe, run.setup().graph, run.learner(), run.train(), run.test(), 1, run.workers(), {}, {}}, record);
  return record.results;
}

constexpr const char* kEpochs = "epochs_to_25_percent_train_error";

TEST(LearningSpeed, the_line_between_two_epochs_crosses_a_quarter) {
  const auto results = results_of({60, 35, 20, 30});
  EXPECT_NEAR(results.at(kEpochs).value, 2 + 10.0 / 15, 1e-12);
  EXPECT_EQ(results.at(std::string(kEpochs) + "_suffice").value, 1);
  EXPECT_EQ(results_of({60, 25}).at(kEpochs).value, 2);
  EXPECT_EQ(results_of({24, 10}).at(kEpochs).value, 1);
}

TEST(LearningSpeed, a_run_that_does_not_get_there_gives_a_bound) {
  const auto results = results_of({60, 40, 30});
  EXPECT_EQ(results.at(kEpochs).value, 3);
  EXPECT_EQ(results.at(std::string(kEpochs) + "_suffice").value, 0);
  EXPECT_THROW(results_of({}), InputError);
}

}  // namespace
}  // namespace reprise::tests
