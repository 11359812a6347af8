#include "suite/hebbian/hebbian_trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>

#include "suite/errors.hpp"
#include "suite/hebbian/feature_store.hpp"
#include "suite/hebbian/plastic_net.hpp"
#include "suite/optimizers/optimizer.hpp"
#include "suite/random/random.hpp"
#include "suite/training/run_digests.hpp"

namespace reprise::hebbian {

using recipes::Recipe;
using training::Controls;
using training::Evaluation;

namespace {

constexpr std::int64_t kNormRows = 40;       // rows of the table of norms, about
constexpr std::int64_t kFeatureChunk = 500;  // images between two looks at should_stop

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Time and work of a phase since the start or restart, for provenance.
struct Clock {
  double seconds = 0, flops = 0, images = 0;
  void add(double begun, double more_flops, std::int64_t more_images) {
    seconds += now_seconds() - begun;
    flops += more_flops;
    images += static_cast<double>(more_images);
  }
  std::string text() const {
    return fmt::format("{:.1f} s, {:.1f} images/s, {:.1f} GFLOP/s", seconds, seconds > 0 ? images / seconds : 0,
                       seconds > 0 ? flops / seconds * 1e-9 : 0);
  }
};

constexpr double kNoLoss = std::numeric_limits<double>::quiet_NaN();  // a Hebbian phase has none to show

/// How fast the present phase goes, for progress.
class Pace {
 public:
  /// After each step; work in any unit.
  void note(const std::string& phase, double work, double images) {
    if (phase == phase_) {
      work_per_second_ = (work - first_work_) / std::max(1e-9, now_seconds() - begun_);
      return;
    }
    phase_ = phase;
    begun_ = now_seconds();
    first_work_ = work;
    first_images_ = images;
    work_per_second_ = 0;
  }
  double images_per_second(double images) const { return (images - first_images_) / std::max(1e-9, now_seconds() - begun_); }
  /// 0: not known yet.
  double seconds(double work_left) const { return work_per_second_ > 0 ? work_left / work_per_second_ : 0; }

 private:
  std::string phase_;
  double begun_ = 0, first_work_ = 0, first_images_ = 0, work_per_second_ = 0;
};

/// When to save: no more often than asked for, and so that saving costs under 2 % of the time.
class SaveClock {
 public:
  SaveClock(const Controls& controls, ranks::Team& team) : controls_(controls), team_(team) {}

  /// Called after every step, by all ranks; true: stop now, a checkpoint was saved. `gather` makes what a snapshot reads whole.
  template <typename Gather, typename Snapshot>
  bool stops(Gather gather, Snapshot snapshot) {
    const bool asked = controls_.should_stop && controls_.should_stop();
    const double wait = std::max(controls_.least_seconds_between_saves, 50.0 * save_seconds_);
    const bool due = team_.is_root() && controls_.save && now_seconds() - last_ > wait;
    if (!team_.any(asked || due, "end of a step")) return false;
    const bool stop = team_.any(asked, "agreement to stop");
    if (controls_.save) {
      const double begun = now_seconds();
      gather();
      team_.on_root([&] { controls_.save(snapshot()); }, "checkpoint");
      last_ = now_seconds();
      save_seconds_ = last_ - begun;
    }
    return stop;
  }

