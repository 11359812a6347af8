#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "suite/analyses/analysis.hpp"
#include "suite/errors.hpp"
#include "suite/metrics/class_scores.hpp"
#include "suite/random/random.hpp"

namespace reprise::analyses {

namespace {

/// Softmax probabilities of every test image, each under one draw of masks of its own, [count, classes]. `mask` numbers the draw.
std::vector<float> probabilities_under_mask(const AnalysisInputs& in, std::uint64_t mask) {
  const std::int64_t classes = in.graph.node(in.graph.output()).shape.size(), count = in.test.count();
  std::vector<float> values(static_cast<std::size_t>(count * classes));
  for (std::int64_t first = 0; first < count; first += in.recipe.batch) {
    const training::SourceReader reader(in.test, {.first = first});
    // Masks are drawn by step and slot of a batch: a step for each batch, or images `batch` apart would share theirs.
    const execution::Batch batch{&reader, std::min(in.recipe.batch, count - first), in.seed,
                                 mask * static_cast<std::uint64_t>(count) + static_cast<std::uint64_t>(first)};
    execution::Readout readout;
    readout.outputs = values.data() + first * classes;
    in.learner.executor().evaluate(batch, layers::Mode::infer_with_dropout, readout);
  }
  for (std::int64_t i = 0; i < count; ++i) metrics::make_probabilities(values.data() + i * classes, classes);
  return values;
}

double error_percent(const std::vector<float>& sums, const datasets::SampleSource& test, std::int64_t classes) {
  std::int64_t wrong = 0;
  for (std::int64_t i = 0; i < test.count(); ++i) {
    const float* row = sums.data() + i * classes;
    if (std::max_element(row, row + classes) - row != test.label(i)) ++wrong;
  }
  return 100.0 * static_cast<double>(wrong) / static_cast<double>(test.count());
}

struct Settings {
  std::int64_t masks, repetitions;
  std::vector<std::int64_t> sizes;
};

Settings settings_of(const recipes::Options& options) {
  Settings settings{options.get_int("masks", 200), options.get_int("repetitions", 100), options.get_ints("sizes", {1, 2, 5, 10, 20, 50})};
  const auto& sizes = settings.sizes;
  if (settings.masks < 2 || settings.repetitions < 2 || sizes.empty() || *std::max_element(sizes.begin(), sizes.end()) >= settings.masks ||
      *std::min_element(sizes.begin(), sizes.end()) < 1)
    throw InputError(Complaint{"analysis monte_carlo", "masks >= 2, repetitions >= 2, sizes from 1 to masks - 1", "other values",
                               "Change analysis.masks, analysis.repetitions or analysis.sizes"});
  return settings;
}

}  // namespace

void check_monte_carlo(const Subject& subject) {
  settings_of(subject.recipe.analysis_options);
}

void monte_carlo(const AnalysisInputs& in, records::RunRecord& record) {
  const Settings settings = settings_of(in.recipe.analysis_options);
  const std::int64_t masks = settings.masks, repetitions = settings.repetitions;
  const std::vector<std::int64_t>& sizes = settings.sizes;
  const std::int64_t classes = in.graph.node(in.graph.output()).shape.size();

  std::vector<std::vector<float>> probabilities;
  for (std::int64_t m = 0; m < masks; ++m) {
    probabilities.push_back(probabilities_under_mask(in, static_cast<std::uint64_t>(m)));
    if (in.progress) in.progress(0.5 * static_cast<double>(m + 1) / static_cast<double>(masks));
  }

  const double scaled = in.learner.last_evaluation().error_percent;
  records::Table table{.title = "Error of averaging k thinned nets", .x = "k", .columns = {}};
  double gap_deviations = 0, last_error = 0;
  std::int64_t largest = 0, enough = 0;  // enough: the least number of nets as good as the one with scaled weights, 0 if none was
  for (std::size_t s = 0; s < sizes.size(); ++s) {
    // Every repetition averages a fresh random subset.
    std::vector<double> errors(static_cast<std::size_t>(repetitions));
    in.workers.for_each(repetitions, [&](std::int64_t r, int) {
      const auto order = random::permutation(in.seed, random::Purpose::analysis,
                                             static_cast<std::uint64_t>(static_cast<std::int64_t>(s) * repetitions + r), masks);
      std::vector<float> sums(probabilities[0].size(), 0.0f);
      for (std::int64_t k = 0; k < sizes[s]; ++k) {
        const auto& one = probabilities[static_cast<std::size_t>(order[static_cast<std::size_t>(k)])];
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += one[i];
      }
      errors[static_cast<std::size_t>(r)] = error_percent(sums, in.test, classes);
    });
    const double mean = std::accumulate(errors.begin(), errors.end(), 0.0) / static_cast<double>(repetitions);
    double squares = 0;
    for (const double error : errors) squares += (error - mean) * (error - mean);
    // Subsets of one stock of masks overlap, so they differ by less than averages of k masks drawn anew would.
    const double overlap = std::sqrt(1 - static_cast<double>(sizes[s]) / static_cast<double>(masks));
    const double deviation = std::sqrt(squares / static_cast<double>(repetitions - 1)) / overlap;
    table.columns["k"].push_back(static_cast<double>(sizes[s]));
    table.columns["error"].push_back(mean);
    table.columns["deviation"].push_back(deviation);
    table.columns["weight_scaling"].push_back(scaled);
    if (mean <= scaled && (enough == 0 || sizes[s] < enough)) enough = sizes[s];
    if (sizes[s] > largest) {
      largest = sizes[s];
      last_error = mean;
      gap_deviations = deviation > 0 ? std::abs(mean - scaled) / deviation : (mean == scaled ? 0.0 : 1e9);
    }
    if (in.progress) in.progress(0.5 + 0.5 * static_cast<double>(s + 1) / static_cast<double>(sizes.size()));
  }
  record.tables["monte_carlo"] = std::move(table);
  record.results["samples"] = records::result_of("samples", static_cast<double>(enough > 0 ? enough : largest));
  record.results["samples_suffice"] = records::result_of("samples_suffice", enough > 0 ? 1 : 0);
  if (enough == 0)
    record.deviations.push_back(fmt::format(
        "the average of {} nets, the most that were averaged, was worse than scaled weights: {} stands for more", largest, largest));
  record.results["gap_deviations"] = records::result_of("gap_deviations", gap_deviations);
  record.results["weight_scaling_error"] = records::result_of("weight_scaling_error", scaled);
  record.results["monte_carlo_error"] = records::result_of("monte_carlo_error", last_error);
}

}  // namespace reprise::analyses
