#include "reports/runs/derived_groups.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "reports/text.hpp"
#include "suite/catalog/sides.hpp"
#include "suite/metrics/class_scores.hpp"
#include "suite/tensor/half.hpp"

namespace reprise::reports {
namespace {

using records::EvaluationResult;
using records::RunRecord;

/// What a group of runs needs of a run, without what it found.
RunRecord identity_of(const RunRecord& run) {
  RunRecord identity;
  identity.paper = run.paper, identity.trial = run.trial, identity.scale = run.scale, identity.run_id = run.run_id;
  identity.seed = run.seed;
  identity.status = run.status;
  identity.recipe_toml = run.recipe_toml;
  identity.provenance = run.provenance;
  identity.test_labels = run.test_labels;
  return identity;
}

const EvaluationResult* evaluation_of(const RunRecord& run, const std::string& name) {
  const auto found = run.evaluations.find(name);
  return found == run.evaluations.end() ? nullptr : &found->second;
}

/// Ids of published numbers that ask for this evaluation.
std::vector<std::string> ids_for(const catalog::Paper& paper, const std::vector<std::string>& ids, const std::string& evaluation) {
  std::vector<std::string> asked;
  for (const std::string& id : ids) {
    const catalog::PublishedNumber* number = paper.find_published(id);
    if ((number != nullptr ? number->evaluation : "") == evaluation) asked.push_back(id);
  }
  return asked;
}

std::string words_of(const recipes::EvaluationRecipe& evaluation) {
  if (!evaluation.of.empty()) return "mean of the evaluations " + joined(evaluation.of, " and ");
  std::string words = evaluation.places == "whole"     ? "the net over the whole image"
                      : evaluation.places == "corners" ? "crops at the centre and in the corners"
                      : evaluation.places == "grid"    ? fmt::format("a grid of {0} x {0} crops", evaluation.grid)
                                                       : "the centre";
  if (!evaluation.dataset.empty()) words = fmt::format("test images of {}, {}", evaluation.dataset, words);
  if (!evaluation.sides.empty()) words += fmt::format(", shorter side {}", fmt::join(evaluation.sides, ", "));
  if (evaluation.mirrored) words += ", with mirrors";
  return words + (evaluation.average == "maximum" ? ", largest probability of each class" : ", " + evaluation.average + " averaged");
}

std::string words_of(const recipes::ProbeRecipe& probe) {
  std::string words = "linear classifier on features of " + joined(probe.nodes, ", ");
  if (probe.side > 0) words += fmt::format(", images of {} pixels", probe.side);
  if (probe.folds) return words + ", mean over the data set's folds";
  if (probe.labelled > 0) words += fmt::format(", {} labels of a class", probe.labelled);
  return probe.subsets > 1 ? fmt::format("{}, mean over {} subsets", words, probe.subsets) : words;
}

/// Adds the probabilities that a run has kept to `sums`. False if it has kept none.
bool add_probabilities(const RunRecord& run, const std::string& evaluation, std::vector<float>& sums) {
  const EvaluationResult* result = evaluation_of(run, evaluation);
  if (result == nullptr || result->scores.empty()) return false;
  std::vector<float> scores(result->scores.size());
  from_half(result->scores.data(), static_cast<std::int64_t>(scores.size()), scores.data());
  if (result->scores_are == "logits")
    for (std::size_t first = 0; first < scores.size(); first += static_cast<std::size_t>(result->classes))
      metrics::make_probabilities(scores.data() + first, result->classes);
  sums.resize(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) sums[i] += scores[i];
  return true;
}

bool can_be_averaged(const RunGroup& a, const RunGroup& b) {
  return a.scale == b.scale && a.dataset() == b.dataset() && a.variation_of_recipe() == b.variation_of_recipe() &&
         a.answer_version == b.answer_version && a.same_arithmetic(b) && !a.runs.empty() && !b.runs.empty() &&
         a.runs.front()->test_labels == b.runs.front()->test_labels;
}

/// The groups of all members that go with the first one; nothing if one is missing.
std::optional<std::vector<const RunGroup*>> members_beside(const std::vector<RunGroup>& groups, const std::vector<catalog::Side>& sides,
                                                           const RunGroup& first) {
  std::vector<const RunGroup*> members;
  for (const catalog::Side& side : sides) {
    const auto found = std::find_if(groups.begin(), groups.end(),
                                    [&](const RunGroup& group) { return group.trial == side.name && can_be_averaged(group, first); });
    if (found == groups.end()) return std::nullopt;
    members.push_back(&*found);
  }
  return members;
}

/// Seeds that all groups have.
std::vector<std::int64_t> common_seeds(const std::vector<const RunGroup*>& groups) {
  std::vector<std::int64_t> seeds;
  for (const RunRecord* run : groups.front()->runs)
    if (std::all_of(groups.begin(), groups.end(), [&](const RunGroup* group) { return group->with_seed(run->seed) != nullptr; }))
      seeds.push_back(run->seed);
  return seeds;
}

}  // namespace

DerivedGroups::DerivedGroups(const catalog::Paper& paper, const std::vector<RunGroup>& groups) {
  for (const RunGroup& group : groups) {
    all_.push_back(group);
    all_.back().recipe.reproduces = ids_for(paper, group.recipe.reproduces, "");
    for (const recipes::EvaluationRecipe& evaluation : group.recipe.final_evaluations) {
      RunGroup seen = seen_through(group, evaluation.name);
      if (seen.runs.empty()) continue;
      seen.look = words_of(evaluation);
      if (!evaluation.dataset.empty()) seen.recipe.dataset = evaluation.dataset;
      seen.recipe.reproduces = ids_for(paper, group.recipe.reproduces, evaluation.name);
      all_.push_back(std::move(seen));
    }
    for (const recipes::ProbeRecipe& probe : group.recipe.probes) {
      RunGroup probed = seen_through(group, probe.name);
      if (probed.runs.empty()) continue;
      probed.look = words_of(probe);
      if (!probe.dataset.empty()) probed.recipe.dataset = probe.dataset;
      probed.recipe.surrogate = {};  // its classes are those of the data set
      probed.recipe.reproduces = ids_for(paper, group.recipe.reproduces, probe.name);
      all_.push_back(std::move(probed));
    }
  }
  for (const catalog::Ensemble& ensemble : paper.ensembles) add_ensembles(paper, ensemble, groups);
}

RunGroup DerivedGroups::seen_through(const RunGroup& group, const std::string& evaluation) {
  RunGroup seen = group;
  seen.trial = catalog::Side{group.trial, evaluation}.text();
  seen.behind = {group.trial};
  seen.recipe.title += ", evaluation: " + evaluation;
  seen.runs.clear();
  for (const RunRecord* run : group.runs) {
    const EvaluationResult* result = evaluation_of(*run, evaluation);
    if (result == nullptr) continue;
    RunRecord& record = records_.emplace_back(identity_of(*run));
    record.test_predictions = result->predictions;
    if (result->predictions.empty()) {  // numbers of other images than the run's
      record.test_labels.clear();
      record.metrics["test_error"] = records::series_of("test_error", {result->results.at("test_error").value});
    }
    record.results = result->results;
    seen.runs.push_back(&record);
  }
  return seen;
}

void DerivedGroups::add_ensembles(const catalog::Paper& paper, const catalog::Ensemble& ensemble, const std::vector<RunGroup>& groups) {
  std::vector<catalog::Side> sides;
  for (const std::string& member : ensemble.members) sides.push_back(catalog::Side::parse(member));
  for (const RunGroup& first : groups) {
    if (first.trial != sides.front().name) continue;
    const auto members = members_beside(groups, sides, first);
    if (!members) continue;
    RunGroup averaged = first;
    averaged.trial = ensemble.id;
    averaged.behind = catalog::trials_behind(paper, ensemble.id);
    averaged.look = fmt::format("probabilities of {} averaged", joined(ensemble.members, ", "));
    averaged.recipe.title = ensemble.title;
    averaged.recipe.reproduces = ensemble.reproduces;
    averaged.seeds_are_of_runs = ensemble.seeds == 1;
    averaged.runs.clear();
    averaged.diverged.clear();
    const std::vector<std::int64_t> seeds = common_seeds(*members);
    for (std::size_t begin = 0; begin + static_cast<std::size_t>(ensemble.seeds) <= seeds.size();
         begin += static_cast<std::size_t>(ensemble.seeds)) {
      std::vector<float> sums;
      bool all = true;
      for (std::size_t s = begin; s < begin + static_cast<std::size_t>(ensemble.seeds); ++s)
        for (std::size_t m = 0; m < sides.size(); ++m)
          all = all && add_probabilities(*(*members)[m]->with_seed(seeds[s]), sides[m].evaluation, sums);
      if (!all) continue;
      const RunRecord& of_first = *first.with_seed(seeds[begin]);
      const auto classes = static_cast<std::int64_t>(sums.size() / of_first.test_labels.size());
      metrics::Guesses guesses = metrics::guesses_of(sums, classes, of_first.test_labels);
      RunRecord& record = records_.emplace_back(identity_of(of_first));
      record.test_predictions = std::move(guesses.first);
      record.results["top5_error"] = records::result_of("top5_error", guesses.top5_error_percent);
      if (ensemble.seeds > 1) record.seed = static_cast<std::int64_t>(begin) / ensemble.seeds + 1;
      averaged.runs.push_back(&record);
    }
    if (!averaged.runs.empty()) all_.push_back(std::move(averaged));
  }
}

}  // namespace reprise::reports
