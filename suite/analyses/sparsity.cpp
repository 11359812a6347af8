#include <algorithm>

#include "suite/analyses/analysis.hpp"

namespace reprise::analyses {

namespace {

graph::NodeId node_of(const recipes::Recipe& recipe, const graph::Graph& graph) {
  return graph.find(recipe.analysis_options.get_string("node", "hidden"));
}

std::int64_t images_of(const recipes::Recipe& recipe) {
  return count_option(recipe, "images", 10000);
}

}  // namespace

void check_sparsity(const Subject& subject) {
  node_of(subject.recipe, subject.graph), images_of(subject.recipe);
}

void sparsity(const AnalysisInputs& in, records::RunRecord& record) {
  constexpr double kNearZero = 0.1, kBinWidth = 0.25;
  constexpr std::size_t kBins = 40;
  const graph::NodeId node = node_of(in.recipe, in.graph);
  const std::int64_t units = in.graph.node(node).shape.size();
  const std::int64_t count = std::min(in.test.count(), images_of(in.recipe));
  // With dropout behind the node, inference multiplies its activations by keep; the node after it holds them scaled.
  const bool scaled = node < in.graph.last() && in.graph.node(node + 1).layer->kind() == "dropout";
  const graph::NodeId read = scaled ? node + 1 : node;

  std::vector<float> values(static_cast<std::size_t>(in.recipe.batch * units));
  std::vector<double> histogram(kBins, 0.0), unit_sums(static_cast<std::size_t>(units), 0.0);
  double sum = 0, near_zero = 0;
  for (std::int64_t first = 0; first < count; first += in.recipe.batch) {
    const training::SourceReader reader(in.test, {.first = first});
    const execution::Batch batch{&reader, std::min(in.recipe.batch, count - first), in.seed, 0};
    execution::Readout readout;
    readout.node = read;
    readout.values = values.data();
    in.learner.executor().evaluate(batch, layers::Mode::infer, readout);
    for (std::int64_t i = 0; i < batch.count * units; ++i) {
      const double value = values[static_cast<std::size_t>(i)];
      sum += value;
      near_zero += value < kNearZero ? 1 : 0;
      unit_sums[static_cast<std::size_t>(i % units)] += value;
      histogram[std::min(kBins - 1, static_cast<std::size_t>(std::max(0.0, value) / kBinWidth))] += 1;
    }
    if (in.progress) in.progress(static_cast<double>(first + batch.count) / static_cast<double>(count));
  }
  const double all = static_cast<double>(count * units);
  records::Table activations{.title = "Hidden activations on test images", .x = "activation", .columns = {}};
  records::Table means{.title = "Mean activation of each hidden unit, sorted", .x = "unit", .columns = {}};
  for (std::size_t b = 0; b < kBins; ++b) {
    activations.columns["activation"].push_back(kBinWidth * (static_cast<double>(b) + 0.5));
    activations.columns["share_percent"].push_back(100.0 * histogram[b] / all);
  }
  std::sort(unit_sums.begin(), unit_sums.end());
  for (std::size_t u = 0; u < unit_sums.size(); ++u) {
    means.columns["unit"].push_back(static_cast<double>(u));
    means.columns["mean_activation"].push_back(unit_sums[u] / static_cast<double>(count));
  }
  record.tables["activations"] = std::move(activations);
  record.tables["unit_means"] = std::move(means);
  record.results["mean_activation"] = records::result_of("mean_activation", sum / all);
  record.results["sparsity"] = records::result_of("sparsity", near_zero / all);
}

}  // namespace reprise::analyses