 private:
  const Controls& controls_;
  ranks::Team& team_;
  double last_ = now_seconds(), save_seconds_ = 0;
};

}  // namespace

graph::NodeId features_node(const graph::Graph& graph) {
  return graph.find("features");
}

graph::Graph classifier_of(const graph::Graph& graph, graph::NodeId features) {
  graph::Graph head(graph.node(features).shape);
  for (graph::NodeId n = features + 1; n <= graph.last(); ++n) {
    const graph::Node& node = graph.node(n);
    if (node.inputs != std::vector<graph::NodeId>{n - 1})
      throw InputError(Complaint{fmt::format("procedure hebbian, node '{}'", node.name), "a classifier that is a chain of layers",
                                 "other inputs than the layer before", "Choose another model or procedure"});
    head.add(node.name, node.layer);
  }
  if (head.last() < 1)
    throw InputError(Complaint{"procedure hebbian", "a classifier behind the features", "none", "Choose another model or procedure"});
  head.set_loss(graph.loss());
  return head;
}

PhaseLengths phase_lengths(const Recipe& recipe, std::int64_t plastic_layers, std::int64_t train_images, std::int64_t labelled_images) {
  PhaseLengths lengths;
  lengths.hebbian_steps_per_pass = (train_images + recipe.hebbian.batch - 1) / recipe.hebbian.batch;
  lengths.hebbian_steps_per_phase = std::llround(recipe.hebbian.epochs * static_cast<double>(lengths.hebbian_steps_per_pass));
  lengths.hebbian_phases = recipe.hebbian.order == "layer_by_layer" ? plastic_layers : 1;
  lengths.classifier_steps_per_epoch = (labelled_images + recipe.batch - 1) / recipe.batch;
  lengths.classifier_steps =
      recipe.steps > 0 ? recipe.steps
                       : std::max<std::int64_t>(1, std::llround(recipe.epochs * static_cast<double>(lengths.classifier_steps_per_epoch)));
  return lengths;
}

struct HebbianTrainer::State {
  State(const Recipe& recipe_in, const graph::Graph& graph_in, const datasets::SampleSource& train_in,
        const datasets::SampleSource& labelled_in, const datasets::SampleSource& test_in, std::uint64_t seed_in,
        parallel::Workers& workers_in, ranks::Team& team_in)
      : recipe(recipe_in),
        graph(graph_in),
        train(train_in),
        labelled(labelled_in),
        test(test_in),
        seed(seed_in),
        workers(workers_in),
        team(team_in),
        features(features_node(graph)),
        head(classifier_of(graph, features)),
        parameters(graph, team),
        head_parameters(head, team) {
    if (train.count() < 1 || labelled.count() < 1 || test.count() < 1)
      throw InputError(Complaint{"data set " + recipe.dataset, "at least one training, one labelled and one test image",
                                 fmt::format("{}, {} and {}", train.count(), labelled.count(), test.count()),
                                 "Set train_images, hebbian.labelled_images and test_images"});
    require_memory(FeatureStore::bytes(labelled.count() + test.count(), feature_size(), recipe.hebbian.features), recipe.hebbian.features);
    parameters.initialise(seed);
    copy_head(parameters, head_parameters);
    net = std::make_unique<PlasticNet>(
        graph, features,
        execution::NetOptions{recipe.precision, recipe.hebbian.batch, std::min(recipe.hebbian.shard, recipe.hebbian.batch)}, parameters,
        workers, team);
    optimizer = std::make_unique<optimizers::Optimizer>(recipe.optimizer, head_parameters, team);
    classifier = std::make_unique<execution::Executor>(
        head,
        execution::ExecutorOptions{
            .net = {.precision = recipe.precision, .batch = recipe.batch, .shard = std::min(recipe.shard, recipe.batch)},
            .label_smoothing = recipe.label_smoothing},
        head_parameters, workers, team);
    lengths = phase_lengths(recipe, net->layers(), train.count(), labelled.count());
    plan_rows();
  }

  std::int64_t feature_size() const { return graph.node(features).shape.size(); }
  std::int64_t hebbian_steps() const { return lengths.hebbian_steps(); }
  std::int64_t total_steps() const { return hebbian_steps() + lengths.classifier_steps; }

  /// Rows of the history: at the end of classifier epochs, evenly spread, and at the last step. In classifier steps.
  void plan_rows() {
    const std::int64_t per_epoch = lengths.classifier_steps_per_epoch, epoch_count = (lengths.classifier_steps + per_epoch - 1) / per_epoch;
    const std::int64_t wanted = std::min<std::int64_t>(std::max(1, recipe.evaluations), epoch_count);
    for (std::int64_t i = 1; i <= wanted; ++i) {
      const std::int64_t at = std::min(lengths.classifier_steps, epoch_count * i / wanted * per_epoch);
      if (row_steps.empty() || row_steps.back() < at) row_steps.push_back(at);
    }
    row_steps.back() = lengths.classifier_steps;
  }

