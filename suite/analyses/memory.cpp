#include <algorithm>
#include <fstream>
#include <sstream>

#include "suite/analyses/analysis.hpp"
#include "suite/clock.hpp"
#include "suite/errors.hpp"
#include "suite/execution/activation_memory.hpp"

namespace reprise::analyses {

namespace {

constexpr double kKib = 1024, kMib = 1024 * 1024;

/// Linux starts VmHWM anew from what is resident now; elsewhere the peak stays that of the whole process.
void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

/// The most memory that this process had since then, in MiB; 0 where the system does not tell.
double peak_resident_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) {
      double kilobytes = 0;
      std::istringstream(line.substr(6)) >> kilobytes;
      return kilobytes / 1024;
    }
  return 0;
}

execution::ActivationMemory memory_of(const AnalysisInputs& in, const std::string& stack, std::int64_t blocks) {
  const recipes::Recipe& recipe = in.recipe;
  recipes::Options options = recipe.model_options;
  options.set("stack", stack);
  options.set("blocks", blocks);
  const graph::Graph graph = in.build_model(options);
  const execution::PreparedNet net(graph,
                                   {.precision = recipe.precision, .batch = recipe.batch, .shard = std::min(recipe.shard, recipe.batch)});
  return execution::activation_memory(execution::Plan(net, {.purpose = execution::PlanOptions::Purpose::train, .map_node = -1}));
}

/// Least of several, in milliseconds: forward and backward of a batch.
double step_milliseconds(const AnalysisInputs& in) {
  constexpr int kRepetitions = 5;
  const std::int64_t count = std::min(in.recipe.batch, in.test.count());
  const training::SourceReader reader(in.test, {});
  double least = 1e30;
  for (int i = 0; i < kRepetitions; ++i) {
    const double begun = now_seconds();
    in.learner.executor().compute_gradients({&reader, count, in.seed, 0});
    least = std::min(least, now_seconds() - begun);
    if (in.progress) in.progress(static_cast<double>(i + 1) / kRepetitions);
  }
  return 1000 * least;
}

struct Stack {
  std::string kind;
  std::int64_t blocks = 0;
};

Stack stack_of(const recipes::Recipe& recipe) {
  const recipes::Options& options = recipe.model_options;
  const Stack stack{options.get_string("stack", ""), options.get_int("blocks", 0)};
  if (stack.kind.empty() || stack.blocks < 1)
    throw InputError(
        Complaint{"analysis memory", "a net with a stack of blocks", "none", "Set model.stack and model.blocks or drop the analysis"});
  return stack;
}

}  // namespace

void check_memory(const Subject& subject) {
  stack_of(subject.recipe);
}

void memory(const AnalysisInputs& in, records::RunRecord& record) {
  const Stack of_recipe = stack_of(in.recipe);
  const std::string& stack = of_recipe.kind;
  const std::int64_t blocks = of_recipe.blocks;
  const double images = static_cast<double>(std::min(in.recipe.shard, in.recipe.batch));
  const auto per_image = [&](std::size_t bytes) { return static_cast<double>(bytes) / kKib / images; };
  const auto slope = [&](const std::string& of) {
    return per_image(memory_of(in, of, blocks + 1).saved) - per_image(memory_of(in, of, blocks).saved);
  };
  const execution::ActivationMemory here = memory_of(in, stack, blocks);
  record.results["saved_kib_per_image"] = records::result_of("saved_kib_per_image", per_image(here.saved));
  record.results["peak_kib_per_image"] = records::result_of("peak_kib_per_image", per_image(here.peak));
  record.results["scratch_kib_per_image"] = records::result_of("scratch_kib_per_image", per_image(here.scratch));
  record.results["saved_kib_per_block"] = records::result_of("saved_kib_per_block", slope(stack));
  const double own = slope(stack), residual = slope("residual");
  if (own > 0) record.results["residual_slope_ratio"] = records::result_of("residual_slope_ratio", residual / own);
  record.results["saved_mib_per_batch"] =
      records::result_of("saved_mib_per_batch", per_image(here.saved) * static_cast<double>(in.recipe.batch) * kKib / kMib);
  forget_peak();
  const std::size_t rows = record.epochs.size();  // a timing has a value an evaluation
  record.timing["step_milliseconds"] = records::series_of("step_milliseconds", std::vector<double>(rows, step_milliseconds(in)));
  record.timing["peak_resident_mib"] = records::series_of("peak_resident_mib", std::vector<double>(rows, peak_resident_mib()));
}

}  // namespace reprise::analyses
