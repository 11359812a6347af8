#include "suite/analyses/analysis.hpp"
#include "suite/errors.hpp"

namespace reprise::analyses {

void check_generalisation(const Subject& subject) {
  if (subject.graph.main_head().target != losses::Target::label)
    throw InputError(Complaint{"analysis generalisation", "a net that learns from labels", "another target", "Drop the analysis"});
}

void generalisation(const AnalysisInputs& inputs, records::RunRecord& record) {
  const double train = inputs.learner.evaluate(inputs.train).error_percent, test = inputs.learner.evaluate(inputs.test).error_percent;
  record.results["clean_train_error"] = records::result_of("clean_train_error", train);
  record.results["generalisation_gap"] = records::result_of("generalisation_gap", test - train);
}

}  // namespace reprise::analyses