  /// The classifier's parameters, by name, from one vector to the other. Collective.
  void copy_head(const graph::Parameters& from, graph::Parameters& to) const {
    team.synchronise("weights of the classifier");
    for (const graph::Parameter& parameter : from.list())
      for (const graph::Parameter& twin : to.list())
        if (team.leads_node() && twin.name == parameter.name) std::copy_n(from.of(parameter), parameter.count, to.of(twin));
    team.synchronise("weights of the classifier");
  }

  /// Passes over images are numbered through the run, Hebbian ones first: an order is a function of the seed and this number.
  const std::vector<std::int64_t>& order_of(std::int64_t pass, std::int64_t count) {
    if (order_pass != pass) {
      order = random::permutation(seed, random::Purpose::shuffle, static_cast<std::uint64_t>(pass), count);
      order_pass = pass;
    }
    return order;
  }

  // -------------------------------------------------------------------------------------------------------------- Hebbian

  /// The plastic layers that learn at Hebbian step `at`.
  std::pair<int, int> learning_layers(std::int64_t at) const {
    if (lengths.hebbian_phases == 1) return {0, net->layers() - 1};
    const int layer = static_cast<int>(at / lengths.hebbian_steps_per_phase);
    return {layer, layer};
  }

  double phase_progress(std::int64_t at) const {
    return static_cast<double>(at % lengths.hebbian_steps_per_phase) / static_cast<double>(lengths.hebbian_steps_per_phase);
  }

  std::string hebbian_phase(std::int64_t at) const {
    const auto [first, last] = learning_layers(at);
    return first == last ? fmt::format("Hebbian learning of {}", graph.node(net->node_of(first)).name) : "Hebbian learning";
  }

  /// Floating-point operations of the Hebbian steps before `at`: layers cost very different amounts, steps say little about time.
  double learning_work(std::int64_t at) const {
    double work = 0;
    for (std::int64_t phase = 0; phase < at; phase += lengths.hebbian_steps_per_phase) {
      const auto [first, last] = learning_layers(phase);
      work += net->learning_flops(first, last) *
              static_cast<double>(recipe.hebbian.batch * std::min(lengths.hebbian_steps_per_phase, at - phase));
    }
    return work;
  }

  void hebbian_step() {
    const double begun = now_seconds();
    if (step == 0) add_norms();
    const std::int64_t pass = step / lengths.hebbian_steps_per_phase * passes_per_phase() +
                              step % lengths.hebbian_steps_per_phase / lengths.hebbian_steps_per_pass;
    const std::int64_t first = step % lengths.hebbian_steps_per_phase % lengths.hebbian_steps_per_pass * recipe.hebbian.batch;
    const training::SourceReader reader(train, &order_of(pass, train.count()), first, nullptr);
    const execution::Batch batch{&reader, std::min(recipe.hebbian.batch, train.count() - first), seed, static_cast<std::uint64_t>(step)};
    const auto [first_layer, last_layer] = learning_layers(step);
    const double changed = net->learn(batch, first_layer, last_layer, phase_progress(step));
    ++step;
    digests.add_step(step, total_steps(), changed, 0);
    if (step % std::max<std::int64_t>(1, hebbian_steps() / kNormRows) == 0 || step == hebbian_steps()) add_norms();
    hebbian_clock.add(begun, net->learning_flops(first_layer, last_layer) * static_cast<double>(batch.count), batch.count);
  }

  std::int64_t passes_per_phase() const {
    return (lengths.hebbian_steps_per_phase + lengths.hebbian_steps_per_pass - 1) / lengths.hebbian_steps_per_pass;
  }

