#include "suite/runs/run_trial.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <thread>

#include "suite/analyses/analysis.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/clock.hpp"
#include "suite/errors.hpp"
#include "suite/evaluations/final_evaluations.hpp"
#include "suite/evaluations/probes.hpp"
#include "suite/procedures/procedure.hpp"
#include "suite/ranks/session.hpp"
#include "suite/recipes/fields.hpp"
#include "suite/records/checkpoint.hpp"
#include "suite/records/digest.hpp"
#include "suite/records/result_file.hpp"
#include "suite/records/result_schema.hpp"
#include "suite/records/run_lock.hpp"
#include "suite/runs/provenance.hpp"
#include "suite/runs/run_checkpoint.hpp"
#include "suite/runs/run_data.hpp"
#include "suite/runs/run_stream.hpp"
#include "suite/runs/trained_weights.hpp"
#include "suite/training/learner.hpp"
#include "suite/version.hpp"

namespace reprise::runs {

namespace {

std::atomic<bool> stop_requested{false};

constexpr const char* kStart = "start_utc";
constexpr const char* kDivergence = "divergence";  // in the provenance of a run that diverged: the error

/// Fails before hours of work rather than after them.
void check_writable(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || access(folder.c_str(), W_OK) != 0)
    throw RunError(Complaint{"output folder " + folder.string(), "a folder that can be written",
                             error ? error.message() : "no permission to write", "Choose another with --out"});
}

class Run {
 public:
  Run(const recipes::Recipe& recipe, std::int64_t seed, const RunOptions& options)
      : recipe_(recipe),
        seed_(seed),
        options_(options),
        team_(options.team != nullptr ? *options.team : ranks::Team::alone()),
        started_(now_seconds()),
        folder_(options.out / recipe.paper / recipe.trial) {}

  RunSummary execute() {
    team_.on_root([&] { check_writable(folder_); }, "output folder");
    const std::unique_ptr<const RunData> sources =
        load_run_data(recipe_, options_.data, team_, [] { return stop_requested.load(std::memory_order_relaxed); });
    RunSummary summary;
    if (!sources) {
      summary.outcome = RunSummary::Outcome::stopped_at_start;
      summary.wall_seconds = now_seconds() - started_;
      return summary;
    }
    summary.run_id = run_id(recipe_, seed_, sources->digest);
    summary.file = folder_ / (summary.run_id + ".h5");
    const std::filesystem::path checkpoint = folder_ / (summary.run_id + ".checkpoint");
    std::optional<records::RunLock> lock;
    if (!take_lock(lock, folder_ / (summary.run_id + ".lock"))) {
      summary.outcome = RunSummary::Outcome::stopped_at_start;
      return summary;
    }
    if (!options_.force && root_says([&] { return has_result(summary.file); })) return already_there(summary, checkpoint);
    std::optional<TrainedWeights> start = start_weights(recipe_, seed_, options_), taught;
    if (start) taught = teacher_weights(recipe_, seed_, options_);
    if (!taught) {
      summary.outcome = RunSummary::Outcome::stopped_early;
      summary.file.clear();
      return summary;
    }
    start_run_ = start->run_id, teacher_run_ = taught->run_id;

    const graph::Graph graph = catalog::build_model(recipe_, sources->train->shape(), sources->train->classes());
    start->fit_to(graph, recipe_.start);
    parallel::Workers workers(options_.threads);
    const auto teacher = make_teacher(recipe_, *taught, sources->train->shape(), sources->train->classes(), workers, team_);
    const auto learner = procedures::make_learner(
        recipe_, graph, sources->samples(), static_cast<std::uint64_t>(seed_), workers, team_,
        [&](graph::Parameters& parameters) { start->put_into(parameters, recipe_.start, team_); }, teacher.get());
    refuse_before_training(graph, summary.run_id, *sources, workers);
    learner->watch(analyses::watches_of({recipe_, graph}));
    RunStream stream(folder_ / (summary.run_id + ".jsonl"));
    stream_ = &stream;
    try {
      resume(*learner, summary.run_id, checkpoint);
      start_stream(*learner, summary.run_id, workers);
      const bool finished = learn(*learner, graph, *sources, workers, summary, checkpoint);
      stream.end(finished ? "finished" : "stopped");
    } catch (const DivergenceError& error) {
      stream.end("diverged", error.what());
      throw;
    } catch (const std::exception& error) {
      stream.end("failed", error.what());
      throw;
    }
    summary.wall_seconds = now_seconds() - started_;
    return summary;
  }

