#include "tests/support/small_training.hpp"

#include <algorithm>
#include <stdexcept>

#include "suite/procedures/procedure.hpp"
#include "suite/training/teacher.hpp"

namespace reprise::tests {

namespace {

std::shared_ptr<const datasets::ImageSet> image_set(const SmallImages& images, const char* split) {
  datasets::ImageSet set;
  set.name = "small", set.split = split;
  set.count = static_cast<std::int64_t>(images.labels.size());
  set.channels = images.channels, set.height = images.height, set.width = images.width, set.classes = images.classes;
  set.labels = images.labels;
  set.digest = split;
  const std::int64_t positions = std::int64_t{images.height} * images.width;
  for (std::int64_t n = 0; n < set.count; ++n)
    for (std::int64_t c = 0; c < images.channels; ++c)
      for (std::int64_t p = 0; p < positions; ++p)
        set.pixels.push_back(images.pixels.at(static_cast<std::size_t>((n * positions + p) * images.channels + c)));
  return std::make_shared<const datasets::ImageSet>(set);
}

}  // namespace

struct SmallRun::State {
  explicit State(SmallTraining setup_in) : setup(std::move(setup_in)), workers(setup.threads) {
    const auto images = image_set(setup.train, "train");
    const auto preprocessing = datasets::Preprocessing::fit(setup.recipe.preprocessing, *images);
    const auto source = [&](const std::shared_ptr<const datasets::ImageSet>& set, const std::vector<std::string>& augmentation) {
      return std::make_unique<datasets::SampleSource>(set, preprocessing, augmentation);
    };
    train = source(images, setup.recipe.augmentation);
    test = source(image_set(setup.test, "test"), {});
    if (!setup.labelled.labels.empty()) labelled = source(image_set(setup.labelled, "labelled"), {});
    if (setup.teacher)
      teacher = std::make_unique<training::Teacher>(
          *setup.teacher, setup.recipe, [&](graph::Parameters& parameters) { put_teacher_weights(parameters); }, workers);
    learner = procedures::make_learner(setup.recipe, setup.graph, {*train, labelled ? *labelled : *train, *test}, setup.seed, workers,
                                       ranks::Team::alone(), {}, teacher.get());
  }

  void put_teacher_weights(graph::Parameters& parameters) const {
    parameters.initialise(setup.seed);
    for (const graph::Parameter& parameter : parameters.list())
      if (const auto found = setup.teacher_weights.find(parameter.name); found != setup.teacher_weights.end())
        std::copy_n(found->second.begin(), parameter.count, parameters.of(parameter));
  }

  SmallTraining setup;
  parallel::Workers workers;
  std::unique_ptr<datasets::SampleSource> train, test, labelled;
  std::unique_ptr<training::Teacher> teacher;
  std::unique_ptr<training::Learner> learner;
};

SmallRun::SmallRun(SmallTraining setup) : state_(std::make_unique<State>(std::move(setup))) {}
SmallRun::~SmallRun() = default;

training::Learner& SmallRun::learner() {
  return *state_->learner;
}

const SmallTraining& SmallRun::setup() const {
  return state_->setup;
}
const datasets::SampleSource& SmallRun::train() const {
  return *state_->train;
}
const datasets::SampleSource& SmallRun::test() const {
  return *state_->test;
}
parallel::Workers& SmallRun::workers() {
  return state_->workers;
}

void SmallRun::set_weights(const std::string& name, const std::vector<float>& values) {
  records::Checkpoint checkpoint = learner().snapshot();
  bool found = false;
  for (auto& [key, tensor] : checkpoint.tensors)
    if (key == "weights/" + name) {
      if (tensor.values.size() != values.size()) throw std::invalid_argument(name + ": other size");
      tensor.values = values, found = true;
    }
  if (!found) throw std::invalid_argument(name + ": no such parameter");
  learner().restore(checkpoint);
}

std::vector<float> SmallRun::weights(const std::string& name) {
  return learner().snapshot().tensors.at("weights/" + name).values;
}

bool SmallRun::run(const training::Controls& controls) {
  return learner().run(controls);
}

std::vector<double> SmallRun::step_losses() {
  std::vector<double> losses;
  training::Controls controls;
  controls.progress = [&](const training::Progress& progress) { losses.push_back(progress.loss); };
  run(controls);
  return losses;
}

records::Checkpoint SmallRun::stop_after(std::int64_t step) {
  records::Checkpoint kept;
  bool stop = false;
  training::Controls controls;
  // It asks before a step and stops after it.
  controls.should_stop = [&] { return stop = stop || learner().step() >= step - 1; };
  controls.save = [&](const records::Checkpoint& checkpoint) { kept = checkpoint; };
  if (run(controls) || learner().step() != step) throw std::logic_error("it did not stop there");
  return kept;
}

records::RunRecord SmallRun::record() const {
  records::RunRecord record;
  state_->learner->write_to(record);
  return record;
}

std::vector<double> SmallRun::metric(const std::string& name) const {
  return record().metrics.at(name).values;
}

}  // namespace reprise::tests