  /// A row of the history of norms: the mean of each layer.
  void add_norms() {
    norms["step"].push_back(static_cast<double>(step));
    for (int layer = 0; layer < net->layers(); ++layer) {
      double sum = 0;
      const std::vector<double> values = net->norms(layer);
      for (const double norm : values) sum += norm;
      norms[graph.node(net->node_of(layer)).name].push_back(sum / static_cast<double>(values.size()));
    }
  }

  // -------------------------------------------------------------------------------------------------------------- features

  bool has_features() const { return stored == labelled.count() + test.count(); }

  /// The next images' features. Labelled training images come first.
  void cache_chunk() {
    const double begun = now_seconds();
    if (stored == 0) {
      train_features = FeatureStore(labelled.count(), feature_size(), recipe.hebbian.features, team);
      test_features = FeatureStore(test.count(), feature_size(), recipe.hebbian.features, team);
    }
    const bool of_train = stored < labelled.count();
    const datasets::SampleSource& source = of_train ? labelled : test;
    FeatureStore& store = of_train ? train_features : test_features;
    const std::int64_t first = of_train ? stored : stored - labelled.count(), count = std::min(kFeatureChunk, source.count() - first);
    const training::SourceReader reader(source, nullptr, first, nullptr);
    net->features(reader, count, [&](std::int64_t slot, std::int64_t images, const void* values) {
      store.put(first + slot, images, values, recipe.precision);
    });
    store.gather(team, first, net->first_slots(count));
    stored += count;
    feature_clock.add(begun, net->feature_flops() * static_cast<double>(count), count);
  }

  // ------------------------------------------------------------------------------------------------------------ classifier

  std::int64_t classifier_step() const { return step - hebbian_steps(); }

  double train_classifier() {
    const double begun = now_seconds();
    const std::int64_t at = classifier_step(), per_epoch = lengths.classifier_steps_per_epoch;
    const std::int64_t pass = lengths.hebbian_phases * passes_per_phase() + at / per_epoch, first = at % per_epoch * recipe.batch;
    const FeatureReader reader(train_features, labelled, &order_of(pass, labelled.count()), first);
    const execution::Batch batch{&reader, std::min(recipe.batch, labelled.count() - first), seed, static_cast<std::uint64_t>(at)};
    const execution::BatchSums sums = classifier->train_step(batch, *optimizer, optimizer->terms(at, lengths.classifier_steps));
    since_row.loss += sums.loss;
    since_row.errors += static_cast<double>(sums.errors);
    since_row.samples += static_cast<double>(batch.count);
    ++step;
    digests.add_step(step, total_steps(), sums.loss, sums.errors);
    classifier_clock.add(begun, static_cast<double>(head.training_flops()) * static_cast<double>(batch.count), batch.count);
    if (std::binary_search(row_steps.begin(), row_steps.end(), classifier_step())) add_row();
    return sums.loss / static_cast<double>(batch.count);
  }

  void add_row() {
    classifier->gather_weights(*optimizer);
    copy_head(head_parameters, parameters);
    evaluation = evaluate_features();
    epochs.push_back(static_cast<double>(classifier_step()) / static_cast<double>(lengths.classifier_steps_per_epoch));
    metrics["train_loss"].push_back(since_row.loss / since_row.samples);
    metrics["train_error"].push_back(100.0 * since_row.errors / since_row.samples);
    metrics["test_loss"].push_back(evaluation.loss);
    metrics["test_error"].push_back(evaluation.error_percent);
    if (team.is_root()) digests.add_row(parameters, optimizer->state());
    const double seconds = now_seconds() - row_started;
    timing["seconds"].push_back(seconds);
    timing["images_per_second"].push_back(since_row.samples / seconds);
    since_row = {};
    row_started = now_seconds();
  }

