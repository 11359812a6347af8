#include "suite/training/learner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "suite/clock.hpp"
#include "suite/errors.hpp"
#include "suite/training/backprop_phase.hpp"
#include "suite/training/pace.hpp"
#include "suite/training/run_digests.hpp"
#include "suite/training/step_losses.hpp"

namespace reprise::training {

namespace {

constexpr double kNoLoss = std::numeric_limits<double>::quiet_NaN();

/// Of the history's next row, so far.
struct RowSums {
  double loss = 0, errors = 0, samples = 0;
  std::vector<double> heads = {};  ///< losses
};

/// The series of a head's loss, not weighted: "train_loss:auxiliary".
std::string head_loss_name(const graph::Head& head) {
  return "train_loss:" + head.name;
}

}  // namespace

struct Learner::State {
  State(const recipes::Recipe& recipe_in, const graph::Graph& graph_in, const RunSamples& samples_in, std::uint64_t seed,
        parallel::Workers& workers, ranks::Team& team, const MakePhases& make_phases, const InitialValues& initial)
      : parameters(graph_in, team), run{recipe_in, graph_in, samples_in, seed, workers, team, parameters} {
    for (const auto& [what, source] :
         {std::pair{"training", &run.samples.train}, {"labelled", &run.samples.labelled}, {"test", &run.samples.test}})
      if (source->count() < 1)
        throw InputError(Complaint{"data set " + run.recipe.dataset, fmt::format("at least one {} image", what), "none",
                                   "Set train_images, test_images and, under hebbian, hebbian.labelled_images"});
    parameters.initialise(seed);
    fit_to_images();
    if (initial) initial(parameters);
    phases = make_phases(run);
    for (const auto& phase : phases) {
      first_steps.push_back(total_steps);
      for (const std::int64_t row : phase->row_steps()) row_steps.push_back(total_steps + row);
      total_steps += phase->steps();
    }
    phase_times.resize(phases.size());
  }

  /// Initial values that layers take from the first training images.
  void fit_to_images() {
    for (std::size_t n = 0; n < run.graph.nodes().size(); ++n) {
      const graph::Node& node = run.graph.nodes()[n];
      if (!node.layer || node.layer->images_to_fit() == 0) continue;
      if (node.inputs != std::vector<graph::NodeId>{0})
        throw ShapeError(
            Complaint{node.name, "the input of the net in front of it", run.graph.node(node.inputs.at(0)).name, "Put it first"});
      if (run.team.leads_node()) {
        const datasets::SampleSource& train = run.samples.train;
        const std::int64_t count = std::min(node.layer->images_to_fit(), train.count()), size = train.shape().size();
        std::vector<float> images(static_cast<std::size_t>(count * size));
        for (std::int64_t i = 0; i < count; ++i) train.fetch(i, nullptr, images.data() + i * size);
        std::vector<float*> values;
        for (const int p : parameters.of_node(static_cast<graph::NodeId>(n)))
          values.push_back(parameters.of(parameters.list()[static_cast<std::size_t>(p)]));
        node.layer->fit(images, train.shape(), values);
      }
      run.team.synchronise("values fitted to images");
    }
  }

  Phase& phase() const { return *phases[current]; }
  std::int64_t phase_step() const { return std::clamp<std::int64_t>(step - first_steps[current], 0, phase().steps()); }
  /// The phase that took the last step: its optimizer's state is worth keeping. None of them before the first step.
  std::optional<std::size_t> last_at_work() const {
    for (std::size_t k = 0; k < phases.size(); ++k)
      if (step > first_steps[k] && step <= first_steps[k] + phases[k]->steps()) return k;
    return std::nullopt;
  }
  bool row_is_due() const { return last_at_work() == current && epochs.size() < row_steps.size() && row_steps[epochs.size()] == step; }

