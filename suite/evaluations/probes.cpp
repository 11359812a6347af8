#include "suite/evaluations/probes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "suite/errors.hpp"
#include "suite/graph/larger_input.hpp"
#include "suite/metrics/metric.hpp"

namespace reprise::evaluations {

namespace {

using recipes::ProbeRecipe;
using Places = std::vector<std::int64_t>;

constexpr double kTrainFeatures = 0.4, kTestFeatures = 0.8;  // shares of a probe's progress by then

/// Rows of the table of all labelled images that are learned.
class LearnedRows {
 public:
  explicit LearnedRows(const std::vector<Places>& subsets) {
    for (const Places& subset : subsets) all_.insert(all_.end(), subset.begin(), subset.end());
    std::sort(all_.begin(), all_.end());
    all_.erase(std::unique(all_.begin(), all_.end()), all_.end());
  }
  const Places& all() const { return all_; }
  std::int64_t row_of(std::int64_t place) const { return std::lower_bound(all_.begin(), all_.end(), place) - all_.begin(); }

 private:
  Places all_;
};

class Prober {
 public:
  Prober(const EvaluationInputs& inputs, const ProbeRecipe& probe, const LabelledImages& images, training::Learner& learner)
      : inputs_(inputs), probe_(probe), images_(images), learner_(learner), subsets_(subsets_of(probe, images)), rows_(subsets_) {}

  /// Nothing: stopped.
  std::optional<records::EvaluationResult> result() {
    if (!read_features()) return std::nullopt;
    const std::optional<double> constant = best_constant();
    if (!constant) return std::nullopt;
    std::vector<double> errors;
    Places test(static_cast<std::size_t>(test_.rows));
    std::iota(test.begin(), test.end(), std::int64_t{0});
    for (const Places& subset : subsets_) {
      if (stops(1)) return std::nullopt;
      const LinearSvms svms = train_svms(samples(subset), images_.train->classes, *constant, inputs_.workers, inputs_.team);
      errors.push_back(error(svms, test_, test, images_.test->labels));
    }
    const double mean = std::accumulate(errors.begin(), errors.end(), 0.0) / static_cast<double>(errors.size());
    double squares = 0;
    for (const double value : errors) squares += (value - mean) * (value - mean);
    records::EvaluationResult found;
    const auto add = [&](const char* metric, double value) { found.results[metric] = records::result_of(metric, value); };
    add("test_error", mean);
    add("svm_constant", *constant);
    if (errors.size() > 1) add("test_error_deviation", std::sqrt(squares / static_cast<double>(errors.size() - 1)));
    return found;
  }

 private:
  bool stops(double share) const {
    if (inputs_.progress) inputs_.progress(probe_.name, share);
    return inputs_.team.any(inputs_.should_stop && inputs_.should_stop(), "agreement to stop");
  }

  bool read_features() {
    FeatureNet net(inputs_, probe_, *images_.train);
    auto train = net.features(learner_, *images_.train, rows_.all(), 0, kTrainFeatures);
    if (!train) return false;
    Places all(static_cast<std::size_t>(images_.test->count));
    std::iota(all.begin(), all.end(), std::int64_t{0});
    auto test = net.features(learner_, *images_.test, all, kTrainFeatures, kTestFeatures);
    if (!test) return false;
    train_ = std::move(*train), test_ = std::move(*test);
    const std::vector<double> scales = scales_of(train_);
    divide(train_, scales, inputs_.team), divide(test_, scales, inputs_.team);
    return true;
  }

  SvmSamples samples(const Places& places) const {
    SvmSamples samples{train_.values(), train_.columns, {}, {}};
    for (const std::int64_t place : places) {
      samples.rows.push_back(rows_.row_of(place));
      samples.labels.push_back(images_.train->labels[static_cast<std::size_t>(place)]);
    }
    return samples;
  }

  /// Percent of the rows that are classified wrongly; label i is that of row i.
  double error(const LinearSvms& svms, const FeatureTable& table, const Places& rows, const std::vector<std::int32_t>& labels) const {
    const std::vector<std::int32_t> found = classify(svms, table.values(), rows, inputs_.workers);
    std::int64_t wrong = 0;
    for (std::size_t i = 0; i < found.size(); ++i) wrong += found[i] != labels[i] ? 1 : 0;
    return 100 * static_cast<double>(wrong) / static_cast<double>(found.size());
  }

  std::optional<double> best_constant() const {
    const std::vector<double> constants = constants_of(probe_);
    if (constants.size() == 1) return constants.front();
    const CutSubset parts = cut(subsets_.front(), images_.train->labels, images_.train->classes);
    const SvmSamples learned = samples(parts.learned), held_out = samples(parts.held_out);
    LinearSvms svms;
    double least = 0, best = constants.front();
    for (std::size_t i = 0; i < constants.size(); ++i) {
      const double done = static_cast<double>(i) / static_cast<double>(constants.size() + subsets_.size());
      if (stops(kTestFeatures + (1 - kTestFeatures) * done)) return std::nullopt;
      svms = train_svms(learned, images_.train->classes, constants[i], inputs_.workers, inputs_.team, svms);
      const double now = error(svms, train_, held_out.rows, held_out.labels);
      if (i == 0 || now < least) least = now, best = constants[i];
    }
    return best;
  }

  const EvaluationInputs& inputs_;
  const ProbeRecipe& probe_;
  const LabelledImages& images_;
  training::Learner& learner_;
  std::vector<Places> subsets_;
  LearnedRows rows_;
  FeatureTable train_, test_;
};

}  // namespace

void check_probes(const EvaluationInputs& inputs, const std::vector<LabelledImages>& images) {
  for (std::size_t p = 0; p < inputs.recipe.probes.size(); ++p) {
    const ProbeRecipe& probe = inputs.recipe.probes[p];
    FeatureNet(inputs, probe, *images[p].train);
    for (const Places& subset : subsets_of(probe, images[p])) {
      const CutSubset parts = cut(subset, images[p].train->labels, images[p].train->classes);
      if (probe.constants > 1 && (parts.learned.empty() || parts.held_out.empty()))
        throw InputError(Complaint{fmt::format("probe '{}'", probe.name), "at least two labelled images of a class to choose a constant on",
                                   fmt::format("{} in all", subset.size()), "Raise labelled, or set constants = 1"});
    }
  }
}

bool probe_all(const EvaluationInputs& inputs, const std::vector<LabelledImages>& images, training::Learner& learner,
               records::RunRecord& record) {
  std::map<std::string, records::EvaluationResult> found;
  for (std::size_t p = 0; p < inputs.recipe.probes.size(); ++p) {
    auto result = Prober(inputs, inputs.recipe.probes[p], images[p], learner).result();
    if (!result) return false;
    found[inputs.recipe.probes[p].name] = std::move(*result);
  }
  record.evaluations.merge(found);
  return true;
}

std::vector<double> constants_of(const ProbeRecipe& probe) {
  std::vector<double> constants;
  const double ratio = probe.constant_to / probe.constant_from;
  for (std::int64_t i = 0; i < probe.constants; ++i)
    constants.push_back(probe.constants == 1
                            ? probe.constant_from
                            : probe.constant_from * std::pow(ratio, static_cast<double>(i) / static_cast<double>(probe.constants - 1)));
  return constants;
}

std::int64_t feature_macs(const graph::Graph& net, const ProbeRecipe& probe, const SampleShape& images) {
  std::vector<graph::NodeId> nodes;
  for (const std::string& name : probe.nodes) nodes.push_back(net.find(name));
  return graph::features_over_larger_input(net, images, nodes, probe.parts).forward_macs();
}

}  // namespace reprise::evaluations
