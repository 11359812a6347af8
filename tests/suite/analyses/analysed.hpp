#pragma once
// An analysis of a net that was made by hand.

#include <map>
#include <string>
#include <vector>

#include "suite/analyses/analysis.hpp"
#include "tests/support/small_training.hpp"

namespace reprise::tests {

/// What it added to the run's record, results as plain numbers.
struct Analysed {
  std::vector<double> epochs;
  std::map<std::string, double> results;
  std::map<std::string, records::Table> tables;
  std::map<std::string, records::Images> images;
  std::map<std::string, records::Series> timing;
  std::vector<std::string> deviations;
};

/// `test`: images in place of the run's.
inline Analysed analysed(SmallRun& run, const std::string& name,
                         const std::function<graph::Graph(const recipes::Options&)>& build_model = {},
                         const datasets::SampleSource* test = nullptr) {
  const SmallTraining& setup = run.setup();
  records::RunRecord record = run.record();
  analyses::find_analysis(name)({setup.recipe,
                                 setup.graph,
                                 run.learner(),
                                 run.train(),
                                 test != nullptr ? *test : run.test(),
                                 setup.seed,
                                 run.workers(),
                                 build_model,
                                 {}},
                                record);
  Analysed found{record.epochs, {}, record.tables, record.images, record.timing, record.deviations};
  for (const auto& [key, result] : record.results) found.results[key] = result.value;
  return found;
}

}  // namespace reprise::tests