  Evaluation evaluate_features() {
    Evaluation result;
    result.predictions.resize(static_cast<std::size_t>(test.count()));
    double errors = 0;
    for (std::int64_t first = 0; first < test.count(); first += recipe.batch) {
      const FeatureReader reader(test_features, test, nullptr, first);
      const execution::Batch batch{&reader, std::min(recipe.batch, test.count() - first), seed, 0};
      execution::Readout readout;
      readout.predictions = result.predictions.data() + first;
      const execution::BatchSums sums = classifier->evaluate(batch, layers::Mode::infer, readout);
      result.loss += sums.loss;
      errors += static_cast<double>(sums.errors);
    }
    result.loss /= static_cast<double>(test.count());
    result.error_percent = 100.0 * errors / static_cast<double>(test.count());
    return result;
  }

  // ------------------------------------------------------------------------------------------------------------ the whole

  bool run(const Controls& controls) {
    SaveClock clock(controls, team);
    const auto gather = [&] { classifier->gather_weights(*optimizer); };
    const auto snapshot = [&] { return this->snapshot(); };
    Pace pace;
    const auto report = [&](double work, double all_work, double images, double epoch, double loss, const std::string& phase) {
      pace.note(phase, work, images);
      if (!controls.progress) return;
      controls.progress({.step = std::llround(work),
                         .total_steps = std::llround(all_work),
                         .epoch = epoch,
                         .loss = loss,
                         .images_per_second = pace.images_per_second(images),
                         .seconds_left = pace.seconds(all_work - work),
                         .phase = phase});
    };
    while (step < hebbian_steps()) {
      const std::string phase = hebbian_phase(step);
      hebbian_step();
      report(learning_work(step), learning_work(hebbian_steps()), static_cast<double>(step * recipe.hebbian.batch),
             static_cast<double>(step) / static_cast<double>(lengths.hebbian_steps_per_pass), kNoLoss, phase);
      if (clock.stops(gather, snapshot)) return false;
    }
    while (classifier_step() < lengths.classifier_steps && !has_features()) {
      cache_chunk();
      const auto images = static_cast<double>(stored);
      report(images, static_cast<double>(labelled.count() + test.count()), images, 0, kNoLoss, "computing features");
      if (clock.stops(gather, snapshot)) return false;
    }
    row_started = now_seconds();
    while (classifier_step() < lengths.classifier_steps) {
      const double loss = train_classifier();
      const std::int64_t at = classifier_step();
      report(static_cast<double>(at), static_cast<double>(lengths.classifier_steps), static_cast<double>(at * recipe.batch),
             static_cast<double>(at) / static_cast<double>(lengths.classifier_steps_per_epoch), loss, "training the classifier");
      if (at < lengths.classifier_steps && clock.stops(gather, snapshot)) return false;
    }
    return true;
  }

  records::Checkpoint snapshot() const {
    records::Checkpoint checkpoint;
    checkpoint.numbers["step"] = step;
    checkpoint.numbers["total_steps"] = total_steps();
    checkpoint.numbers["hebbian_steps"] = hebbian_steps();
    for (const graph::Parameter& parameter : parameters.list())
      checkpoint.tensors["weights/" + parameter.name] = {parameter.spec.shape, floats(parameters.of(parameter), parameter)};
    for (const graph::Parameter& parameter : head_parameters.list()) {
      checkpoint.tensors["classifier/" + parameter.name] = {parameter.spec.shape, floats(head_parameters.of(parameter), parameter)};
      for (std::size_t k = 0; k < optimizer->state().size(); ++k)
        checkpoint.tensors[fmt::format("optimizer/{}/{}", k, parameter.name)] = {
            parameter.spec.shape, floats(optimizer->state()[k].floats() + parameter.offset, parameter)};
    }
    checkpoint.doubles["since_row"] = {since_row.loss, since_row.errors, since_row.samples};
    checkpoint.doubles["epochs"] = epochs;
    for (const auto& [name, values] : norms) checkpoint.doubles["norms/" + name] = values;
    for (const auto& [name, values] : metrics) checkpoint.doubles["metrics/" + name] = values;
    for (const auto& [name, values] : timing) checkpoint.doubles["timing/" + name] = values;
    digests.save_to(checkpoint);
    return checkpoint;
  }

  static std::vector<float> floats(const float* from, const graph::Parameter& parameter) { return {from, from + parameter.count}; }

