#include "suite/training/evaluation.hpp"

#include <algorithm>
#include <vector>

namespace reprise::training {

namespace {

/// Logits of one batch [count, K], averaged over its views.
class AveragedLogits {
 public:
  float* scratch(std::int64_t size) {
    sums_.resize(static_cast<std::size_t>(size));
    now_.resize(sums_.size());
    return now_.data();
  }
  void add(float weight) {
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += weight * now_[i];
  }
  /// Writes the first maximum of each sample and counts what is wrong.
  std::int64_t predict(const BatchSource& source, std::int64_t first, std::int64_t count, std::int32_t* predictions) const {
    const auto classes = static_cast<std::ptrdiff_t>(sums_.size()) / count;
    std::int64_t wrong = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const auto row = sums_.begin() + i * classes;
      predictions[i] = static_cast<std::int32_t>(std::max_element(row, row + classes) - row);
      wrong += predictions[i] != source.label(first + i) ? 1 : 0;
    }
    return wrong;
  }

 private:
  std::vector<float> sums_, now_;
};

}  // namespace

std::optional<Evaluation> evaluate(execution::Executor& executor, const BatchSource& source, const EvaluationOptions& options) {
  Evaluation result;
  if (options.predicts) result.predictions.resize(static_cast<std::size_t>(source.count()));
  const bool averages = options.views.size() > 1;
  double errors = 0, plain_errors = 0;
  for (std::int64_t first = 0; first < source.count(); first += options.batch) {
    execution::Batch batch;
    batch.count = std::min(options.batch, source.count() - first);
    batch.seed = options.seed;
    batch.step = options.mask;
    if (options.signals) batch.signals = options.signals(batch.count);
    AveragedLogits averaged;
    for (std::size_t v = 0; v < std::max<std::size_t>(1, options.views.size()); ++v) {
      const auto reader =
          source.batch({.order = nullptr, .first = first, .key = nullptr, .view = v == 0 ? nullptr : &options.views[v].maps});
      batch.reader = reader.get();
      execution::Readout readout;
      if (v == 0 && options.predicts) readout.predictions = result.predictions.data() + first;
      if (averages) readout.outputs = averaged.scratch(batch.count * options.outputs);
      const execution::BatchSums sums = executor.evaluate(batch, options.mode, readout);
      if (sums.signals.stop) return std::nullopt;
      if (averages) averaged.add(options.views[v].weight);
      if (v > 0) continue;
      result.loss += sums.loss;
      plain_errors += static_cast<double>(sums.errors);
    }
    if (averages) errors += static_cast<double>(averaged.predict(source, first, batch.count, result.predictions.data() + first));
  }
  const auto count = static_cast<double>(source.count());
  result.loss /= count;
  result.error_percent = 100.0 * (averages ? errors : plain_errors) / count;
  result.plain_error_percent = 100.0 * plain_errors / count;
  return result;
}

}  // namespace reprise::training
