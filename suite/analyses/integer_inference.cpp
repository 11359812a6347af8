#include <algorithm>
#include <cstdint>
#include <vector>

#include "suite/analyses/analysis.hpp"
#include "suite/clock.hpp"
#include "suite/errors.hpp"
#include "suite/execution/integer_net.hpp"
#include "suite/metrics/class_scores.hpp"

namespace reprise::analyses {

namespace {

constexpr int kSamples = 2;      // of one run of the net: its values stay in cache
constexpr int kRepetitions = 3;  // of a measurement, the best of which counts

std::int64_t calibration_images(const recipes::Recipe& recipe) {
  return count_option(recipe, "calibration_images", 512);
}

/// The largest value of each activation that becomes levels.
graph::NodeMap<float> largest_values(const AnalysisInputs& in) {
  graph::NodeMap<float> largest(in.graph.nodes().size(), 0.0f);
  const std::int64_t images = std::min(calibration_images(in.recipe), in.train.count());
  std::vector<float> values;
  for (const graph::NodeId node : execution::IntegerNet::measured_nodes(in.graph))
    for (std::int64_t first = 0; first < images; first += in.recipe.batch) {
      const training::SourceReader reader(in.train, {.first = first});
      const std::int64_t count = std::min(in.recipe.batch, images - first);
      values.resize(static_cast<std::size_t>(count * in.graph.node(node).shape.size()));
      execution::Readout readout;
      readout.node = node;
      readout.values = values.data();
      in.learner.executor().evaluate({&reader, count, in.seed, 0}, layers::Mode::infer, readout);
      largest[node] = std::max(largest[node], *std::max_element(values.begin(), values.end()));
    }
  return largest;
}

/// Percent of the test images that the net guesses wrong, on all threads.
double error_percent(const AnalysisInputs& in, const execution::IntegerNet& net) {
  const std::int64_t count = in.test.count(), size = in.graph.node(0).shape.size(), classes = in.graph.node(in.graph.output()).shape.size();
  struct Thread {
    Memory arena;
    std::vector<float> input, scores;
    std::int64_t wrong = 0;
  };
  std::vector<Thread> threads;
  for (int t = 0; t < in.workers.threads(); ++t)
    threads.push_back({Memory(net.arena_bytes()), std::vector<float>(static_cast<std::size_t>(kSamples * size)),
                       std::vector<float>(static_cast<std::size_t>(kSamples * classes))});
  const training::SourceReader reader(in.test, {});
  in.workers.for_each((count + kSamples - 1) / kSamples, [&](std::int64_t shard, int t) {
    Thread& mine = threads[static_cast<std::size_t>(t)];
    const std::int64_t first = shard * kSamples, images = std::min<std::int64_t>(kSamples, count - first);
    for (std::int64_t i = 0; i < images; ++i) reader.fetch(first + i, mine.input.data() + i * size);
    net.run(mine.input.data(), mine.scores.data(), mine.arena.data());
    for (std::int64_t i = 0; i < images; ++i)
      mine.wrong += metrics::first_guess(mine.scores.data() + i * classes, classes) != reader.label(first + i) ? 1 : 0;
  });
  std::int64_t wrong = 0;
  for (const Thread& thread : threads) wrong += thread.wrong;
  return 100.0 * static_cast<double>(wrong) / static_cast<double>(count);
}

}  // namespace

void check_integer_inference(const Subject& subject) {
  calibration_images(subject.recipe);
  if (!execution::IntegerNet::has_products(subject.graph) || subject.graph.main_head().target != losses::Target::label)
    throw InputError(Complaint{"analysis integer_inference", "a net that guesses labels, with convolutions behind ReLUs or layers of signs",
                               "none", "Drop the analysis"});
}

void integer_inference(const AnalysisInputs& in, records::RunRecord& record) {
  const execution::IntegerNet net(in.graph, in.learner.parameters(), largest_values(in), kSamples);
  double real_error = 0, error = 0, real_seconds = 1e30, seconds = 1e30;
  for (int i = 0; i < kRepetitions; ++i) {  // in turn, so that a busy minute meets both
    double begun = now_seconds();
    real_error = in.learner.evaluate(in.test).plain_error_percent;
    real_seconds = std::min(real_seconds, now_seconds() - begun);
    begun = now_seconds();
    error = error_percent(in, net);
    seconds = std::min(seconds, now_seconds() - begun);
    if (in.progress) in.progress(static_cast<double>(i + 1) / kRepetitions);
  }
  const auto add_result = [&](const char* name, double value) { record.results[name] = records::result_of(name, value); };
  add_result("integer_error", error);
  add_result("integer_error_increase", error - real_error);
  add_result("integer_weight_kib", static_cast<double>(net.counts().weight_bytes) / 1024);
  const std::size_t rows = record.epochs.size();  // a timing has a value an evaluation
  const auto add_timing = [&](const char* name, double value) {
    record.timing[name] = records::series_of(name, std::vector<double>(rows, value));
  };
  const auto images = static_cast<double>(in.test.count());
  add_timing("float_images_per_second", images / real_seconds);
  add_timing("integer_images_per_second", images / seconds);
  add_timing("integer_speedup", real_seconds / seconds);
}

}  // namespace reprise::analyses
