#include "suite/evaluations/final_evaluations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "datasets/resized_images.hpp"
#include "datasets/test_views.hpp"
#include "suite/errors.hpp"
#include "suite/graph/larger_input.hpp"
#include "suite/graph/other_output.hpp"
#include "suite/metrics/class_scores.hpp"
#include "suite/metrics/metric.hpp"
#include "suite/tensor/half.hpp"
#include "suite/training/backprop_phase.hpp"

namespace reprise::evaluations {

namespace {

using datasets::AxisMaps;
using datasets::SampleSource;
using recipes::EvaluationRecipe;
using Scores = std::vector<float>;  ///< [images, classes]

/// The metric of the images with a corruption.
std::string metric_of(const std::string& corruption) {
  return corruption + "_error";
}

datasets::PartsOfImage parts_of(const EvaluationRecipe& evaluation) {
  return {evaluation.places, static_cast<int>(evaluation.grid), evaluation.mirrored};
}

/// What is seen of one test image: parts of it, or clips that are drawn of it.
struct Views {
  std::vector<AxisMaps> parts;
  std::int64_t clips = 0;
  std::int64_t count() const { return clips > 0 ? clips : static_cast<std::int64_t>(parts.size()); }
};

/// Slot i of a batch that begins with slot `first` of all: view i % views of image i / views, so that a shard has views of one image.
class ViewReader : public execution::BatchReader {
 public:
  ViewReader(const SampleSource& source, const Views& views, std::int64_t first) : source_(source), views_(views), first_(first) {}
  void fetch(std::int64_t slot, float* output) const override {
    const std::int64_t view = (first_ + slot) % views_.count();
    if (views_.clips == 0) return source_.fetch(image(slot), views_.parts[static_cast<std::size_t>(view)], output);
    const datasets::FetchKey key{0, static_cast<std::uint64_t>(view)};
    source_.fetch(image(slot), &key, output);
  }
  std::int32_t label(std::int64_t slot) const override { return source_.label(image(slot)); }
  std::int64_t image(std::int64_t slot) const { return (first_ + slot) / views_.count(); }

 private:
  const SampleSource& source_;
  const Views& views_;
  std::int64_t first_;
};

/// The test images at one size, and what is seen of each.
struct Look {
  std::shared_ptr<const datasets::ImageSet> images;
  std::unique_ptr<const SampleSource> own;  ///< null: the run's
  const SampleSource* source = nullptr;
  Views views;
};

/// What evaluation `e` of the recipe looks at.
const SampleSource& source_of(const EvaluationInputs& inputs, std::size_t e) {
  return e < inputs.others.size() && inputs.others[e] ? *inputs.others[e] : inputs.test;
}

/// Of the recipe's own size for side 0.
Look look_at(const EvaluationInputs& inputs, const EvaluationRecipe& evaluation, const SampleSource& source, std::int64_t side) {
  const SampleShape sample = inputs.graph.node(0).shape;
  Look look;
  look.source = &source;
  if (side > 0) {
    if (inputs.preprocessing->table() == nullptr)
      throw InputError(Complaint{fmt::format("evaluation '{}' at another size", evaluation.name),
                                 "preprocessing that treats each value by itself (scale, standardize)", "another stage",
                                 "Remove its sides, or choose another preprocessing"});
    look.images = datasets::resized(source.images(), static_cast<int>(side));
    look.own = std::make_unique<const SampleSource>(look.images, inputs.preprocessing, std::vector<std::string>{});
    look.source = look.own.get();
  }
  const datasets::ImageSet& images = look.source->images();
  if (evaluation.clips > 0 && images.frames == 0)
    throw InputError(Complaint{fmt::format("evaluation '{}'", evaluation.name), "clips, which are drawn anew", "images",
                               "Remove its clips, or choose preprocessing that makes some"});
  look.views.clips = evaluation.clips;
  look.views.parts = parts_of(evaluation).of(images.height, images.width, static_cast<int>(sample.height), static_cast<int>(sample.width));
  return look;
}

std::vector<std::int64_t> sides_of(const EvaluationRecipe& evaluation) {
  return evaluation.sides.empty() ? std::vector<std::int64_t>{0} : evaluation.sides;
}

SampleShape whole_image(const Look& look) {
  const datasets::ImageSet& images = look.source->images();
  return {images.height, images.width, images.channels};
}

/// Images of another data set look like the recipe's and have its classes.
void require_alike(const EvaluationRecipe& evaluation, const datasets::ImageSet& images, const datasets::ImageSet& own) {
  const auto text = [](const datasets::ImageSet& set) {
    return fmt::format("images [{}, {}, {}] of {} classes", set.channels, set.height, set.width, set.classes);
  };
  if (text(images) != text(own) || images.count == 0)
    throw InputError(Complaint{fmt::format("evaluation '{}' on '{}'", evaluation.name, evaluation.dataset),
                               fmt::format("{}, as {} has", text(own), own.name), images.count == 0 ? "no test images" : text(images),
                               "Name another data set"});
  for (const datasets::ImageGroup& group : images.groups) metrics::find(metric_of(group.name));
}

/// The net that an evaluation runs.
graph::Graph net_of(const EvaluationInputs& inputs, const EvaluationRecipe& evaluation, const Look& look) {
  graph::Graph net = evaluation.output.empty() ? inputs.graph : graph::with_output(inputs.graph, evaluation.output);
  const SampleShape is = net.node(net.output()).shape, expected = inputs.graph.node(inputs.graph.output()).shape;
  if (is.size() != expected.size())
    throw InputError(Complaint{fmt::format("evaluation '{}', output '{}'", evaluation.name, evaluation.output),
                               fmt::format("scores of classes {}", expected.text()), is.text(), "Name another node"});
  return evaluation.places == "whole" ? graph::over_larger_input(net, whole_image(look)) : net;
}

class Evaluator {
 public:
  Evaluator(const EvaluationInputs& inputs, training::Learner& learner, const records::RunRecord& record)
      : inputs_(inputs), learner_(learner), labels_(record.test_labels), classes_(inputs.graph.node(inputs.graph.output()).shape.size()) {}

