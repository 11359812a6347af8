#pragma once
// How a trial learns: a name of the recipe, and the phases it stands for. One table; nothing else compares such a name.

#include <memory>
#include <string>
#include <vector>

#include "suite/recipes/recipe.hpp"
#include "suite/training/learner.hpp"

namespace reprise::procedures {

struct Procedure {
  std::string name;  ///< "supervised"
  std::string summary;
  bool has_labels = true;          ///< false: the target is the preprocessed input, and nothing is classified
  bool has_plastic_phase = false;  ///< plastic layers learn first, then a classifier on features; the recipe's table [hebbian] applies
  bool takes_augmentation = true;
  bool takes_mixing = false;  ///< samples mixed with others, targets of several classes
  bool takes_test_views = false;
  bool takes_phases = false;   ///< the recipe's list of phases
  bool takes_teacher = false;  ///< a trained net whose scores are learned besides the labels
  std::vector<std::unique_ptr<training::Phase>> (*phases)(const training::RunContext& run);
};

const std::vector<Procedure>& all();
std::vector<std::string> names();

/// Throws InputError listing the procedures.
const Procedure& find(const std::string& name);
inline const Procedure& of(const recipes::Recipe& recipe) {
  return find(recipe.procedure);
}

/// What takes the trial from its first weights to its last. Keeps references to all arguments. `teacher`: where the recipe has one. Throws
/// InputError if the procedure has labels and the net's main head is compared with its input, or the other way round. Collective.
std::unique_ptr<training::Learner> make_learner(const recipes::Recipe& recipe, const graph::Graph& graph,
                                                const training::RunSamples& samples, std::uint64_t seed, parallel::Workers& workers,
                                                ranks::Team& team = ranks::Team::alone(), const training::InitialValues& initial = {},
                                                training::Teacher* teacher = nullptr);

}  // namespace reprise::procedures