  void restore(const records::Checkpoint& checkpoint) {
    const auto foreign = [](const std::string& what, const std::string& expected, const std::string& found) {
      return InputError(Complaint{"checkpoint: " + what, expected, found, "It is of another recipe; run again with --force"});
    };
    const auto integer = [&](const std::string& name) {
      const auto found = checkpoint.numbers.find(name);
      if (found == checkpoint.numbers.end()) throw foreign(name, "a number", "none");
      return found->second;
    };
    const auto floats_into = [&](const std::string& name, float* to, std::int64_t count) {
      const auto found = checkpoint.tensors.find(name);
      if (found == checkpoint.tensors.end() || static_cast<std::int64_t>(found->second.values.size()) != count)
        throw foreign(name, fmt::format("{} numbers", count),
                      found == checkpoint.tensors.end() ? "none" : fmt::format("{}", found->second.values.size()));
      std::copy(found->second.values.begin(), found->second.values.end(), to);
    };
    if (integer("total_steps") != total_steps())
      throw foreign("total_steps", std::to_string(total_steps()), std::to_string(integer("total_steps")));
    if (integer("hebbian_steps") != hebbian_steps())
      throw foreign("hebbian_steps", std::to_string(hebbian_steps()), std::to_string(integer("hebbian_steps")));
    for (const graph::Parameter& parameter : parameters.list())
      if (team.leads_node()) floats_into("weights/" + parameter.name, parameters.of(parameter), parameter.count);
    for (const graph::Parameter& parameter : head_parameters.list()) {
      if (!team.leads_node()) break;  // the others see what it writes
      floats_into("classifier/" + parameter.name, head_parameters.of(parameter), parameter.count);
      for (std::size_t k = 0; k < optimizer->state().size(); ++k)
        floats_into(fmt::format("optimizer/{}/{}", k, parameter.name), optimizer->state()[k].floats() + parameter.offset, parameter.count);
    }
    step = integer("step");
    stored = 0;
    norms.clear();
    for (const auto& [name, values] : checkpoint.doubles) {
      if (name == "epochs") epochs = values;
      if (name == "since_row" && values.size() == 3) since_row = {values[0], values[1], values[2]};
      if (name.starts_with("norms/")) norms[name.substr(6)] = values;
      if (name.starts_with("metrics/")) metrics[name.substr(8)] = values;
      if (name.starts_with("timing/")) timing[name.substr(7)] = values;
    }
    digests.restore_from(checkpoint);
    net->load_weights();
    classifier->load_weights();
  }

  void write_to(records::RunRecord& record) const {
    record.epochs = epochs;
    digests.write_to(record, graph, parameters);
    for (const auto& [name, values] : metrics) record.metrics[name] = {name.ends_with("error") ? "percent" : "nats", values};
    for (const auto& [name, values] : timing) record.timing[name] = {name == "seconds" ? "seconds" : "images/s", values};
    record.provenance["hebbian_phase"] = hebbian_clock.text();
    record.provenance["feature_phase"] = feature_clock.text();
    record.provenance["classifier_phase"] = classifier_clock.text();
    if (!norms.empty())
      record.tables["kernel_norms"] = {.title = "Mean norm of each plastic layer's kernels", .x = "step", .columns = norms};
    for (int layer = 0; layer < net->layers(); ++layer) {
      const std::vector<double> values = net->norms(layer);
      double sum = 0, at_rest = 0;
      for (const double norm : values) sum += norm, at_rest += std::abs(norm - 1) < 0.01 ? 1 : 0;
      const std::string& name = graph.node(net->node_of(layer)).name;
      record.results["mean_norm_" + name] = sum / static_cast<double>(values.size());
      record.results["share_at_norm_1_" + name] = at_rest / static_cast<double>(values.size());
    }
    if (evaluation.predictions.empty()) return;
    record.test_predictions = evaluation.predictions;
    for (std::int64_t i = 0; i < test.count(); ++i) record.test_labels.push_back(test.label(i));
  }