 private:
  /// False: asked to stop while another process was at the run.
  bool take_lock(std::optional<records::RunLock>& lock, const std::filesystem::path& path) const {
    while (options_.gives_weights && root_says([&] { return records::RunLock::is_held(path); })) {
      if (team_.any(should_stop()(), "agreement to stop")) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    team_.on_root([&] { lock.emplace(path); }, "lock of the run");
    return true;
  }

  /// On the root.
  bool has_result(const std::filesystem::path& file) const {
    if (!options_.gives_weights || !std::filesystem::exists(file)) return std::filesystem::exists(file);
    try {
      const records::RunRecord record = records::read_result(file);
      return record.status == records::kDiverged || !record.weights.empty();
    } catch (const InputError&) {
      return false;
    }
  }

  /// From its first step or its checkpoint to its result; false: stopped.
  bool learn(training::Learner& learner, const graph::Graph& graph, const RunData& sources, parallel::Workers& workers, RunSummary& summary,
             const std::filesystem::path& checkpoint) {
    bool finished = false;
    try {
      finished = learner.run(controls(summary.run_id, checkpoint));
    } catch (const DivergenceError& error) {
      keep_divergence(error.what(), describe(summary.run_id, sources, workers), summary.file, checkpoint);
      throw;
    }
    records::RunRecord record = describe(summary.run_id, sources, workers);
    if (finished) learner.write_to(record);
    if (!finished || !evaluate(graph, learner, sources, workers, record, checkpoint)) {
      summary.outcome = RunSummary::Outcome::stopped_early;
      summary.file = checkpoint;
      return false;
    }
    analyse(graph, learner, *sources.train, *sources.test, workers, record);
    if (options_.keep_weights || options_.gives_weights || catalog::gives_weights(recipe_)) keep_weights(learner.parameters(), record);
    for (const records::Fault& fault : records::drop_faulty_parts(record))
      leave_out(record, fmt::format("{}: expected {}, found {}", fault.object, fault.expected, fault.found));
    team_.on_root(
        [&] {
          records::write_result(record, summary.file);
          records::remove_checkpoint(checkpoint);
        },
        "result file");
    summary.test_error_percent = learner.last_evaluation().error_percent;
    return true;
  }

  evaluations::EvaluationInputs evaluation_inputs(const graph::Graph& graph, const RunData& sources, parallel::Workers& workers) const {
    evaluations::EvaluationInputs inputs{
        recipe_, graph, *sources.test, sources.preprocessing, static_cast<std::uint64_t>(seed_), workers, team_, should_stop(), {}};
    inputs.others = sources.others;
    if (options_.progress && team_.is_root())
      inputs.progress = [this](const std::string& name, double share) { show_share("evaluation: " + name, share); };
    return inputs;
  }

  /// The evaluations at the end; false: stopped. A checkpoint of the last step is written first, from which they are begun again.
  bool evaluate(const graph::Graph& graph, training::Learner& learner, const RunData& sources, parallel::Workers& workers,
                records::RunRecord& record, const std::filesystem::path& checkpoint) const {
    if (recipe_.final_evaluations.empty() && recipe_.probes.empty()) return true;
    team_.on_root([&] { controls(record.run_id, checkpoint).save(learner.snapshot()); }, "checkpoint");
    const evaluations::EvaluationInputs inputs = evaluation_inputs(graph, sources, workers);
    return evaluations::evaluate_all(inputs, learner, record) && evaluations::probe_all(inputs, sources.probes, learner, record);
  }

  void show_share(const std::string& what, double share) const {
    training::Progress progress;
    progress.share = share;
    progress.loss = std::numeric_limits<double>::quiet_NaN();
    progress.phase = what;
    options_.progress(progress);
  }

  /// On the root alone, as is all that is written to it.
  void start_stream(const training::Learner& learner, const std::string& id, const parallel::Workers& workers) const {
    if (!team_.is_root()) return;
    stream_->start({.paper = recipe_.paper,
                    .trial = recipe_.trial,
                    .scale = recipe_.scale,
                    .run_id = id,
                    .host = ranks::host_name(),
                    .utc = utc_text(),
                    .recipe_toml = catalog::to_toml(recipe_),
                    .seed = seed_,
                    .pid = ::getpid(),
                    .step = learner.step(),
                    .steps = learner.total_steps(),
                    .ranks = team_.size(),
                    .threads = workers.threads(),
                    .answer_version = kAnswerVersion},
                   learner.step() > 0);
  }

  template <typename Question>
  bool root_says(const Question& question) const {
    std::uint8_t answer = 0;
    if (team_.is_root()) answer = question() ? 1 : 0;
    team_.broadcast(&answer, sizeof answer, "agreement");
    return answer != 0;
  }

  /// What is wrong now would be wrong after hours of training, too.
  void refuse_before_training(const graph::Graph& graph, const std::string& id, const RunData& sources, parallel::Workers& workers) const {
    analyses::check_analyses({recipe_, graph});
    const evaluations::EvaluationInputs inputs = evaluation_inputs(graph, sources, workers);
    evaluations::check_evaluations(inputs);
    evaluations::check_probes(inputs, sources.probes);
    if (const auto fault = records::find_fault(describe(id, sources, workers)))
      throw InputError(Complaint{fmt::format("result file of {}/{}, {}", recipe_.paper, recipe_.trial, fault->object), fault->expected,
                                 fault->found, "Correct the recipe, or the environment that it is about"});
  }

  /// The result is kept without a part that cannot be made or stored, and says so.
  void leave_out(records::RunRecord& record, const std::string& what) const {
    record.deviations.push_back("left out: " + what);
    if (options_.note && team_.is_root()) options_.note("the result is stored without a part of it: " + what);
  }

  /// Means over seeds must not rest on the survivors alone, so a failed run leaves its trace.
  void keep_divergence(const std::string& what, records::RunRecord record, const std::filesystem::path& file,
                       const std::filesystem::path& checkpoint) const {
    record.status = records::kDiverged;
    record.provenance[kDivergence] = what;
    team_.on_root(
        [&] {
          records::write_result(record, file);
          records::remove_checkpoint(checkpoint);
        },
        "result file");
  }

  RunSummary already_there(RunSummary summary, const std::filesystem::path& checkpoint) const {
    summary.outcome = RunSummary::Outcome::already_there;
    team_.on_root(
        [&] {
          const records::RunRecord record = records::read_result(summary.file);
          if (record.status == records::kDiverged) throw DivergenceError(record.provenance.at(kDivergence));
          if (options_.keep_weights && record.weights.empty())
            throw InputError(Complaint{summary.file.string(), "the final weights in it (--keep-weights)", "a finished result without them",
                                       "Add --force: the run is computed again, with the same numbers, and its weights are kept"});
          const auto errors = record.metrics.find("test_error");
          if (errors != record.metrics.end() && !errors->second.values.empty()) summary.test_error_percent = errors->second.values.back();
          records::remove_checkpoint(checkpoint);  // of a run that was killed after its result was written
        },
        "result file");
    return summary;
  }

  CheckpointOwner owner(const std::string& id) const { return {id, arithmetic(is_whitened(recipe_)), options_.force, options_.note}; }

  void resume(training::Learner& learner, const std::string& id, const std::filesystem::path& checkpoint) {
    std::optional<records::Checkpoint> saved;
    team_.on_root([&] { saved = read_own(owner(id), checkpoint); }, "checkpoint");
    if (!root_says([&] { return saved.has_value(); })) return;
    if (!saved) saved = records::read_checkpoint(checkpoint);
    require_same(team_, "checkpoint " + checkpoint.string(), saved ? checkpoint_digest(*saved) : "none",
                 "--out must be on a file system that all nodes share");
    if (const auto start = saved->texts.find(kStart); start != saved->texts.end()) start_utc_ = start->second;
    learner.restore(*saved);
    if (options_.note && team_.is_root()) options_.note(fmt::format("goes on after step {} of its checkpoint", learner.step()));
  }

  std::function<bool()> should_stop() const {
    return [this] {
      // The last twentieth, at most 20 s, is left for writing the checkpoint.
      const double limit = options_.time_limit_seconds, reserve = std::min(20.0, 0.05 * limit);
      return stop_requested.load(std::memory_order_relaxed) || (limit > 0 && now_seconds() - started_ > limit - reserve);
    };
  }

  training::Controls controls(const std::string& id, const std::filesystem::path& checkpoint) const {
    training::Controls controls;
    controls.min_seconds_between_checkpoints = options_.min_seconds_between_checkpoints;
    controls.should_stop = should_stop();
    controls.save = [this, id, checkpoint](records::Checkpoint state) {
      sign(owner(id), state);
      state.texts[kStart] = start_utc_;
      state.texts["recipe"] = catalog::to_toml(recipe_);  // for those who find it
      state.numbers["seed"] = seed_;
      state.numbers["answer_version"] = kAnswerVersion;
      records::write_checkpoint(state, checkpoint);
    };
    if (!team_.is_root()) return controls;
    controls.progress = [this](const training::Progress& progress) {
      stream_->step(progress);
      if (options_.progress) options_.progress(progress);
    };
    controls.evaluated = [this](const training::EvaluatedRow& row) { stream_->evaluation(row); };
    return controls;
  }

  records::RunRecord describe(const std::string& id, const RunData& sources, const parallel::Workers& workers) const {
    records::RunRecord record;
    record.paper = recipe_.paper;
    record.trial = recipe_.trial;
    record.scale = recipe_.scale;
    record.run_id = id;
    record.seed = seed_;
    record.recipe_toml = catalog::to_toml(recipe_);
    record.deviations = recipes::deviation_texts(recipe_);
    for (const auto& [key, value] : recipe_.by_hand) record.deviations.push_back(recipes::by_hand_text(key + "=" + value));
    record.provenance = provenance(workers.threads());
    record.provenance["start_utc"] = start_utc_;
    record.provenance["end_utc"] = utc_text();
    record.provenance["ranks"] = std::to_string(team_.size());
    record.provenance["nodes"] = std::to_string(team_.nodes());
    if (!start_run_.empty()) record.provenance["initial_weights_run"] = start_run_;
    if (!teacher_run_.empty()) record.provenance["teacher_run"] = teacher_run_;
    record.provenance["data_digest"] = sources.digest;
    record.provenance["data_train_digest"] = sources.train->images().digest;
    record.provenance["data_test_digest"] = sources.test->images().digest;
    return record;
  }

  void analyse(const graph::Graph& graph, training::Learner& learner, const datasets::SampleSource& train,
               const datasets::SampleSource& test, parallel::Workers& workers, records::RunRecord& record) const {
    const auto build = [&](const recipes::Options& options) {
      recipes::Recipe recipe = recipe_;
      recipe.model_options = options;
      return catalog::build_model(recipe, test.shape(), test.classes());
    };
    for (const std::string& name : recipe_.analyses) {
      analyses::AnalysisInputs inputs{recipe_, graph, learner, train, test, static_cast<std::uint64_t>(seed_), workers, build, {}};
      if (options_.progress && team_.is_root()) inputs.progress = [&](double fraction) { show_share("analysis: " + name, fraction); };
      const records::RunRecord before = record;
      try {
        analyses::find_analysis(name)(inputs, record);
      } catch (const InputError& error) {  // the same on all ranks; others end the run, since some may be of one rank alone
        record = before;
        leave_out(record, fmt::format("analysis {}: {}", name, error.what()));
      }
    }
  }

  static void keep_weights(const graph::Parameters& parameters, records::RunRecord& record) {
    for (const graph::Parameter& parameter : parameters.list()) {
      const float* values = parameters.of(parameter);
      record.weights[stored_name(parameter.name)] = {parameter.spec.shape, {values, values + parameter.count}};
    }
  }

  const recipes::Recipe& recipe_;
  std::int64_t seed_;
  const RunOptions& options_;
  ranks::Team& team_;
  double started_;
  std::string start_utc_ = utc_text();  ///< of the first of the processes that ran it
  std::filesystem::path folder_;
  std::string start_run_;        ///< whose weights it starts from
  std::string teacher_run_;      ///< whose net teaches it
  RunStream* stream_ = nullptr;  ///< from the first step on
};

}  // namespace

void request_stop() {
  stop_requested.store(true, std::memory_order_relaxed);
}

std::string run_id(const recipes::Recipe& recipe, std::int64_t seed, const std::string& data_digest) {
  return records::sha256_hex(
             fmt::format("{}\nseed {}\ndata {}\nanswer version {}\n", catalog::settings_text(recipe), seed, data_digest, kAnswerVersion))
      .substr(0, 16);
}

RunSummary run_trial(const recipes::Recipe& recipe, std::int64_t seed, const RunOptions& options) {
  return Run(recipe, seed, options).execute();
}

}  // namespace reprise::runs