  /// Number `e` of the recipe. False: stopped.
  bool evaluate(std::size_t e) {
    const EvaluationRecipe& evaluation = inputs_.recipe.final_evaluations[e];
    const SampleSource& source = source_of(inputs_, e);
    Scores scores(static_cast<std::size_t>(source.count() * classes_));
    if (evaluation.of.empty()) {
      const std::vector<std::int64_t> sides = sides_of(evaluation);
      for (std::size_t s = 0; s < sides.size(); ++s) {
        const Span done{static_cast<double>(s) / static_cast<double>(sides.size()), 1 / static_cast<double>(sides.size())};
        if (!add_views(evaluation, source, sides[s], done, scores)) return false;
      }
    } else {
      add_parts(evaluation, scores);
    }
    results_[evaluation.name] = result_of(evaluation, source.images(), scores);
    if (evaluation.dataset.empty()) scores_[evaluation.name] = std::move(scores);
    return true;
  }
  std::map<std::string, records::Table> take_tables() { return std::move(tables_); }
  std::map<std::string, records::EvaluationResult> take_results() { return std::move(results_); }

 private:
  /// The part of an evaluation's progress that a look at one size is.
  struct Span {
    double first, length;
  };

  bool add_views(const EvaluationRecipe& evaluation, const SampleSource& source, std::int64_t side, const Span& span, Scores& scores) {
    const Look look = look_at(inputs_, evaluation, source, side);
    if (evaluation.places != "whole" && evaluation.output.empty()) return add_views(evaluation, look, learner_.executor(), span, scores);
    const graph::Graph net = net_of(inputs_, evaluation, look);
    graph::Parameters parameters(net, inputs_.team);
    learner_.executor();  // brings the weights together
    graph::copy_to_larger_input(learner_.parameters(), parameters, inputs_.team);
    execution::Executor executor(net, training::executor_options(inputs_.recipe), parameters, inputs_.workers, inputs_.team);
    return add_views(evaluation, look, executor, span, scores);
  }

  bool add_views(const EvaluationRecipe& evaluation, const Look& look, execution::Executor& executor, const Span& span, Scores& scores) {
    const std::int64_t views = look.views.count(), slots = look.source->count() * views, batch = inputs_.recipe.batch;
    const auto weight = static_cast<float>(1.0 / static_cast<double>(views * static_cast<std::int64_t>(sides_of(evaluation).size())));
    Scores now(static_cast<std::size_t>(batch * classes_));
    for (std::int64_t first = 0; first < slots; first += batch) {
      if (inputs_.team.any(inputs_.should_stop && inputs_.should_stop(), "agreement to stop")) return false;
      const ViewReader reader(*look.source, look.views, first);
      const std::int64_t count = std::min(batch, slots - first);
      execution::Readout readout;
      readout.outputs = now.data();
      executor.evaluate({.reader = &reader, .count = count, .seed = inputs_.seed}, layers::Mode::infer, readout);
      for (std::int64_t slot = 0; slot < count; ++slot)
        add_row(evaluation, now.data() + slot * classes_, weight, scores.data() + reader.image(slot) * classes_);
      if (inputs_.progress)
        inputs_.progress(evaluation.name, span.first + span.length * static_cast<double>(first + count) / static_cast<double>(slots));
    }
    return true;
  }

  /// One view's logits to an image's scores.
  void add_row(const EvaluationRecipe& evaluation, float* logits, float weight, float* scores) const {
    if (evaluation.average != "logits") metrics::make_probabilities(logits, classes_);
    for (std::int64_t k = 0; k < classes_; ++k)
      scores[k] = evaluation.average == "maximum" ? std::max(scores[k], logits[k]) : scores[k] + weight * logits[k];
  }

