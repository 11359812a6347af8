#include "suite/training/trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>

#include "datasets/test_views.hpp"
#include "suite/errors.hpp"
#include "suite/optimizers/optimizer.hpp"
#include "suite/random/random.hpp"
#include "suite/training/run_digests.hpp"

namespace reprise::training {

namespace {

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::span<const float> values_of(const graph::Parameters& parameters, const graph::Parameter& parameter) {
  return {parameters.of(parameter), static_cast<std::size_t>(parameter.count)};
}

execution::ExecutorOptions executor_options(const recipes::Recipe& recipe) {
  if (recipe.batch < 1 || recipe.shard < 1)
    throw InputError(Complaint{"batch and shard", "at least 1 each", fmt::format("batch = {}, shard = {}", recipe.batch, recipe.shard),
                               "Set both in the recipe"});
  execution::ExecutorOptions options;
  options.net = {.precision = recipe.precision, .batch = recipe.batch, .shard = std::min(recipe.shard, recipe.batch)};
  options.target_is_input = recipe.procedure == "autoencoder";
  options.label_smoothing = recipe.label_smoothing;
  return options;
}

/// Logits of one batch [count, K], averaged over its views.
class AveragedLogits {
 public:
  float* room(std::int64_t size) {
    sums_.resize(static_cast<std::size_t>(size));
    now_.resize(sums_.size());
    return now_.data();
  }
  void add(float weight) {
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += weight * now_[i];
  }
  /// Writes the first maximum of each sample and counts what is wrong.
  std::int64_t predict(const datasets::SampleSource& source, std::int64_t first, std::int64_t count, std::int32_t* predictions) const {
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

struct Trainer::State {
  State(const recipes::Recipe& recipe_in, const graph::Graph& graph_in, const datasets::SampleSource& train_in,
        const datasets::SampleSource& test_in, std::uint64_t seed_in, parallel::Workers& workers, ranks::Team& team_in)
      : recipe(recipe_in), graph(graph_in), train(train_in), test(test_in), seed(seed_in), team(team_in), parameters(graph, team) {
    parameters.initialise(seed);
    fit_to_images();
    optimizer = std::make_unique<optimizers::Optimizer>(recipe.optimizer, parameters, team);
    executor = std::make_unique<execution::Executor>(graph, executor_options(recipe), parameters, workers, team);
    steps_per_epoch = recipes::steps_per_epoch(recipe, train.count());
    total_steps = recipes::total_steps(recipe, train.count());
    if (train.count() < 1 || test.count() < 1)
      throw InputError(Complaint{"data set " + recipe.dataset, "at least one training and one test image",
                                 fmt::format("{} and {}", train.count(), test.count()), "Set train_images and test_images"});
    plan_rows();
  }

  /// Initial values that layers take from the first training images.
  void fit_to_images() {
    for (std::size_t n = 0; n < graph.nodes().size(); ++n) {
      const graph::Node& node = graph.nodes()[n];
      if (!node.layer || node.layer->images_to_fit() == 0) continue;
      if (node.inputs != std::vector<graph::NodeId>{0})
        throw ShapeError(Complaint{node.name, "the input of the net in front of it", graph.node(node.inputs.at(0)).name, "Put it first"});
      if (team.leads_node()) {
        const std::int64_t count = std::min(node.layer->images_to_fit(), train.count()), size = train.shape().size();
        std::vector<float> images(static_cast<std::size_t>(count * size));
        for (std::int64_t i = 0; i < count; ++i) train.fetch(i, nullptr, images.data() + i * size);
        std::vector<float*> values;
        for (const int p : parameters.of_node(static_cast<graph::NodeId>(n)))
          values.push_back(parameters.of(parameters.list()[static_cast<std::size_t>(p)]));
        node.layer->fit(images, train.shape(), values);
      }
      team.synchronise("values fitted to images");
    }
  }

  /// Rows of the history: at the end of epochs, evenly spread, and at the last step.
  void plan_rows() {
    const std::int64_t wanted = std::max(1, recipe.evaluations);
    const std::int64_t epoch_count = (total_steps + steps_per_epoch - 1) / steps_per_epoch;
    for (std::int64_t i = 1; i <= std::min(wanted, epoch_count); ++i) {
      const std::int64_t at = std::min(total_steps, epoch_count * i / std::min(wanted, epoch_count) * steps_per_epoch);
      if (row_steps.empty() || row_steps.back() < at) row_steps.push_back(at);
    }
    row_steps.back() = total_steps;
  }

  bool is_autoencoder() const { return recipe.procedure == "autoencoder"; }

  bool row_is_due() const { return epochs.size() < row_steps.size() && row_steps[epochs.size()] == step; }

  /// A rank's signals travel with the losses of its shards: where there are more ranks than shards in a batch, all are asked.
  execution::Signals heard(execution::Signals mine, std::int64_t images) const {
    const std::int64_t shards = (images + recipe.shard - 1) / recipe.shard;
    if (team.size() > shards) mine.stop = team.any(mine.stop, "agreement to stop");
    return mine;
  }

  execution::BatchSums train_one_step(execution::Signals signals) {
    const std::int64_t epoch = step / steps_per_epoch, in_epoch = step % steps_per_epoch;
    if (order_epoch != epoch) {
      order = random::permutation(seed, random::Purpose::shuffle, static_cast<std::uint64_t>(epoch), train.count());
      order_epoch = epoch;
    }
    const datasets::FetchKey key{seed, static_cast<std::uint64_t>(epoch)};
    const std::int64_t first = in_epoch * recipe.batch;
    const SourceReader reader(train, &order, first, &key);
    const std::int64_t images = std::min(recipe.batch, train.count() - first);
    const execution::Batch batch{&reader, images, seed, static_cast<std::uint64_t>(step), heard(signals, images)};
    const execution::BatchSums sums = executor->train_step(batch, *optimizer, optimizer->terms(step, total_steps));
    since_row.loss += sums.loss;
    since_row.errors += static_cast<double>(sums.errors);
    since_row.samples += static_cast<double>(batch.count);
    samples_now += batch.count;
    ++step;
    digests.add_step(step, total_steps, sums.loss, sums.errors);
    return {sums.loss / static_cast<double>(batch.count), sums.errors, sums.signals};
  }

  /// False if the evaluation was stopped: the row is then still due.
  bool add_row(const std::function<bool()>& should_stop) {
    const double seconds = now_seconds() - row_started;
    auto whole = evaluate(test, layers::Mode::infer, 0, should_stop);
    if (!whole) return false;
    evaluation = std::move(*whole);
    executor->gather_weights(*optimizer);
    epochs.push_back(static_cast<double>(step) / static_cast<double>(steps_per_epoch));
    metrics["train_loss"].push_back(since_row.loss / since_row.samples);
    metrics["test_loss"].push_back(evaluation.loss);
    if (!is_autoencoder()) {
      metrics["train_error"].push_back(100.0 * since_row.errors / since_row.samples);
      metrics["test_error"].push_back(evaluation.error_percent);
      if (recipe.test_views > 0) metrics["plain_test_error"].push_back(evaluation.plain_error_percent);
    }
    add_temperatures();
    if (team.is_root()) digests.add_row(parameters, optimizer->state());
    const double images = static_cast<double>(samples_now);
    timing["seconds"].push_back(seconds);
    timing["images_per_second"].push_back(images / seconds);
    timing["gflops"].push_back(images * static_cast<double>(graph.training_flops()) / seconds * 1e-9);
    since_row = {};
    samples_now = 0;
    row_started = now_seconds();
    return true;
  }

  /// Learned temperatures of LogAvgExp pooling: mean of t = exp(tau) over the channels.
  void add_temperatures() {
    for (const graph::Parameter& parameter : parameters.list()) {
      if (parameter.spec.name != "tau" || !parameter.spec.trains) continue;
      double sum = 0;
      for (const float tau : values_of(parameters, parameter)) sum += std::exp(static_cast<double>(tau));
      const std::string name = graph.node(parameter.node).name;
      metrics["temperature:" + name].push_back(sum / static_cast<double>(parameter.count));
    }
  }

  /// Nothing if it was stopped.
  std::optional<Evaluation> evaluate(const datasets::SampleSource& source, layers::Mode mode, std::uint64_t mask,
                                     const std::function<bool()>& should_stop) {
    Evaluation result;
    if (!is_autoencoder()) result.predictions.resize(static_cast<std::size_t>(source.count()));
    const auto views = datasets::test_views(mode == layers::Mode::infer ? recipe.test_views : 0,
                                            static_cast<int>(graph.node(0).shape.height), static_cast<int>(graph.node(0).shape.width));
    double errors = 0, plain_errors = 0;
    for (std::int64_t first = 0; first < source.count(); first += recipe.batch) {
      const std::int64_t images = std::min(recipe.batch, source.count() - first);
      execution::Batch batch{nullptr, images, seed, mask, heard({.stop = should_stop && should_stop()}, images)};
      AveragedLogits averaged;
      for (const datasets::TestView& view : views) {
        const bool is_plain = &view == &views.front();
        const SourceReader reader(source, nullptr, first, nullptr, is_plain ? nullptr : &view.maps);
        batch.reader = &reader;
        execution::Readout readout;
        if (is_plain && !result.predictions.empty()) readout.predictions = result.predictions.data() + first;
        if (views.size() > 1) readout.outputs = averaged.room(batch.count * graph.node(graph.output()).shape.size());
        const execution::BatchSums sums = executor->evaluate(batch, mode, readout);
        if (sums.signals.stop) return std::nullopt;
        if (views.size() > 1) averaged.add(view.weight);
        if (!is_plain) continue;
        result.loss += sums.loss;
        plain_errors += static_cast<double>(sums.errors);
      }
      if (views.size() > 1) errors += static_cast<double>(averaged.predict(source, first, batch.count, result.predictions.data() + first));
    }
    if (views.size() == 1) errors = plain_errors;
    result.loss /= static_cast<double>(source.count());
    result.error_percent = 100.0 * errors / static_cast<double>(source.count());
    result.plain_error_percent = 100.0 * plain_errors / static_cast<double>(source.count());
    return result;
  }

  const recipes::Recipe& recipe;
  const graph::Graph& graph;
  const datasets::SampleSource& train;
  const datasets::SampleSource& test;
  std::uint64_t seed;
  ranks::Team& team;
  graph::Parameters parameters;
  std::unique_ptr<optimizers::Optimizer> optimizer;
  std::unique_ptr<execution::Executor> executor;
  std::int64_t steps_per_epoch = 1, total_steps = 1, step = 0;
  std::vector<std::int64_t> row_steps;

  std::vector<std::int64_t> order;
  std::int64_t order_epoch = -1;

  struct Sums {
    double loss = 0, errors = 0, samples = 0;
  } since_row;
  std::int64_t samples_now = 0;  ///< since the row or the restart, for the rate
  double row_started = now_seconds();

  std::vector<double> epochs;
  std::map<std::string, std::vector<double>> metrics, timing;
  RunDigests digests;  ///< its rows on the root alone
  Evaluation evaluation;
};

Trainer::Trainer(const recipes::Recipe& recipe, const graph::Graph& graph, const datasets::SampleSource& train,
                 const datasets::SampleSource& test, std::uint64_t seed, parallel::Workers& workers, ranks::Team& team)
    : state_(std::make_unique<State>(recipe, graph, train, test, seed, workers, team)) {}

Trainer::~Trainer() = default;

std::int64_t Trainer::total_steps() const {
  return state_->total_steps;
}
std::int64_t Trainer::step() const {
  return state_->step;
}
execution::Executor& Trainer::executor() {
  return *state_->executor;
}
graph::Parameters& Trainer::parameters() {
  return state_->parameters;
}
const Evaluation& Trainer::last_evaluation() const {
  return state_->evaluation;
}

Evaluation Trainer::evaluate(const datasets::SampleSource& source, layers::Mode mode, std::uint64_t mask) {
  return *state_->evaluate(source, mode, mask, {});
}

void Trainer::gather_weights() {
  state_->executor->gather_weights(*state_->optimizer);
}

bool Trainer::run(const Controls& controls) {
  State& s = *state_;
  const double started = now_seconds();
  const std::int64_t first_step = s.step;
  double last_save = started, save_seconds = 0;
  s.row_started = started;
  const auto save = [&] {
    if (!controls.save) return;
    const double begun = now_seconds();
    gather_weights();
    s.team.on_root([&] { controls.save(snapshot()); }, "checkpoint");
    last_save = now_seconds();
    save_seconds = last_save - begun;
  };
  while (true) {
    if (s.row_is_due() && !s.add_row(controls.should_stop)) {
      save();
      return false;
    }
    if (s.step == s.total_steps) return true;
    const double wait = std::max(controls.least_seconds_between_saves, 50.0 * save_seconds);  // 50: saving takes under 2 %
    const bool save_is_due = controls.save && s.team.is_root() && now_seconds() - last_save > wait;
    const execution::BatchSums sums = s.train_one_step({.stop = controls.should_stop && controls.should_stop(), .save = save_is_due});
    const double elapsed = now_seconds() - started;
    if (controls.progress) {
      const double rate = static_cast<double>(s.step - first_step) / elapsed;
      controls.progress({.step = s.step,
                         .total_steps = s.total_steps,
                         .epoch = static_cast<double>(s.step) / static_cast<double>(s.steps_per_epoch),
                         .loss = sums.loss,
                         .images_per_second = rate * static_cast<double>(s.recipe.batch),
                         .seconds_left = static_cast<double>(s.total_steps - s.step) / rate});
    }
    if (s.step == s.total_steps) continue;
    if (sums.signals.save || sums.signals.stop) save();
    if (sums.signals.stop) return false;
  }
}

void Trainer::write_to(records::RunRecord& record) const {
  const State& s = *state_;
  record.epochs = s.epochs;
  s.digests.write_to(record, s.graph, s.parameters);
  for (const auto& [name, values] : s.metrics)
    record.metrics[name] = {name.starts_with("temperature") ? "" : name.ends_with("error") ? "percent" : "nats", values};
  for (const auto& [name, values] : s.timing)
    record.timing[name] = {name == "seconds" ? "seconds" : name == "gflops" ? "GFLOP/s" : "images/s", values};
  if (s.evaluation.predictions.empty()) return;
  record.test_predictions = s.evaluation.predictions;
  for (std::int64_t i = 0; i < s.test.count(); ++i) record.test_labels.push_back(s.test.label(i));
}

records::Checkpoint Trainer::snapshot() const {
  const State& s = *state_;
  records::Checkpoint checkpoint;
  checkpoint.numbers["step"] = s.step;
  checkpoint.numbers["total_steps"] = s.total_steps;
  for (const graph::Parameter& parameter : s.parameters.list()) {
    const auto values = values_of(s.parameters, parameter);
    checkpoint.tensors["weights/" + parameter.name] = {parameter.spec.shape, {values.begin(), values.end()}};
    for (std::size_t k = 0; k < s.optimizer->state().size(); ++k) {
      const float* slot = s.optimizer->state()[k].floats() + parameter.offset;
      checkpoint.tensors[fmt::format("optimizer/{}/{}", k, parameter.name)] = {parameter.spec.shape, {slot, slot + parameter.count}};
    }
  }
  checkpoint.doubles["since_row"] = {s.since_row.loss, s.since_row.errors, s.since_row.samples};
  checkpoint.doubles["epochs"] = s.epochs;
  for (const auto& [name, values] : s.metrics) checkpoint.doubles["metrics/" + name] = values;
  for (const auto& [name, values] : s.timing) checkpoint.doubles["timing/" + name] = values;
  s.digests.save_to(checkpoint);
  return checkpoint;
}

void Trainer::restore(const records::Checkpoint& checkpoint) {
  State& s = *state_;
  const auto foreign = [](const std::string& what, const std::string& expected, const std::string& found) {
    return InputError(Complaint{"checkpoint: " + what, expected, found, "It is of another recipe; run again with --force"});
  };
  const auto floats_into = [&](const std::string& name, float* to, std::int64_t count) {
    const auto found = checkpoint.tensors.find(name);
    if (found == checkpoint.tensors.end() || static_cast<std::int64_t>(found->second.values.size()) != count)
      throw foreign(name, fmt::format("{} numbers", count),
                    found == checkpoint.tensors.end() ? "none" : fmt::format("{}", found->second.values.size()));
    std::copy(found->second.values.begin(), found->second.values.end(), to);
  };
  const auto integer = [&](const std::string& name) {
    const auto found = checkpoint.numbers.find(name);
    if (found == checkpoint.numbers.end()) throw foreign(name, "a number", "none");
    return found->second;
  };
  if (integer("total_steps") != s.total_steps)
    throw foreign("total_steps", std::to_string(s.total_steps), std::to_string(integer("total_steps")));
  for (const graph::Parameter& parameter : s.parameters.list()) {
    if (!s.team.leads_node()) break;  // the others see what it writes
    floats_into("weights/" + parameter.name, s.parameters.of(parameter), parameter.count);
    for (std::size_t k = 0; k < s.optimizer->state().size(); ++k)
      floats_into(fmt::format("optimizer/{}/{}", k, parameter.name), s.optimizer->state()[k].floats() + parameter.offset, parameter.count);
  }
  s.step = integer("step");
  for (const auto& [name, values] : checkpoint.doubles) {
    if (name == "epochs") s.epochs = values;
    if (name == "since_row" && values.size() == 3) s.since_row = {values[0], values[1], values[2]};
    if (name.starts_with("metrics/")) s.metrics[name.substr(8)] = values;
    if (name.starts_with("timing/")) s.timing[name.substr(7)] = values;
  }
  s.digests.restore_from(checkpoint);
  s.executor->load_weights();
}

}  // namespace reprise::training
