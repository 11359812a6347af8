#include "suite/records/record_digest.hpp"

#include <span>

#include "suite/records/digest.hpp"

namespace reprise::records {

namespace {

/// Every piece carries its length, so no two different records give the same bytes.
class Canonical {
 public:
  void add(const std::string& text) {
    add(static_cast<std::int64_t>(text.size()));
    digest_.add(bytes_of(std::string_view(text)));
  }
  void add(std::int64_t number) { digest_.add(bytes_of(std::span<const std::int64_t>(&number, 1))); }
  void add(double number) { digest_.add(bytes_of(std::span<const double>(&number, 1))); }
  template <typename T>
  requires std::is_arithmetic_v<T>
  void add(const std::vector<T>& values) {
    add(static_cast<std::int64_t>(values.size()));
    digest_.add(bytes_of(std::span<const T>(values)));
  }
  void add(const std::vector<std::string>& texts) {
    add(static_cast<std::int64_t>(texts.size()));
    for (const std::string& text : texts) add(text);
  }
  void add(const Series& series) {
    add(series.unit);
    add(series.values);
    add_meaning(series.long_name, series.better);
  }
  void add(const Result& result) {
    add(result.value);
    if (!result.unit.empty()) add(result.unit);
    add_meaning(result.long_name, result.better);
  }
  void add(const std::vector<PhaseTime>& phases) {
    for (const PhaseTime& phase : phases) {
      add(phase.name);
      for (const double number : {phase.wall_seconds, phase.images, phase.operations}) add(number);
    }
  }
  void add(const Trace& trace) {
    for (const auto* texts : {&trace.optimizer, &trace.layer_names, &trace.layers, &trace.loss_digests}) add(*texts);
    add(trace.steps);
  }
  void add(const StepSeries& series) {
    add(series.steps);
    add(series.values);
  }
  void add(const Table& table) {
    add(table.title);
    add(table.x);
    add(table.columns);
  }
  void add(const Images& images) {
    add(images.title);
    add(images.captions);
    for (const std::int64_t extent : {images.count, images.height, images.width, images.channels}) add(extent);
    add(images.pixels);
    if (images.set != 1) add(images.set);  // files of before there were sets keep their digest
  }
  void add(const EvaluationResult& evaluation) {
    add(evaluation.results);
    add(evaluation.predictions);
    add(evaluation.scores_are);
    add(evaluation.classes);
    add(evaluation.scores);
  }
  void add(const Tensor& tensor) {
    add(tensor.shape);
    add(tensor.values);
  }
  template <typename T>
  void add(const std::map<std::string, T>& map) {
    add(static_cast<std::int64_t>(map.size()));
    for (const auto& [name, value] : map) {
      add(name);
      add(value);
    }
  }
  template <typename T>
  void field(const char* name, const T& value) {
    add(std::string(name));
    add(value);
  }
  std::string finish() { return digest_.finish_hex(); }

 private:
  /// Files of schema 1 have none and keep their digest.
  void add_meaning(const std::string& long_name, metrics::Better better) {
    if (long_name.empty()) return;
    add(long_name);
    add(std::string(metrics::name_of(better)));
  }

  Sha256 digest_;
};

}  // namespace

std::string record_digest(const RunRecord& record, Part part) {
  Canonical canonical;
  canonical.field("paper", record.paper);
  canonical.field("trial", record.trial);
  canonical.field("scale", record.scale);
  canonical.field("run_id", record.run_id);
  canonical.field("seed", record.seed);
  canonical.field("status", record.status);
  canonical.field("recipe", record.recipe_toml);
  canonical.field("epochs", record.epochs);
  canonical.field("metrics", record.metrics);
  canonical.field("weight_digests", record.weight_digests);
  if (!record.trace.empty()) canonical.field("trace", record.trace);  // files without one keep their digest
  if (!record.step_losses.steps.empty()) canonical.field("step_losses", record.step_losses);
  canonical.field("test_labels", record.test_labels);
  canonical.field("test_predictions", record.test_predictions);
  if (!record.evaluations.empty()) canonical.field("evaluations", record.evaluations);
  canonical.field("results", record.results);
  canonical.field("tables", record.tables);
  canonical.field("images", record.images);
  canonical.field("weights", record.weights);
  if (part == Part::everything) {
    canonical.field("provenance", record.provenance);
    canonical.field("deviations", record.deviations);
    canonical.field("timing", record.timing);
    if (!record.phases.empty()) canonical.field("phases", record.phases);
  }
  return canonical.finish();
}

}  // namespace reprise::records