  void add_parts(const EvaluationRecipe& evaluation, Scores& scores) const {
    double sum = 0;
    for (std::size_t p = 0; p < evaluation.of.size(); ++p) sum += weight_of(evaluation, p);
    for (std::size_t p = 0; p < evaluation.of.size(); ++p) {
      const Scores& part = scores_.at(evaluation.of[p]);
      const auto weight = static_cast<float>(weight_of(evaluation, p) / sum);
      for (std::size_t i = 0; i < scores.size(); ++i) scores[i] += weight * part[i];
    }
  }
  static double weight_of(const EvaluationRecipe& evaluation, std::size_t part) {
    return evaluation.weights.empty() ? 1 : evaluation.weights[part];
  }

  records::EvaluationResult result_of(const EvaluationRecipe& evaluation, const datasets::ImageSet& images, const Scores& scores) {
    const bool is_of_tests = evaluation.dataset.empty();
    const std::vector<std::int32_t>& labels = is_of_tests ? labels_ : images.labels;
    metrics::Guesses guesses = metrics::guesses_of(scores, classes_, labels);
    records::EvaluationResult result;
    result.results["test_error"] = records::result_of("test_error", guesses.error_percent);
    if (inputs_.recipe.top5) result.results["top5_error"] = records::result_of("top5_error", guesses.top5_error_percent);
    for (const std::int64_t k : evaluation.hits) {
      const std::string metric = fmt::format("hit_at_{}", k);
      result.results[metric] = records::result_of(metric, metrics::hit_percent(scores, classes_, labels, images.other_labels, k));
    }
    if (!images.groups.empty()) add_groups(evaluation, images, guesses.first, result);
    if (!is_of_tests) return result;
    result.predictions = std::move(guesses.first);
    if (!evaluation.scores) return result;
    result.scores_are = evaluation.average == "logits" ? "logits" : "probabilities";
    result.classes = classes_;
    result.scores.resize(scores.size());
    to_half(scores.data(), static_cast<std::int64_t>(scores.size()), result.scores.data());
    return result;
  }

  /// Errors of the corruptions, and the table of them by severity.
  void add_groups(const EvaluationRecipe& evaluation, const datasets::ImageSet& images, const std::vector<std::int32_t>& guesses,
                  records::EvaluationResult& result) {
    records::Table table{fmt::format("Errors on {} by severity, percent", images.name), "severity", {}};
    std::size_t first = 0;
    for (const datasets::ImageGroup& group : images.groups) {
      std::int64_t wrong = 0;
      for (const std::size_t end = first + static_cast<std::size_t>(group.count); first < end; ++first)
        wrong += guesses[first] != images.labels[first] ? 1 : 0;
      table.columns[group.name].push_back(100 * static_cast<double>(wrong) / static_cast<double>(group.count));
    }
    for (const auto& [corruption, errors] : table.columns) {
      const double sum = std::accumulate(errors.begin(), errors.end(), 0.0);
      result.results[metric_of(corruption)] = records::result_of(metric_of(corruption), sum / static_cast<double>(errors.size()));
    }
    for (const datasets::ImageGroup& group : images.groups)
      if (group.name == images.groups.front().name) table.columns["severity"].push_back(group.severity);
    tables_[evaluation.name + "_by_severity"] = std::move(table);
  }

  const EvaluationInputs& inputs_;
  training::Learner& learner_;
  const std::vector<std::int32_t>& labels_;
  std::int64_t classes_;
  std::map<std::string, Scores> scores_;
  std::map<std::string, records::EvaluationResult> results_;
  std::map<std::string, records::Table> tables_;
};

}  // namespace

void check_evaluations(const EvaluationInputs& inputs) {
  for (std::size_t e = 0; e < inputs.recipe.final_evaluations.size(); ++e) {
    const EvaluationRecipe& evaluation = inputs.recipe.final_evaluations[e];
    const SampleSource& source = source_of(inputs, e);
    if (!evaluation.dataset.empty()) require_alike(evaluation, source.images(), inputs.test.images());
    for (const std::int64_t side : sides_of(evaluation)) {
      if (!evaluation.of.empty()) continue;
      const Look look = look_at(inputs, evaluation, source, side);
      net_of(inputs, evaluation, look);
    }
  }
}

bool evaluate_all(const EvaluationInputs& inputs, training::Learner& learner, records::RunRecord& record) {
  Evaluator evaluator(inputs, learner, record);
  for (std::size_t e = 0; e < inputs.recipe.final_evaluations.size(); ++e)
    if (!evaluator.evaluate(e)) return false;
  record.evaluations = evaluator.take_results();
  record.tables.merge(evaluator.take_tables());
  return true;
}

double passes_of(const EvaluationRecipe& evaluation, const SampleShape& shape) {
  double passes = 0;
  if (!evaluation.of.empty()) return passes;
  for (const std::int64_t side : sides_of(evaluation)) {
    const double area = side > 0 ? static_cast<double>(side * side) / static_cast<double>(shape.height * shape.width) : 1;
    passes += static_cast<double>(std::max<std::int64_t>(evaluation.clips, parts_of(evaluation).count())) *
              (evaluation.places == "whole" ? area : 1);
  }
  return passes;
}

}  // namespace reprise::evaluations