  void take_step(execution::Signals mine) {
    StepPosition position{phase_step(), step, 0};
    for (std::size_t k = 0; k < current; ++k) position.first_epoch += phases[k]->epochs();
    const double begun = now_seconds();
    const StepOutcome outcome = phase().step(position, mine);
    signals = outcome.signals;
    last_rate = outcome.rate;
    last_loss = phase().shows_loss() && outcome.samples > 0 ? outcome.loss / static_cast<double>(outcome.samples) : kNoLoss;
    records::PhaseTime& time = phase_times[current];
    time.wall_seconds += now_seconds() - begun;
    time.images += static_cast<double>(outcome.samples);
    time.operations += outcome.operations;
    if (phase().steps() == 0) return;
    ++step;
    digests.add_step(step, total_steps, outcome.loss, outcome.errors);
    step_losses.add(step, total_steps, last_loss);
    if (phase().row_steps().empty()) return;
    since_row.loss += outcome.loss;
    since_row.errors += static_cast<double>(outcome.errors);
    since_row.samples += static_cast<double>(outcome.samples);
    since_row.heads.resize(outcome.heads.size());
    for (std::size_t h = 0; h < outcome.heads.size(); ++h) since_row.heads[h] += outcome.heads[h];
    images_now += static_cast<double>(outcome.samples);
    operations_now += outcome.operations;
  }

  /// False: stopped.
  bool evaluate(const Controls& controls) {
    auto result = phase().evaluate(controls.should_stop);
    if (!result) return false;
    evaluation = std::move(*result);
    has_evaluated = true;
    return true;
  }

  /// False if the evaluation was stopped: the row is then still due.
  bool add_row(const Controls& controls) {
    const double seconds = now_seconds() - row_started;
    if (!evaluate(controls)) return false;
    phase().publish();
    note_watched();
    double epoch = phase().work(phase_step()).epoch;
    for (std::size_t k = 0; k < current; ++k)
      if (!phases[k]->row_steps().empty()) epoch += phases[k]->work(phases[k]->steps()).epoch;
    epochs.push_back(epoch);
    const auto add = [&](const std::string& name, double value) { series[name].push_back(value); };
    add("train_loss", since_row.loss / since_row.samples);
    for (std::size_t h = 0; h < since_row.heads.size(); ++h)
      add(head_loss_name(run.graph.heads()[h]), since_row.heads[h] / since_row.samples);
    add("test_loss", evaluation.loss);
    if (phase().has_labels()) {
      add("train_error", 100.0 * since_row.errors / since_row.samples);
      add("test_error", evaluation.error_percent);
    }
    phase().add_to_row(evaluation, add);
    add_logarithms();
    for (auto& [name, values] : series) values.resize(epochs.size(), kNoLoss);  // of heads that an earlier phase had
    if (run.team.is_root()) digests.add_row(parameters, phase().optimizer_state());
    timing["seconds"].push_back(seconds);
    timing["images_per_second"].push_back(images_now / seconds);
    timing["gflops"].push_back(operations_now / seconds * 1e-9);
    since_row = {};
    images_now = operations_now = 0;
    row_started = now_seconds();
    if (controls.evaluated) controls.evaluated(last_row());
    return true;
  }

  void note_watched() {
    if (!watched.empty()) watched.note(whole_net(), run.samples.test, run.recipe.batch, run.seed);
  }

  EvaluatedRow last_row() const {
    EvaluatedRow row{step, epochs.back(), {}};
    for (const auto& [name, values] : series) row.metrics[name] = values.back();
    return row;
  }

  /// Parameters that are the logarithm of a metric: the mean over their values.
  void add_logarithms() {
    for (const graph::Parameter& parameter : parameters.list()) {
      const std::string& metric = parameter.spec.logarithm_of;
      if (metric.empty() || !parameter.spec.trains) continue;
      double sum = 0;
      for (std::int64_t i = 0; i < parameter.count; ++i) sum += std::exp(static_cast<double>(parameters.of(parameter)[i]));
      series[logarithm_name(parameter)].push_back(sum / static_cast<double>(parameter.count));
    }
  }

  /// "temperature:pool1": the metric and what it is of.
  std::string logarithm_name(const graph::Parameter& parameter) const {
    return parameter.spec.logarithm_of + ":" + run.graph.node(parameter.node).name;
  }

  void save(const Controls& controls) {
    if (!controls.save) return;
    const double begun = now_seconds();
    phase().publish();
    run.team.on_root([&] { controls.save(snapshot()); }, "checkpoint");
    last_save = now_seconds();
    save_seconds = last_save - begun;
  }

  bool save_is_due(const Controls& controls) const {
    const double wait = std::max(controls.min_seconds_between_checkpoints, 50.0 * save_seconds);  // 50: saving takes under 2 %
    return controls.save && run.team.is_root() && now_seconds() - last_save > wait;
  }

