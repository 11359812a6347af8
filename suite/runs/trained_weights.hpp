#pragma once
// The weights of other trials' nets that a run needs: of the one it starts from, and of its teacher.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "suite/graph/parameters.hpp"
#include "suite/records/run_record.hpp"
#include "suite/runs/run_trial.hpp"
#include "suite/training/teacher.hpp"

namespace reprise::runs {

struct TrainedWeights {
  std::string run_id;  ///< whose they are; empty: the recipe needs none
  std::map<std::string, records::Tensor> weights{};

  /// For a net of fewer channels, if the recipe asks for it (shrunken_weights.hpp), and for one whose weights share values
  /// (clustered_start.hpp).
  void fit_to(const graph::Graph& graph, const recipes::StartRecipe& recipe);
  /// Puts them where the recipe's patterns say. Throws InputError for a pattern that matches nothing, a parameter that the other net has
  /// not, and one of another shape. Collective over the team of `parameters`.
  void put_into(graph::Parameters& parameters, const recipes::StartRecipe& recipe, ranks::Team& team) const;
};

/// Of the trial that `recipe` starts from, with the same seed: out of its result below `options.out`, if that has them and is sound; else
/// it is run first, as a run of its own, with its own checkpoint, which is left there. So a run depends on its recipe alone, whatever was
/// run before. Nothing if it was stopped meanwhile. Collective.
std::optional<TrainedWeights> start_weights(const recipes::Recipe& recipe, std::int64_t seed, const RunOptions& options);
/// Of the trial that teaches it, likewise.
std::optional<TrainedWeights> teacher_weights(const recipes::Recipe& recipe, std::int64_t seed, const RunOptions& options);

/// The net of the recipe's teacher with these weights, for samples of `input`. Null: it has none. Collective.
std::unique_ptr<training::Teacher> make_teacher(const recipes::Recipe& recipe, const TrainedWeights& weights, const SampleShape& input,
                                                int classes, parallel::Workers& workers, ranks::Team& team);

/// The recipe of the trial that this one starts from, or that teaches it. Throw InputError if there is none.
recipes::Recipe recipe_of_start(const recipes::Recipe& recipe);
recipes::Recipe recipe_of_teacher(const recipes::Recipe& recipe);
/// Of all trials whose weights it needs.
std::vector<recipes::Recipe> recipes_before(const recipes::Recipe& recipe);

/// Names of parameters as the result file has them: a slash would be a group.
std::string stored_name(std::string parameter);

}  // namespace reprise::runs
