#pragma once
// Evaluation of a net over a whole set, on the image alone or averaged over views of it.

#include <functional>
#include <optional>

#include "datasets/test_views.hpp"
#include "suite/execution/executor.hpp"
#include "suite/training/batch_source.hpp"
#include "suite/training/phase.hpp"

namespace reprise::training {

struct EvaluationOptions {
  std::int64_t batch = 1;
  std::int64_t outputs = 0;               ///< values of the output node: classes, if it predicts any
  bool predicts = true;                   ///< whether the output is a class
  std::vector<datasets::TestView> views;  ///< the first is the image itself
  bool averages_probabilities = false;    ///< of the views, in place of logits
  bool top5 = false;                      ///< counts images whose class is not among the first five, too
  layers::Mode mode = layers::Mode::infer;
  std::uint64_t seed = 0, mask = 0;  ///< of dropout, where the mode draws it
  /// ORs a signal over all ranks, called for each batch of `images`; empty: evaluation is not interrupted.
  std::function<execution::Signals(std::int64_t images)> signals;
};

/// Nothing if it was stopped. Collective over the executor's team.
std::optional<Evaluation> evaluate(execution::Executor& executor, const BatchSource& source, const EvaluationOptions& options);

}  // namespace reprise::training
