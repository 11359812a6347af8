#pragma once
// The data of a recipe, ready to be read by every rank of a team.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "datasets/preprocessing.hpp"
#include "datasets/sample_source.hpp"
#include "suite/evaluations/labelled_images.hpp"
#include "suite/ranks/team.hpp"
#include "suite/recipes/recipe.hpp"
#include "suite/training/phase.hpp"

namespace reprise::runs {

struct RunData {
  /// Loads, selects and preprocesses. Asked to stop between two of these, it leaves the rest out: complete() is then false. Throws
  /// InputError.
  RunData(const recipes::Recipe& recipe, const std::filesystem::path& directory, const std::function<bool()>& should_stop = {});
  bool complete() const { return test != nullptr; }
  training::RunSamples samples() const { return {*train, labelled ? *labelled : *train, *test}; }

  std::shared_ptr<const datasets::Preprocessing> preprocessing;
  std::unique_ptr<datasets::SampleSource> train, test;
  std::unique_ptr<datasets::SampleSource> labelled;                   ///< of procedure hebbian; null: all of train
  std::vector<std::unique_ptr<const datasets::SampleSource>> others;  ///< what each evaluation of the recipe sees; null: `test`
  std::vector<evaluations::LabelledImages> probes;                    ///< what each probe of the recipe learns and is tested on
  std::string digest;                                                 ///< of what is trained and tested on
};

/// The root reads first: what is fitted once is then in the cache for the others. Throws InputError on all ranks unless all have
/// read the same. Null on all ranks if any is asked to stop meanwhile (empty: never); what was fitted by then is in the cache. Collective.
std::unique_ptr<const RunData> load_run_data(const recipes::Recipe& recipe, const std::filesystem::path& directory, ranks::Team& team,
                                             const std::function<bool()>& should_stop = {});

/// Whether the images go through a product of OpenBLAS, whose kernels then are part of the answer.
bool is_whitened(const recipes::Recipe& recipe);

/// Throws InputError on all ranks unless all have the text that the root has. Collective.
void require_same(ranks::Team& team, const std::string& thing, const std::string& mine, const char* fix);

}  // namespace reprise::runs
