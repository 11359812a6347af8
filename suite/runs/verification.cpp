#include "suite/runs/verification.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/errors.hpp"
#include "suite/procedures/procedure.hpp"
#include "suite/runs/provenance.hpp"
#include "suite/runs/run_data.hpp"
#include "suite/runs/trained_weights.hpp"
#include "suite/training/learner.hpp"
#include "suite/version.hpp"

namespace reprise::runs {

namespace {

std::string fact(const std::map<std::string, std::string>& provenance, const std::string& key) {
  const auto found = provenance.find(key);
  return found == provenance.end() ? "unknown" : found->second;
}

void require_same_instructions(const records::RunRecord& record, const recipes::Recipe& recipe,
                               const std::map<std::string, std::string>& here) {
  for (const std::string key : {"isa_vector_kernels", "onednn", "blas"}) {
    if (key == "blas" && (!is_whitened(recipe) || !record.provenance.contains(key))) continue;  // only whitening multiplies with it
    if (fact(record.provenance, key) == fact(here, key)) continue;
    const bool then_is_lower = fact(record.provenance, "isa_vector_kernels") == "avx2";
    throw InputError(Complaint{fmt::format("{} of run {}", key, record.run_id), "the same here: " + fact(record.provenance, key),
                               fact(here, key),
                               fmt::format("Two instruction sets round differently. Pin the lower one: {} {}", kLowestArithmetic,
                                           then_is_lower ? "reprise verify ..." : "for the run, then for its verification")});
  }
}

struct OthersWeights {
  TrainedWeights start, teacher;
};

/// Of the trials whose weights the run needed, in a folder of its own: nothing that lies somewhere is believed.
OthersWeights weights_computed_again(const recipes::Recipe& recipe, const records::RunRecord& record, const RunOptions& options) {
  if (recipes_before(recipe).empty()) return {};
  RunOptions own = options;
  own.out = std::filesystem::temp_directory_path() / ("reprise-verify-" + record.run_id);
  const std::optional<TrainedWeights> start = start_weights(recipe, record.seed, own);
  std::optional<TrainedWeights> teacher;
  if (start) teacher = teacher_weights(recipe, record.seed, own);
  ranks::Team& team = options.team != nullptr ? *options.team : ranks::Team::alone();
  team.on_root([&] { std::filesystem::remove_all(own.out); }, "folder of other trials");
  if (!teacher)
    throw InputError(Complaint{fmt::format("run {}", record.run_id), "the weights of the trials that it needed, computed again",
                               "a stop before they were", "Verify again"});
  return {*start, *teacher};
}

}  // namespace

records::Divergence verify_run(const records::RunRecord& record, const VerificationPart& part, const RunOptions& options) {
  if (record.status != records::kComplete)
    throw InputError(Complaint{fmt::format("run {}", record.run_id), "a complete result", "one that is " + record.status,
                               "There are no numbers to verify; reprise run --force repeats it"});
  ranks::Team& team = options.team != nullptr ? *options.team : ranks::Team::alone();
  const recipes::Recipe recipe = catalog::recipe_from_toml(record.recipe_toml);
  require_same_instructions(record, recipe, provenance(1));
  const auto sources = load_run_data(recipe, options.data, team);
  if (fact(record.provenance, "data_digest") != sources->digest)
    throw InputError(Complaint{fmt::format("data of run {}", record.run_id), fact(record.provenance, "data_digest"), sources->digest,
                               "Give the data that it was run on (--data)"});
  if (record.answer_version() != kAnswerVersion)
    throw InputError(Complaint{fmt::format("answer version of run {}", record.run_id), std::to_string(kAnswerVersion),
                               std::to_string(record.answer_version()), "Check out the commit in its provenance: reprise diff shows it"});
  if (run_id(recipe, record.seed, sources->digest) != record.run_id)
    throw InputError(Complaint{fmt::format("run {}", record.run_id), "the id that its recipe, seed and data give", "another",
                               "Check out the commit in its provenance: reprise diff shows it"});

  const graph::Graph graph = catalog::build_model(recipe, sources->train->shape(), sources->train->classes());
  parallel::Workers workers(options.threads);
  auto [start, teacher_net] = weights_computed_again(recipe, record, options);
  start.fit_to(graph, recipe.start);
  const auto teacher = make_teacher(recipe, teacher_net, sources->train->shape(), sources->train->classes(), workers, team);
  const auto learner = procedures::make_learner(
      recipe, graph, sources->samples(), static_cast<std::uint64_t>(record.seed), workers, team,
      [&, &weights = start](graph::Parameters& parameters) { weights.put_into(parameters, recipe.start, team); }, teacher.get());
  training::Controls controls;
  // Loss digests are recorded at intervals: fewer steps would compare nothing. One step more than asked for, so that a row due at the last
  // step is made.
  const std::int64_t first_note = record.trace.steps.empty() ? 0 : record.trace.steps.front(),
                     steps = part.steps > 0 ? std::max(part.steps, first_note) : 0;
  controls.should_stop = [&] { return steps > 0 && learner->step() > steps; };
  if (options.progress && team.is_root())
    controls.progress = [&](const training::Progress& of_run) {
      training::Progress progress = of_run;
      if (steps > 0) {
        progress.total_steps = std::min(steps, progress.total_steps);
        progress.share = static_cast<double>(progress.step) / static_cast<double>(progress.total_steps);
        progress.seconds_left = 0;  // of the whole phase, which is not executed
      }
      progress.phase = "executing again: " + progress.phase;
      options.progress(progress);
    };
  learner->run(controls);
  records::RunRecord again;
  learner->write_to(again);
  records::Divergence divergence = records::find_divergence(record, again, part.from_epoch);
  if (!divergence.differs && divergence.rows == 0 && divergence.steps == 0)
    throw InputError(Complaint{fmt::format("run {}", record.run_id), "a note of its history among what was executed",
                               fmt::format("none in {} steps", learner->step()), "Give a larger --steps, or a smaller --from"});
  return divergence;
}

}  // namespace reprise::runs