  void report(const Controls& controls) {
    const Work work = phase().work(phase_step());
    const std::string name = phase().name(std::max<std::int64_t>(0, phase_step() - 1));
    pace.note(name, work);
    if (!controls.progress) return;
    controls.progress({.step = step,
                       .total_steps = total_steps,
                       .share = work.total > 0 ? work.done / work.total : 0,
                       .epoch = work.epoch,
                       .loss = last_loss,
                       .rate = last_rate,
                       .images_per_second = pace.images_per_second(),
                       .seconds_left = pace.seconds_left(),
                       .phase = name});
  }

  /// The present phase to its end; false: stopped.
  bool run_phase(const Controls& controls) {
    const auto stops = [&] { return controls.should_stop && controls.should_stop(); };
    while (true) {
      if (row_is_due() && !add_row(controls)) {
        save(controls);
        return false;
      }
      if (phase().is_done(phase_step())) return true;
      take_step({.stop = stops(), .save = save_is_due(controls)});
      report(controls);
      if (step == total_steps) continue;
      if (signals.save || signals.stop) save(controls);
      if (signals.stop) return false;
    }
  }

  bool learn(const Controls& controls) {
    if (step == 0) note_watched();
    row_started = last_save = now_seconds();
    for (current = 0; current < phases.size(); ++current) {
      if (!run_phase(controls)) return false;
      if (current + 1 == phases.size()) break;
      phase().publish();
      phases[current + 1]->adopt();
    }
    current = phases.size() - 1;
    return has_evaluated || evaluate(controls);  // where it goes on from the checkpoint of the last step
  }

  records::Checkpoint snapshot() const {
    records::Checkpoint checkpoint;
    checkpoint.numbers["step"] = step;
    for (std::size_t k = 0; k < phases.size(); ++k) checkpoint.numbers[fmt::format("steps of phase {}", k + 1)] = phases[k]->steps();
    for (const graph::Parameter& parameter : parameters.list()) {
      const float* values = parameters.of(parameter);
      checkpoint.tensors["weights/" + parameter.name] = {parameter.spec.shape, {values, values + parameter.count}};
    }
    for (std::size_t k = 0; k < phases.size(); ++k) phases[k]->save_to(checkpoint, last_at_work() == k);
    checkpoint.doubles["since_row"] = {since_row.loss, since_row.errors, since_row.samples};
    if (!since_row.heads.empty()) checkpoint.doubles["since_row of heads"] = since_row.heads;
    checkpoint.doubles["epochs"] = epochs;
    for (const auto& [name, values] : series) checkpoint.doubles["metrics/" + name] = values;
    for (const auto& [name, values] : timing) checkpoint.doubles["timing/" + name] = values;
    digests.save_to(checkpoint);
    step_losses.save_to(checkpoint);
    watched.save_to(checkpoint);
    return checkpoint;
  }

  void restore(const records::Checkpoint& checkpoint) {
    for (std::size_t k = 0; k < phases.size(); ++k) {
      const std::string name = fmt::format("steps of phase {}", k + 1);
      require_equal(name, phases[k]->steps(), number_of(checkpoint, name));
    }
    step = number_of(checkpoint, "step");
    current = last_at_work().value_or(0);
    for (const graph::Parameter& parameter : parameters.list())
      if (run.team.leads_node()) floats_of(checkpoint, "weights/" + parameter.name, parameters.of(parameter), parameter.count);
    for (const auto& [name, values] : checkpoint.doubles) {
      if (name == "epochs") epochs = values;
      if (name == "since_row" && values.size() == 3) since_row = {values[0], values[1], values[2], std::move(since_row.heads)};
      if (name == "since_row of heads") since_row.heads = values;
      if (name.starts_with("metrics/")) series[name.substr(8)] = values;
      if (name.starts_with("timing/")) timing[name.substr(7)] = values;
    }
    digests.restore_from(checkpoint);
    step_losses.restore_from(checkpoint);
    watched.restore_from(checkpoint, step > 0 ? std::ssize(epochs) + 1 : 0);
    for (std::size_t k = 0; k < phases.size(); ++k) {
      phases[k]->restore_from(checkpoint, last_at_work() == k);
      phases[k]->adopt();
    }
  }

