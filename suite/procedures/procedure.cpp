#include "suite/procedures/procedure.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"
#include "suite/hebbian/feature_phase.hpp"
#include "suite/hebbian/plastic_phase.hpp"
#include "suite/text/suggestion.hpp"
#include "suite/training/backprop_phase.hpp"

namespace reprise::procedures {

namespace {

using Phases = std::vector<std::unique_ptr<training::Phase>>;
using training::BackpropPhase;
using training::ImageBatches;
using training::RunContext;

Phases backprop(const RunContext& run, const training::BackpropOptions& options) {
  Phases phases;
  phases.push_back(std::make_unique<BackpropPhase>(run, nullptr, std::make_unique<ImageBatches>(run.samples.train),
                                                   std::make_unique<ImageBatches>(run.samples.test), options));
  return phases;
}

/// The recipe of one phase, which takes steps [first, last) of the run's `total`.
std::shared_ptr<const recipes::Recipe> recipe_of(const recipes::PhaseRecipe& phase, const recipes::Recipe& run, std::int64_t first,
                                                 std::int64_t last, std::int64_t total) {
  if (last <= first)
    throw InputError(Complaint{fmt::format("phase '{}'", phase.name), "at least one step",
                               fmt::format("a share of {} of {} steps", phase.share, total), "Lengthen the run"});
  auto recipe = std::make_shared<recipes::Recipe>(run);
  recipe->phases.clear();
  recipe->steps = last - first;
  recipe->evaluations = std::max(1, static_cast<int>(std::lround(phase.share * run.evaluations)));
  if (phase.rate > 0)
    recipe->optimizer.learning_rate = {.kind = "step", .value = phase.rate, .factor = phase.factor, .milestones = phase.milestones};
  return recipe;
}

Phases supervised(const RunContext& run) {
  const recipes::Recipe& recipe = run.recipe;
  if (recipe.phases.empty()) return backprop(run, {.name = "training", .test_views = recipe.test_views});
  Phases phases;
  const std::int64_t total = recipes::total_steps(recipe, run.samples.train.count());
  double share = 0;
  std::int64_t first = 0;
  for (const recipes::PhaseRecipe& phase : recipe.phases) {
    share += phase.share;
    const std::int64_t last = &phase == &recipe.phases.back() ? total : std::llround(share * static_cast<double>(total));
    const bool alone = phase.heads == "main" && run.graph.heads().size() > 1;
    phases.push_back(std::make_unique<BackpropPhase>(
        run, alone ? std::make_shared<graph::Graph>(run.graph.main_branch()) : nullptr, std::make_unique<ImageBatches>(run.samples.train),
        std::make_unique<ImageBatches>(run.samples.test),
        training::BackpropOptions{
            .name = phase.name, .test_views = recipe.test_views, .recipe = recipe_of(phase, recipe, first, last, total)}));
    first = last;
  }
  return phases;
}

Phases autoencoder(const RunContext& run) {
  return backprop(run, {.name = "training", .test_views = 0});
}

/// The nodes behind "features", learning on stored features.
class ClassifierPhase : public BackpropPhase {
 public:
  ClassifierPhase(const RunContext& run, const std::shared_ptr<hebbian::FeatureStores>& stores)
      : BackpropPhase(run, std::make_shared<graph::Graph>(hebbian::classifier_of(run.graph, hebbian::features_node(run.graph))),
                      std::make_unique<hebbian::FeatureBatches>(stores->labelled, run.samples.labelled),
                      std::make_unique<hebbian::FeatureBatches>(stores->test, run.samples.test),
                      {.name = "training the classifier", .test_views = 0}),
        stores_(stores) {}

 private:
  std::shared_ptr<hebbian::FeatureStores> stores_;  // what the batches read
};

Phases plastic(const RunContext& run) {
  const recipes::HebbianRecipe& hebbian = run.recipe.hebbian;
  const execution::NetOptions options{run.recipe.precision, hebbian.batch, std::min(hebbian.shard, hebbian.batch)};
  const auto net =
      std::make_shared<hebbian::PlasticNet>(run.graph, hebbian::features_node(run.graph), options, run.parameters, run.workers, run.team);
  const auto stores = std::make_shared<hebbian::FeatureStores>();
  Phases phases;
  phases.push_back(std::make_unique<hebbian::PlasticPhase>(run, net));
  phases.push_back(std::make_unique<hebbian::FeaturePhase>(run, net, stores));
  phases.push_back(std::make_unique<ClassifierPhase>(run, stores));
  return phases;
}

}  // namespace

const std::vector<Procedure>& all() {
  static const std::vector<Procedure> procedures{
      {.name = "supervised",
       .summary = "back-propagation from labels",
       .takes_mixing = true,
       .takes_test_views = true,
       .takes_phases = true,
       .takes_teacher = true,
       .phases = supervised},
      {.name = "autoencoder",
       .summary = "back-propagation; the target is the preprocessed input",
       .has_labels = false,
       .phases = autoencoder},
      {.name = "hebbian",
       .summary = "plastic layers learn without labels; then a classifier on their features, which are computed once",
       .has_plastic_phase = true,
       .takes_augmentation = false,
       .phases = plastic},
  };
  return procedures;
}

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const Procedure& procedure : all()) names.push_back(procedure.name);
  return names;
}

const Procedure& find(const std::string& name) {
  for (const Procedure& procedure : all())
    if (procedure.name == name) return procedure;
  throw InputError(Complaint{"procedure", fmt::format("one of {}", fmt::join(names(), ", ")), fmt::format("'{}'", name),
                             text::did_you_mean(name, names(), "Use a name of this list")});
}

std::unique_ptr<training::Learner> make_learner(const recipes::Recipe& recipe, const graph::Graph& graph,
                                                const training::RunSamples& samples, std::uint64_t seed, parallel::Workers& workers,
                                                ranks::Team& team, const training::InitialValues& initial, training::Teacher* teacher) {
  const bool has_labels = graph.main_head().target == losses::Target::label;
  if (has_labels != of(recipe).has_labels) {
    const auto text = [](bool labels) { return labels ? "a net that is compared with labels" : "a net that gives back its input"; };
    throw InputError(Complaint{fmt::format("procedure \"{}\"", recipe.procedure), text(!has_labels), text(has_labels),
                               "Choose another procedure, or another model.name"});
  }
  const auto phases = [teacher, make = of(recipe).phases](const RunContext& run) {
    RunContext taught = run;
    taught.teacher = teacher;
    return make(taught);
  };
  return std::make_unique<training::Learner>(recipe, graph, samples, seed, workers, team, phases, initial);
}

}  // namespace reprise::procedures
