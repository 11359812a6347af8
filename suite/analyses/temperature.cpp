#include <cmath>

#include "suite/analyses/analysis.hpp"
#include "suite/errors.hpp"

namespace reprise::analyses {

void temperature(const AnalysisInputs& in, records::RunRecord& record) {
  double sum = 0, start = 0;
  std::int64_t channels = 0;
  const graph::Parameters& parameters = in.learner.parameters();
  for (const graph::Parameter& parameter : parameters.list()) {
    if (parameter.spec.logarithm_of != "temperature" || !parameter.spec.trains) continue;
    for (std::int64_t c = 0; c < parameter.count; ++c) sum += parameters.of(parameter)[c];
    start += parameter.spec.initialisation.value * static_cast<double>(parameter.count);
    channels += parameter.count;
  }
  if (channels == 0)
    throw InputError(
        Complaint{"analysis temperature", "a net with a learned temperature", "none", "Set model.learned = true or drop the analysis"});
  const double mean = sum / static_cast<double>(channels), change = mean - start / static_cast<double>(channels);
  record.results["temperature"] = records::result_of("temperature", std::exp(mean));
  record.results["temperature_change"] = records::result_of("temperature_change", std::abs(change));
  record.results["temperature_direction"] = records::result_of("temperature_direction", change > 0 ? 1 : change < 0 ? -1 : 0);
}

}  // namespace reprise::analyses
