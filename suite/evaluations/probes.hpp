#pragma once
// Probes of a trained net: how well a linear classifier on its features does.

#include <vector>

#include "suite/evaluations/features.hpp"
#include "suite/evaluations/labelled_images.hpp"
#include "suite/evaluations/linear_svm.hpp"

namespace reprise::evaluations {

/// Throws InputError for a probe of the recipe that its images or its net do not allow. `images`: one for each probe.
void check_probes(const EvaluationInputs& inputs, const std::vector<LabelledImages>& images);

/// Adds all probes of the recipe to the evaluations of `record`: "test_error", the mean over subsets of labelled images;
/// "test_error_deviation", over them; "svm_constant". The constant is the one with the least error on the held-out part of the first
/// subset (cut), the smallest of several; then each subset is learned whole. Features are divided by scales_of() those of all labelled
/// images that are learned. False: it was stopped, and `record` is as it was. Collective over the team.
bool probe_all(const EvaluationInputs& inputs, const std::vector<LabelledImages>& images, training::Learner& learner,
               records::RunRecord& record);

/// The constants that a probe tries, ascending.
std::vector<double> constants_of(const recipes::ProbeRecipe& probe);

/// Multiply-adds of the features of one image.
std::int64_t feature_macs(const graph::Graph& net, const recipes::ProbeRecipe& probe, const SampleShape& images);

}  // namespace reprise::evaluations
