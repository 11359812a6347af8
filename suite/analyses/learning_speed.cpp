#include "suite/analyses/analysis.hpp"
#include "suite/errors.hpp"

namespace reprise::analyses {

void check_learning_speed(const Subject& subject) {
  if (subject.graph.main_head().target != losses::Target::label)
    throw InputError(Complaint{"analysis learning_speed", "a net that learns from labels", "another target", "Drop the analysis"});
}

void learning_speed(const AnalysisInputs&, records::RunRecord& record) {
  constexpr double wanted = 25;  // percent
  const auto series = record.metrics.find("train_error");
  if (series == record.metrics.end() || series->second.values.empty())
    throw InputError(Complaint{"analysis learning_speed", "a history of train_error", "none", "Drop the analysis"});
  const std::vector<double>& errors = series->second.values;
  double epochs = record.epochs.back();
  bool reached = false;
  for (std::size_t i = 0; i < errors.size() && !reached; ++i) {
    if (errors[i] > wanted) continue;
    reached = true;
    epochs = record.epochs[i];
    if (i > 0) epochs -= (wanted - errors[i]) / (errors[i - 1] - errors[i]) * (record.epochs[i] - record.epochs[i - 1]);
  }
  const std::string name = "epochs_to_25_percent_train_error";
  record.results[name] = records::result_of(name, epochs);
  record.results[name + "_suffice"] = records::result_of(name + "_suffice", reached ? 1 : 0);
}

}  // namespace reprise::analyses
