#pragma once
// Looks at the test images, or those of another data set, when a run is done: crops, other sizes, the net over the whole image. Weights do
// not depend on them.

#include <functional>
#include <memory>
#include <span>
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
  /// What each evaluation of the recipe looks at; null, or none at all: `test`.
  std::span<const std::unique_ptr<const datasets::SampleSource>> others{};
};

/// Throws InputError for an evaluation of the recipe that its images or its net do not allow.
void check_evaluations(const EvaluationInputs& inputs);

/// Adds all evaluations of the recipe to `record`, which has the test labels. Of images in groups (datasets::ImageGroup) also the error of
/// each corruption, the mean over its severities, as "CORRUPTION_error", and a table NAME_by_severity. False: it was stopped, and `record`
/// is as it was. Collective over the team.
bool evaluate_all(const EvaluationInputs& inputs, training::Learner& learner, records::RunRecord& record);

/// Forward passes of the net that an evaluation of one image is worth, by multiply-adds, for samples of `shape`.
double passes_of(const recipes::EvaluationRecipe& evaluation, const SampleShape& shape);

}  // namespace reprise::evaluations