  void write_to(records::RunRecord& record) const {
    record.epochs = epochs;
    digests.write_to(record, run.graph, parameters);
    step_losses.write_to(record);
    for (const auto& [name, values] : series)
      record.metrics[name] = records::series_of(name.substr(0, name.find(':')), values);  // "train_loss:HEAD" is a train_loss
    for (const auto& [name, values] : timing) record.timing[name] = records::series_of(name, values);
    for (std::size_t k = 0; k < phases.size(); ++k) {
      record.phases.push_back(phase_times[k]);
      record.phases.back().name = phases[k]->name(0);
      phases[k]->write_to(record);
    }
    if (evaluation.predictions.empty()) return;
    record.test_predictions = evaluation.predictions;
    for (std::int64_t i = 0; i < run.samples.test.count(); ++i) record.test_labels.push_back(run.samples.test.label(i));
  }

  execution::Executor& whole_net() {
    if (execution::Executor* own = phase().whole_net()) return *own;
    phase().publish();
    if (whole)
      whole->load_weights();
    else
      whole = std::make_unique<execution::Executor>(run.graph, executor_options(run.recipe), parameters, run.workers, run.team);
    return *whole;
  }

  graph::Parameters parameters;
  RunContext run;
  std::vector<std::unique_ptr<Phase>> phases;
  std::vector<std::int64_t> first_steps, row_steps;  ///< of each phase; of all rows
  std::int64_t total_steps = 0, step = 0;
  std::size_t current = 0;

  execution::Signals signals;
  double last_loss = kNoLoss, last_rate = kNoLoss;
  RowSums since_row;
  double images_now = 0, operations_now = 0, row_started = 0;  ///< since the row or the restart, for the rate
  double last_save = 0, save_seconds = 0;
  Pace pace;

  std::vector<double> epochs;
  std::map<std::string, std::vector<double>> series, timing;
  std::vector<records::PhaseTime> phase_times;
  RunDigests digests;  ///< its rows on the root alone
  StepLosses step_losses;
  WatchedNodes watched;
  Evaluation evaluation;
  bool has_evaluated = false;
  std::unique_ptr<execution::Executor> whole;
};

Learner::Learner(const recipes::Recipe& recipe, const graph::Graph& graph, const RunSamples& samples, std::uint64_t seed,
                 parallel::Workers& workers, ranks::Team& team, const MakePhases& make_phases, const InitialValues& initial)
    : state_(std::make_unique<State>(recipe, graph, samples, seed, workers, team, make_phases, initial)) {}

Learner::~Learner() = default;

std::int64_t Learner::total_steps() const {
  return state_->total_steps;
}
std::int64_t Learner::step() const {
  return state_->step;
}
void Learner::watch(const std::vector<Watch>& watches) {
  state_->watched.watch(watches, state_->run.graph, state_->run.samples.test.count());
}
const WatchedValues& Learner::watched(graph::NodeId node) const {
  return state_->watched.of(node);
}
bool Learner::run(const Controls& controls) {
  return state_->learn(controls);
}
records::Checkpoint Learner::snapshot() const {
  return state_->snapshot();
}
void Learner::restore(const records::Checkpoint& checkpoint) {
  state_->restore(checkpoint);
}
void Learner::write_to(records::RunRecord& record) const {
  state_->write_to(record);
}
const Evaluation& Learner::last_evaluation() const {
  return state_->evaluation;
}
execution::Executor& Learner::executor() {
  return state_->whole_net();
}
graph::Parameters& Learner::parameters() {
  return state_->parameters;
}

Evaluation Learner::evaluate(const datasets::SampleSource& source, layers::Mode mode, std::uint64_t mask) {
  State& s = *state_;
  EvaluationOptions options;
  options.batch = s.run.recipe.batch;
  options.outputs = s.run.graph.node(s.run.graph.output()).shape.size();
  options.predicts = s.phase().has_labels();
  const ImageBatches batches(source);
  if (mode == layers::Mode::infer) options.views = batches.views(s.run.recipe.test_views);
  options.averages_probabilities = s.run.recipe.view_average == "probabilities";
  options.top5 = s.run.recipe.top5;
  options.mode = mode;
  options.seed = s.run.seed;
  options.mask = mask;
  return *training::evaluate(s.whole_net(), batches, options);
}

}  // namespace reprise::training
