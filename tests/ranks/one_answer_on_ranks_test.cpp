// Promise 1 over ranks: metrics, predictions and every digest of a training run are the same on any number of ranks and threads,
// on one node or several.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "datasets/image_set.hpp"
#include "datasets/manifest.hpp"
#include "datasets/photograph_layout.hpp"
#include "mpi_main.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/catalog/trial_lists.hpp"
#include "suite/evaluations/final_evaluations.hpp"
#include "suite/evaluations/probes.hpp"
#include "suite/procedures/procedure.hpp"
#include "suite/records/record_digest.hpp"
#include "suite/runs/run_data.hpp"
#include "suite/runs/trained_weights.hpp"
#include "suite/training/teacher.hpp"

namespace reprise::ranks {
namespace {

/// Photographs are those of the data directory, if it has any.
std::vector<catalog::LayoutEntry> all_entries() {
  std::vector<catalog::LayoutEntry> all = catalog::load_one_answer();
  if (datasets::has_photographs(datasets::require_entry("imagenette2-112"), datasets::data_directory("")))
    all.push_back({"alexnet", "imagenet", {{"dataset", "imagenette2-112"}, {"test_views", "3"}, {"top5", "true"}}});
  return all;
}

const std::vector<catalog::LayoutEntry>& entries() {
  static const std::vector<catalog::LayoutEntry> all = all_entries();
  return all;
}

/// A trial on few images of the synthetic set: 2 epochs of 3 batches, the last of them smaller.
struct Trial {
  Trial(const catalog::LayoutEntry& which, Precision precision) {
    const auto& set = datasets::require_entry(catalog::resolve(which.paper, which.trial, "smoke").dataset);
    std::vector<catalog::Override> overrides{{"dataset", set.channels == 1 ? "synthetic-gray28" : "synthetic-color32"},
                                             {"train_images", "52"},
                                             {"test_images", "30"},
                                             {"batch", "20"},
                                             {"shard", "3"},
                                             {"epochs", "2"},
                                             {"evaluations", "2"},
                                             {"precision", name_of(precision)}};
    overrides.insert(overrides.end(), which.overrides.begin(), which.overrides.end());
    recipe = catalog::resolve(which.paper, which.trial, "smoke", overrides);
    data = std::make_unique<runs::RunData>(recipe, datasets::data_directory(""));
    graph = std::make_unique<graph::Graph>(catalog::build_model(recipe, data->train->shape(), data->train->classes()));
  }
  recipes::Recipe recipe;
  std::unique_ptr<runs::RunData> data;
  std::unique_ptr<graph::Graph> graph;
};

/// Everything of the run that must not depend on the layout. Of use on the team's root.
std::string outcome(const Trial& trial, Team& team, int threads) {
  parallel::Workers workers(threads);
  std::unique_ptr<training::Teacher> teacher;
  if (!trial.recipe.teacher.trial.empty())
    teacher = std::make_unique<training::Teacher>(
        catalog::build_model(runs::recipe_of_teacher(trial.recipe), trial.data->train->shape(), trial.data->train->classes()), trial.recipe,
        [](graph::Parameters& parameters) { parameters.initialise(6); }, workers, team);
  const auto learner = procedures::make_learner(trial.recipe, *trial.graph, trial.data->samples(), 5, workers, team, {}, teacher.get());
  learner->run({});
  records::RunRecord record;
  learner->write_to(record);
  const evaluations::EvaluationInputs inputs{
      trial.recipe, *trial.graph, *trial.data->test, trial.data->preprocessing, 5, workers, team, {}, {}};
  evaluations::evaluate_all(inputs, *learner, record);
  evaluations::probe_all(inputs, trial.data->probes, *learner, record);
  return records::record_digest(record, records::Part::repeatable);
}

class OneAnswerOnRanks : public testing::TestWithParam<std::tuple<int, Precision>> {};

TEST_P(OneAnswerOnRanks, for_any_ranks_threads_and_nodes) {
  const Trial trial(entries()[static_cast<std::size_t>(std::get<0>(GetParam()))], std::get<1>(GetParam()));
  const std::string expected = outcome(trial, Team::alone(), 1);
  for (const int size : {1, 2, 3, 4, 5, 7}) {
    if (size > session().size()) continue;
    for (const int per_node : {0, 1, 2}) {
      if (per_node > 0 && size <= per_node) continue;
      ::setenv("REPRISE_RANKS_PER_NODE", std::to_string(per_node).c_str(), 1);
      const auto team = session().team(session().rank() < size ? 0 : 1);
      if (session().rank() >= size) continue;
      for (const int threads : {1, 2, 3}) {
        if (per_node > 0 && threads > 1) continue;  // threads and nodes do not meet: a node's ranks are all that nodes see
        const std::string found = outcome(trial, *team, threads);
        if (team->is_root()) {
          EXPECT_EQ(found, expected) << size << " ranks, " << threads << " threads, " << per_node << " ranks a node";
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Nets, OneAnswerOnRanks,
                         testing::Combine(testing::Range(0, static_cast<int>(entries().size())),
                                          testing::Values(Precision::f32, Precision::bf16)),
                         [](const auto& parameter) {
                           const catalog::LayoutEntry& which = entries()[static_cast<std::size_t>(std::get<0>(parameter.param))];
                           std::string name = fmt::format("{}_{}_{}", which.paper, which.trial, name_of(std::get<1>(parameter.param)));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace reprise::ranks
