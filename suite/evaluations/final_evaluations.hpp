#pragma once
// Looks at the test images when a run is done: crops, other sizes, the net over the whole image. Weights do not depend on them.

#include <functional>
#include <memory>
#include <string>

#include "datasets/preprocessing.hpp"
#include "datasets/sample_source.hpp"
#include "suite/records/run_record.hpp"
#include "suite/training/learner.hpp"

namespace reprise::evaluations {

struct EvaluationInputs {
  const recipes::Recipe& recipe;
  const graph::Graph& graph;
  const datasets::SampleSource& test;
  std::shared_ptr<const datasets::Preprocessing> preprocessing;
  std::uint64_t seed;
  parallel::Workers& workers;
  ranks::Team& team;
  std::function<bool()> should_stop;                                    ///< any rank stops all; empty: never
  std::function<void(const std::string& name, double share)> progress;  ///< empty: nobody listens
};

/// Throws InputError for an evaluation of the recipe that its images or its net do not allow.
void check_evaluations(const EvaluationInputs& inputs);

/// Adds all evaluations of the recipe to `record`, which has the test labels. False: it was stopped, and `record` is as it was.
/// Collective over the team.
bool evaluate_all(const EvaluationInputs& inputs, training::Learner& learner, records::RunRecord& record);

/// Forward passes of the net that the evaluations of one test image are worth, by multiply-adds, for samples of `shape`.
double passes_of(const recipes::Recipe& recipe, const SampleShape& shape);

}  // namespace reprise::evaluations
