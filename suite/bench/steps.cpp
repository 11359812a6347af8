// Whole training steps of the catalog's nets: input pipeline, forward, loss, backward, reduction, update, packing.

#include <fmt/format.h>

#include <memory>
#include <set>

#include "datasets/manifest.hpp"
#include "datasets/sample_source.hpp"
#include "experiments/catalog.hpp"
#include "suite/bench/rates.hpp"
#include "suite/graph/executor.hpp"
#include "suite/hebbian/hebbian_trainer.hpp"
#include "suite/hebbian/plastic_net.hpp"
#include "suite/random/random.hpp"
#include "suite/training/trainer.hpp"

namespace reprise::bench {

namespace {

/// Random images in the shape of a recipe's data set: a step costs the same on any pixels.
std::shared_ptr<const datasets::ImageSet> random_images(const datasets::DatasetEntry& entry, std::int64_t count) {
  auto images = std::make_shared<datasets::ImageSet>();
  images->name = entry.name;
  images->split = "train";
  images->count = count;
  images->channels = entry.channels, images->height = entry.height, images->width = entry.width, images->classes = entry.classes();
  images->pixels.resize(static_cast<std::size_t>(count * images->image_bytes()));
  random::Generator generator({1, random::Purpose::synthetic, 0, 0, 0});
  for (auto& pixel : images->pixels) pixel = static_cast<std::uint8_t>(generator.next_word());
  for (std::int64_t i = 0; i < count; ++i) images->labels.push_back(static_cast<std::int32_t>(i % images->classes));
  return images;
}

/// Fitting ZCA takes tens of seconds and, its results being stored, costs a step nothing; per-channel scaling stands in for it.
std::vector<std::string> without_whitening(std::vector<std::string> stages) {
  for (std::string& stage : stages)
    if (stage.starts_with("zca")) stage = "standardize";
  return stages;
}

/// All plastic layers at once: the step that a Hebbian run mostly consists of.
void run_hebbian_step(benchmark::State& state, const training::Recipe& recipe, const graph::Graph& graph, const datasets::SampleSource& source, int threads) {
  parallel::Workers workers(threads);
  graph::Parameters parameters(graph);
  parameters.initialise(1);
  const std::int64_t count = recipe.hebbian.batch;
  hebbian::PlasticNet net(graph, hebbian::features_node(graph), {recipe.precision, count, std::min(recipe.hebbian.shard, count)}, parameters, workers);
  const training::SourceReader reader(source, nullptr, 0, nullptr);
  const int last = net.layers() - 1;
  std::uint64_t step = 0;
  const double steps_per_second = run_compute(state, recipe.precision, threads, net.learning_flops(0, last) * static_cast<double>(count), [&] {
    net.learn({&reader, count, 1, step}, 0, last);
    ++step;
  });
  state.counters["images_per_second"] = steps_per_second * static_cast<double>(count);
}

void run_step(benchmark::State& state, training::Recipe recipe, Precision precision, int threads) {
  recipe.precision = precision;
  const auto images = random_images(datasets::require_entry(recipe.dataset), std::max(recipe.batch, recipe.hebbian.batch));
  const auto preprocessing = datasets::Preprocessing::fit(without_whitening(recipe.preprocessing), *images);
  const datasets::SampleSource source(images, preprocessing, recipe.augmentation);
  const graph::Graph graph = experiments::build_model(recipe, source.shape(), source.classes());
  if (recipe.procedure == "hebbian") return run_hebbian_step(state, recipe, graph, source, threads);
  parallel::Workers workers(threads);
  graph::Parameters parameters(graph);
  parameters.initialise(1);
  graph::Executor executor(graph,
                           {.net = {.precision = precision, .batch = recipe.batch, .shard = std::min(recipe.shard, recipe.batch)},
                            .target_is_input = recipe.procedure == "autoencoder",
                            .label_smoothing = recipe.label_smoothing},
                           parameters, workers);
  optimizers::Optimizer optimizer(recipe.optimizer, parameters);
  std::vector<std::int64_t> order(static_cast<std::size_t>(recipe.batch));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
  std::uint64_t step = 0;
  const double steps_per_second = run_compute(state, precision, threads, static_cast<double>(graph.training_flops() * recipe.batch), [&] {
    const datasets::FetchKey key{1, step};
    const training::SourceReader reader(source, &order, 0, &key);
    kernels::UpdateTerms terms = optimizer.terms(static_cast<std::int64_t>(step), 1'000'000);
    terms.rate *= 1e-3f;  // random labels at the recipe's rate would diverge
    executor.train_step({&reader, recipe.batch, 1, step}, optimizer, terms);
    ++step;
  });
  state.counters["images_per_second"] = steps_per_second * static_cast<double>(recipe.batch);
}

}  // namespace

void register_steps() {
  const int cores = parallel::available_cores();
  for (const std::string& slug : experiments::paper_slugs()) {
    const experiments::Paper paper = experiments::load_paper(slug);
    for (const experiments::Trial& trial : paper.trials)
      for (const char* scale : {"desk", "paper"}) {
        if (std::find(trial.scales.begin(), trial.scales.end(), scale) == trial.scales.end()) continue;
        for (const Precision precision : {Precision::f32, Precision::bf16})
          for (const int threads : std::set<int>{1, cores}) {
            const std::string name = fmt::format("step/{}/{}/{}/{}/threads:{}", slug, trial.name, scale, name_of(precision), threads);
            benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& s) { run_step(s, experiments::resolve(slug, trial.name, scale), precision, threads); })
                
                ->Unit(benchmark::kMillisecond);
          }
      }
  }
}

}  // namespace reprise::bench
