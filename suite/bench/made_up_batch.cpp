#include "suite/bench/made_up_batch.hpp"

#include <algorithm>
#include <numeric>

#include "datasets/augmentation.hpp"
#include "datasets/clip_stage.hpp"
#include "datasets/data_entry.hpp"
#include "datasets/sample_shape.hpp"
#include "suite/bench/median.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/clock.hpp"
#include "suite/random/random.hpp"
#include "suite/training/backprop_phase.hpp"
#include "suite/training/batch_source.hpp"

namespace reprise::bench {

namespace {

/// Random images in the shape of a recipe's data set: a step costs the same on any pixels.
std::shared_ptr<const datasets::ImageSet> random_images(const recipes::Recipe& recipe, std::int64_t count) {
  const datasets::DatasetEntry entry = catalog::sample_entry(recipe);
  const SampleShape shape = datasets::image_shape(entry, recipe.preprocessing);
  auto images = std::make_shared<datasets::ImageSet>();
  images->name = entry.name;
  images->split = "train";
  images->count = count;
  images->channels = static_cast<int>(shape.channels), images->height = static_cast<int>(shape.height);
  images->width = static_cast<int>(shape.width), images->classes = entry.classes();
  if (const auto clips = datasets::ClipStage::of(recipe.preprocessing)) images->frames = clips->frames;
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

}  // namespace

MadeUpData::MadeUpData(const recipes::Recipe& recipe, std::int64_t count)
    : images(random_images(recipe, count)),
      source(
          images,
          datasets::Preprocessing::fit(without_whitening(recipe.preprocessing), *images, {}, datasets::moves_colours(recipe.augmentation)),
          recipe.augmentation),
      graph(catalog::build_model(recipe, source.shape(), source.classes())) {}

struct MadeUpTraining::State {
  State(const recipes::Recipe& recipe_in, int threads, ranks::Team& team_in)
      : recipe(recipe_in),
        team(team_in),
        data(recipe, recipe.batch),
        workers(threads),
        parameters(data.graph, team),
        executor(data.graph, training::executor_options(recipe), initialised(), workers, team),
        optimizer(recipe.optimizer, parameters, team),
        order(static_cast<std::size_t>(recipe.batch)) {
    std::iota(order.begin(), order.end(), std::int64_t{0});
  }

  graph::Parameters& initialised() {
    parameters.initialise(1);
    return parameters;
  }

  void evaluate(const execution::Readout& readout) {
    const training::SourceReader reader(data.source, {});
    executor.evaluate({&reader, recipe.batch, 1, 0}, layers::Mode::infer, readout);
  }

  recipes::Recipe recipe;
  ranks::Team& team;
  MadeUpData data;
  parallel::Workers workers;
  graph::Parameters parameters;
  execution::Executor executor;
  optimizers::Optimizer optimizer;
  std::vector<std::int64_t> order;
  std::uint64_t steps = 0;
};

MadeUpTraining::MadeUpTraining(const recipes::Recipe& recipe, int threads, ranks::Team& team)
    : state_(std::make_unique<State>(recipe, threads, team)) {}

MadeUpTraining::~MadeUpTraining() = default;

double MadeUpTraining::flops_per_step() const {
  return static_cast<double>(state_->data.graph.training_flops() * state_->recipe.batch);
}

double MadeUpTraining::flops_per_evaluation() const {
  return static_cast<double>(2 * state_->data.graph.forward_macs() * state_->recipe.batch);
}

std::size_t MadeUpTraining::memory_bytes() const {
  return state_->executor.memory().total();
}

int MadeUpTraining::stages() const {
  return state_->executor.training_stages();
}

double MadeUpTraining::empty_stage_seconds() {
  State& s = *state_;
  const ranks::Range mine = s.team.share((s.recipe.batch + s.recipe.shard - 1) / s.recipe.shard);
  std::vector<double> seconds;
  s.workers.enter([&] {
    for (int i = 0; i < 2000; ++i) {
      const double begun = now_seconds();
      s.workers.for_each(mine.count(), [](std::int64_t, int) {});
      s.team.synchronise("empty stage");
      seconds.push_back(now_seconds() - begun);
    }
  });
  return median(seconds);
}

void MadeUpTraining::step() {
  State& s = *state_;
  const datasets::FetchKey key{1, s.steps};
  const training::SourceReader reader(s.data.source, {.order = &s.order, .key = &key});
  optimizers::StepTerms terms = s.optimizer.terms(static_cast<std::int64_t>(s.steps), 1'000'000);
  terms.scale_rates(1e-3f);  // random labels at the recipe's rate would diverge
  s.executor.train_step({&reader, s.recipe.batch, 1, s.steps}, s.optimizer, terms);
  ++s.steps;
}

const graph::Graph& MadeUpTraining::graph() const {
  return state_->data.graph;
}
const graph::Parameters& MadeUpTraining::parameters() const {
  return state_->parameters;
}

std::vector<float> MadeUpTraining::images() const {
  const training::SourceReader reader(state_->data.source, {});
  const std::int64_t size = graph().node(0).shape.size();
  std::vector<float> values(static_cast<std::size_t>(state_->recipe.batch * size));
  for (std::int64_t i = 0; i < state_->recipe.batch; ++i) reader.fetch(i, values.data() + i * size);
  return values;
}

void MadeUpTraining::evaluate() {
  state_->evaluate({});
}

std::vector<float> MadeUpTraining::outputs() {
  std::vector<float> values(static_cast<std::size_t>(state_->recipe.batch * graph().node(graph().output()).shape.size()));
  execution::Readout readout;
  readout.outputs = values.data();
  state_->evaluate(readout);
  return values;
}

}  // namespace reprise::bench