  execution::Executor& whole_net() {
    copy_head(head_parameters, parameters);
    if (!whole)
      whole = std::make_unique<execution::Executor>(
          graph,
          execution::ExecutorOptions{
              .net = {.precision = recipe.precision, .batch = recipe.batch, .shard = std::min(recipe.shard, recipe.batch)},
              .label_smoothing = recipe.label_smoothing},
          parameters, workers, team);
    else
      whole->load_weights();
    return *whole;
  }

  const Recipe& recipe;
  const graph::Graph& graph;
  const datasets::SampleSource& train;
  const datasets::SampleSource& labelled;
  const datasets::SampleSource& test;
  std::uint64_t seed;
  parallel::Workers& workers;
  ranks::Team& team;
  graph::NodeId features;
  graph::Graph head;
  graph::Parameters parameters, head_parameters;
  std::unique_ptr<PlasticNet> net;
  std::unique_ptr<optimizers::Optimizer> optimizer;
  std::unique_ptr<execution::Executor> classifier, whole;
  PhaseLengths lengths;
  std::int64_t step = 0;
  std::vector<std::int64_t> row_steps;

  std::vector<std::int64_t> order;
  std::int64_t order_pass = -1;

  FeatureStore train_features, test_features;
  std::int64_t stored = 0;  ///< images whose features are there

  struct Sums {
    double loss = 0, errors = 0, samples = 0;
  } since_row;
  double row_started = now_seconds();
  Clock hebbian_clock, feature_clock, classifier_clock;

  std::vector<double> epochs;
  std::map<std::string, std::vector<double>> norms, metrics, timing;
  training::RunDigests digests;  ///< its rows on the root alone
  Evaluation evaluation;
};

HebbianTrainer::HebbianTrainer(const Recipe& recipe, const graph::Graph& graph, const datasets::SampleSource& train,
                               const datasets::SampleSource& labelled, const datasets::SampleSource& test, std::uint64_t seed,
                               parallel::Workers& workers, ranks::Team& team)
    : state_(std::make_unique<State>(recipe, graph, train, labelled, test, seed, workers, team)) {}

HebbianTrainer::~HebbianTrainer() = default;

std::int64_t HebbianTrainer::total_steps() const {
  return state_->total_steps();
}
std::int64_t HebbianTrainer::step() const {
  return state_->step;
}
bool HebbianTrainer::run(const Controls& controls) {
  return state_->run(controls);
}
records::Checkpoint HebbianTrainer::snapshot() const {
  return state_->snapshot();
}
void HebbianTrainer::restore(const records::Checkpoint& checkpoint) {
  state_->restore(checkpoint);
}
void HebbianTrainer::write_to(records::RunRecord& record) const {
  state_->write_to(record);
}
const Evaluation& HebbianTrainer::last_evaluation() const {
  return state_->evaluation;
}
graph::Parameters& HebbianTrainer::parameters() {
  return state_->parameters;
}
execution::Executor& HebbianTrainer::executor() {
  return state_->whole_net();
}

Evaluation HebbianTrainer::evaluate(const datasets::SampleSource& source, layers::Mode mode, std::uint64_t mask) {
  State& s = *state_;
  execution::Executor& executor = s.whole_net();
  Evaluation result;
  result.predictions.resize(static_cast<std::size_t>(source.count()));
  double errors = 0;
  for (std::int64_t first = 0; first < source.count(); first += s.recipe.batch) {
    const training::SourceReader reader(source, nullptr, first, nullptr);
    const execution::Batch batch{&reader, std::min(s.recipe.batch, source.count() - first), s.seed, mask};
    execution::Readout readout;
    readout.predictions = result.predictions.data() + first;
    const execution::BatchSums sums = executor.evaluate(batch, mode, readout);
    result.loss += sums.loss;
    errors += static_cast<double>(sums.errors);
  }
  result.loss /= static_cast<double>(source.count());
  result.error_percent = 100.0 * errors / static_cast<double>(source.count());
  return result;
}

}  // namespace reprise::hebbian
