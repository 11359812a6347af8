#pragma once
// Everything that one run leaves behind, as plain values. records/result_file.hpp writes and reads it as HDF5.

#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "suite/metrics/metric.hpp"

namespace reprise::records {

/// A named series over epochs (or over any axis): values[i] belongs to axis[i].
struct Series {
  std::string unit;  ///< "percent", "nats", "s"
  std::vector<double> values;
  std::string long_name = {};  ///< empty in files of schema 1
  metrics::Better better = metrics::Better::neither;
  bool operator==(const Series&) const = default;
};

/// One number that an analysis or a claim refers to.
struct Result {
  Result() = default;
  Result(double number) : value(number) {}  // NOLINT(google-explicit-constructor): a number without a meaning, as in files of schema 1
  Result(double number, const metrics::Metric& metric)
      : value(number), unit(metric.unit), long_name(metric.long_name), better(metric.better) {}
  bool operator==(const Result&) const = default;

  double value = 0;
  std::string unit, long_name;
  metrics::Better better = metrics::Better::neither;
};

/// A metric's series, and a number of one: `metric` is a name of metrics::find.
Series series_of(const std::string& metric, std::vector<double> values);
Result result_of(const std::string& metric, double value);

/// What a phase of a run took, since the start or the last restart.
struct PhaseTime {
  std::string name;
  double wall_seconds = 0, images = 0, operations = 0;
  bool operator==(const PhaseTime&) const = default;
};

/// An array that an analysis made: a sweep, a histogram, a curve. `columns` all have the same length.
struct Table {
  std::string title;
  std::string x;  ///< name of the column that is the horizontal axis
  std::map<std::string, std::vector<double>> columns;
};

/// Pictures: pixels [count, height, width, channels], channels 1 or 3. `set` of them, one after the other, belong together and stand in a
/// row: an image and its maps. It divides the count; 1: each stands alone.
struct Images {
  std::string title;
  std::vector<std::string> captions;  ///< one each, or empty
  std::int64_t count = 0, height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t> pixels;
  std::int64_t set = 1;
};

/// What an evaluation at the end of a run found.
struct EvaluationResult {
  std::map<std::string, Result> results;   ///< "test_error", "top5_error"
  std::vector<std::int32_t> predictions;   ///< of the test images; none of a probe or another data set, which have images of their own
  std::string scores_are;                  ///< "probabilities" or "logits"; empty: none were kept
  std::int64_t classes = 0;                ///< of the scores
  std::vector<std::uint16_t> scores = {};  ///< [test images, classes] in half precision (suite/tensor/half.hpp)
};

struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// Digests finer than those of the weights, for finding where two executions part. Empty in files of older versions.
struct Trace {
  std::vector<std::string> optimizer;     ///< optimizer state, one a row of `epochs`
  std::vector<std::string> layer_names;   ///< layers that have parameters
  std::vector<std::string> layers;        ///< one a row of `epochs`: 16 hex digits for each of layer_names, between spaces
  std::vector<std::int64_t> steps;        ///< steps done ...
  std::vector<std::string> loss_digests;  ///< ... and the digest over the losses of all steps up to then
  bool empty() const { return layers.empty() && loss_digests.empty() && optimizer.empty(); }
};

/// Values after some of a run's steps.
struct StepSeries {
  std::vector<std::int64_t> steps;  ///< done by then, ascending
  std::vector<double> values;
  bool operator==(const StepSeries&) const = default;
};

inline constexpr const char* kComplete = "complete";
inline constexpr const char* kDiverged = "diverged";

struct RunRecord {
  // identity (root attributes)
  std::string paper, trial, scale, run_id;
  std::int64_t seed = 0;
  /// kComplete, or kDiverged: training left the finite numbers; then identity, recipe and provenance are all there is, and the provenance
  /// "divergence" says what happened at which step.
  std::string status = kComplete;

  std::string recipe_toml;                        ///< /recipe: the resolved recipe
  std::map<std::string, std::string> provenance;  ///< /provenance: string attributes
  std::vector<std::string> deviations;            ///< /provenance/deviations

  /// provenance "answer_version" (suite/version.hpp); 1 in files from before it was noted, 0 if it is not a number.
  int answer_version() const;

  std::vector<double> epochs;             ///< axis of metrics, digests and timing: epochs completed
  std::map<std::string, Series> metrics;  ///< /metrics: "train_loss", "train_error", "test_loss", "test_error", ...
  /// /steps: the training loss, each value the mean over the steps since the one before; at most a thousand. Empty in files of schemas
  /// 1, 2.
  StepSeries step_losses;
  std::vector<std::string> weight_digests;  ///< /digests/weights: one a row of `epochs`, hex
  Trace trace;                              ///< /digests/optimizer, layer_names, layers, steps, losses
  std::map<std::string, Series>
      timing;  ///< /timing, a value for each evaluation: "seconds" of training since the last one, "images_per_second"

  std::vector<std::int32_t> test_labels;       ///< /predictions/labels [test count]
  std::vector<std::int32_t> test_predictions;  ///< /predictions/predictions

  std::map<std::string, EvaluationResult> evaluations;  ///< /evaluations/NAME

  std::vector<PhaseTime> phases;          ///< /phases; outside what is compared, as timing
  std::map<std::string, Result> results;  ///< /results: scalars that analyses and claims refer to
  std::map<std::string, Table> tables;    ///< /tables/NAME
  std::map<std::string, Images> images;   ///< /images/NAME
  std::map<std::string, Tensor> weights;  ///< /weights/NAME; empty unless asked for
};

inline int RunRecord::answer_version() const {
  const auto found = provenance.find("answer_version");
  if (found == provenance.end()) return 1;
  int version = 0;
  std::from_chars(found->second.data(), found->second.data() + found->second.size(), version);
  return version;
}

}  // namespace reprise::records
