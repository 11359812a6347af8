#include "suite/training/evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace reprise::training {

namespace {

constexpr std::int64_t kGuesses = 5;

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
    if (of_probabilities_) make_probabilities();
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += weight * now_[i];
  }
  /// Writes the first maximum of each sample and counts what is wrong.
  std::int64_t predict(const BatchSource& source, std::int64_t first, std::int32_t* predictions) const {
    std::int64_t wrong = 0;
    for (std::int64_t i = 0; i < count_; ++i) {
      const float* row = row_of(i);
      predictions[i] = static_cast<std::int32_t>(std::max_element(row, row + classes_) - row);
      wrong += predictions[i] != source.label(first + i) ? 1 : 0;
    }
    return wrong;
  }
  /// Samples for which five classes or more come before the right one: those with a larger score, and earlier ones with the same.
  std::int64_t missed(const BatchSource& source, std::int64_t first) const {
    std::int64_t wrong = 0;
    for (std::int64_t i = 0; i < count_; ++i) {
      const float* row = row_of(i);
      const std::int64_t label = source.label(first + i);
      std::int64_t before = 0;
      for (std::int64_t k = 0; k < classes_; ++k) before += row[k] > row[label] || (row[k] == row[label] && k < label) ? 1 : 0;
      wrong += before >= kGuesses ? 1 : 0;
    }
    return wrong;
  }

 private:
  const float* row_of(std::int64_t sample) const { return sums_.data() + sample * classes_; }

  void make_probabilities() {
    for (std::int64_t i = 0; i < count_; ++i) {
      float* row = now_.data() + i * classes_;
      const double largest = *std::max_element(row, row + classes_);
      double sum = 0;
      for (std::int64_t k = 0; k < classes_; ++k) sum += std::exp(row[k] - largest);
      for (std::int64_t k = 0; k < classes_; ++k) row[k] = static_cast<float>(std::exp(row[k] - largest) / sum);
    }
  }

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
