#include "suite/training/evaluation.hpp"

#include <algorithm>
#include <vector>

#include "suite/metrics/class_scores.hpp"

namespace reprise::training {

namespace {

/// Scores of one batch [count, K]: logits or probabilities, averaged over its views.
class AveragedScores {
 public:
  AveragedScores(std::int64_t count, std::int64_t classes, bool of_probabilities)
      : count_(count),
        classes_(classes),
        of_probabilities_(of_probabilities),
        sums_(static_cast<std::size_t>(count * classes)),
        now_(sums_.size()) {}

  float* scratch() { return now_.data(); }
  void add(float weight) {
    for (std::int64_t i = 0; i < count_ && of_probabilities_; ++i) metrics::make_probabilities(now_.data() + i * classes_, classes_);
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += weight * now_[i];
  }
  /// Writes the first maximum of each sample and counts what is wrong.
  std::int64_t predict(const BatchSource& source, std::int64_t first, std::int32_t* predictions) const {
    std::int64_t wrong = 0;
    for (std::int64_t i = 0; i < count_; ++i) {
      predictions[i] = metrics::first_guess(row_of(i), classes_);
      wrong += predictions[i] != source.label(first + i) ? 1 : 0;
    }
    return wrong;
  }
  std::int64_t missed(const BatchSource& source, std::int64_t first) const {
    std::int64_t wrong = 0;
    for (std::int64_t i = 0; i < count_; ++i) wrong += metrics::is_beyond_five(row_of(i), classes_, source.label(first + i)) ? 1 : 0;
    return wrong;
  }

 private:
  const float* row_of(std::int64_t sample) const { return sums_.data() + sample * classes_; }

  std::int64_t count_, classes_;
  bool of_probabilities_;
  std::vector<float> sums_, now_;
};

}  // namespace

std::optional<Evaluation> evaluate(execution::Executor& executor, const BatchSource& source, const EvaluationOptions& options) {
  Evaluation result;
  if (options.predicts) result.predictions.resize(static_cast<std::size_t>(source.count()));
  const bool averages = options.views.size() > 1, reads_scores = options.predicts && (averages || options.top5);
  double errors = 0, plain_errors = 0, missed = 0;
  for (std::int64_t first = 0; first < source.count(); first += options.batch) {
    execution::Batch batch;
    batch.count = std::min(options.batch, source.count() - first);
    batch.seed = options.seed;
    batch.step = options.mask;
    if (options.signals) batch.signals = options.signals(batch.count);
    AveragedScores scores(reads_scores ? batch.count : 0, options.outputs, options.averages_probabilities);
    for (std::size_t v = 0; v < std::max<std::size_t>(1, options.views.size()); ++v) {
      const auto reader =
          source.batch({.order = nullptr, .first = first, .key = nullptr, .view = v == 0 ? nullptr : &options.views[v].maps});
      batch.reader = reader.get();
      execution::Readout readout;
      if (v == 0 && options.predicts) readout.predictions = result.predictions.data() + first;
      if (reads_scores) readout.outputs = scores.scratch();
      const execution::BatchSums sums = executor.evaluate(batch, options.mode, readout);
      if (sums.signals.stop) return std::nullopt;
      if (reads_scores) scores.add(averages ? options.views[v].weight : 1.0f);
      if (v > 0) continue;
      result.loss += sums.loss;
      plain_errors += static_cast<double>(sums.errors);
    }
    if (averages && reads_scores) errors += static_cast<double>(scores.predict(source, first, result.predictions.data() + first));
    if (options.top5 && reads_scores) missed += static_cast<double>(scores.missed(source, first));
  }
  const auto count = static_cast<double>(source.count());
  result.loss /= count;
  result.error_percent = 100.0 * (averages ? errors : plain_errors) / count;
  result.plain_error_percent = 100.0 * plain_errors / count;
  result.top5_error_percent = 100.0 * missed / count;
  return result;
}

}  // namespace reprise::training
