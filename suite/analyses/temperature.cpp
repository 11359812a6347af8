#include <algorithm>
#include <cmath>

#include "suite/analyses/analysis.hpp"
#include "suite/errors.hpp"

namespace reprise::analyses {

namespace {

bool is_learned_temperature(const layers::ParameterSpec& spec) {
  return spec.logarithm_of == "temperature" && spec.trains;
}

}  // namespace

void check_temperature(const Subject& subject) {
  for (const graph::Node& node : subject.graph.nodes())
    if (std::any_of(node.parameters.begin(), node.parameters.end(), is_learned_temperature)) return;
  throw InputError(
      Complaint{"analysis temperature", "a net with a learned temperature", "none", "Set model.learned = true or drop the analysis"});
}

void temperature(const AnalysisInputs& in, records::RunRecord& record) {
  check_temperature({in.recipe, in.graph});
  double sum = 0, start = 0;
  std::int64_t channels = 0;
  const graph::Parameters& parameters = in.learner.parameters();
  for (const graph::Parameter& parameter : parameters.list()) {
    if (!is_learned_temperature(parameter.spec)) continue;
    for (std::int64_t c = 0; c < parameter.count; ++c) sum += parameters.of(parameter)[c];
    start += parameter.spec.initialisation.value * static_cast<double>(parameter.count);
    channels += parameter.count;
  }
  const double mean = sum / static_cast<double>(channels), change = mean - start / static_cast<double>(channels);
  record.results["temperature"] = records::result_of("temperature", std::exp(mean));
  record.results["temperature_change"] = records::result_of("temperature_change", std::abs(change));
  record.results["temperature_direction"] = records::result_of("temperature_direction", change > 0 ? 1 : change < 0 ? -1 : 0);
}

}  // namespace reprise::analyses
