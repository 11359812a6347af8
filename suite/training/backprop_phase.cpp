#include "suite/training/backprop_phase.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"
#include "suite/random/random.hpp"
#include "suite/training/mixed_batch.hpp"
#include "suite/training/teacher.hpp"
#include "suite/training/viewed_batch.hpp"

namespace reprise::training {

namespace {

/// Values of one parameter vector into the other, by name. Collective.
void copy_named(ranks::Team& team, const graph::Parameters& from, graph::Parameters& to) {
  team.synchronise("weights of a part");
  for (const graph::Parameter& target : to.list())
    for (const graph::Parameter& source : from.list())
      if (team.leads_node() && source.name == target.name) std::copy_n(from.of(source), source.count, to.of(target));
  team.synchronise("weights of a part");
}

std::string state_name(std::size_t slot, const graph::Parameter& parameter) {
  return fmt::format("optimizer/{}/{}", slot, parameter.name);
}

}  // namespace

execution::ExecutorOptions executor_options(const recipes::Recipe& recipe) {
  if (recipe.batch < 1 || recipe.shard < 1)
    throw InputError(Complaint{"batch and shard", "at least 1 each", fmt::format("batch = {}, shard = {}", recipe.batch, recipe.shard),
                               "Set both in the recipe"});
  return {.net = {.precision = recipe.precision, .batch = recipe.batch, .shard = std::min(recipe.shard, recipe.batch)},
          .label_smoothing = recipe.label_smoothing,
          .label_smoothing_until = recipe.label_smoothing_until};
}

BackpropPhase::BackpropPhase(const RunContext& run, std::shared_ptr<const graph::Graph> part, std::unique_ptr<const BatchSource> train,
                             std::unique_ptr<const BatchSource> test, const BackpropOptions& options)
    : run_(options.recipe
               ? RunContext{*options.recipe, run.graph, run.samples, run.seed, run.workers, run.team, run.parameters, run.teacher}
               : run),
      options_(options),
      part_(std::move(part)),
      train_(std::move(train)),
      test_(std::move(test)) {
  if (part_) {
    own_parameters_.emplace(*part_, run_.team);
    copy_named(run_.team, run_.parameters, *own_parameters_);
  }
  optimizers::OptimizerRecipe optimizer = run_.recipe.optimizer;
  if (part_) optimizer.rules = optimizers::rules_of_part(optimizer.rules, run_.parameters, *own_parameters_);
  optimizer_ = std::make_unique<optimizers::Optimizer>(optimizer, parameters(), run_.team);
  execution::ExecutorOptions executor = executor_options(run_.recipe);
  mixing_ = make_mixing(run_.recipe.mixing, net());
  views_ = views_of(net(), run_.samples.train.has_policy(), mixing_ != nullptr, executor.net.shard);
  executor.net.batch *= views_;
  executor_ = std::make_unique<execution::Executor>(net(), executor, parameters(), run_.workers, run_.team);
  steps_per_epoch_ = recipes::steps_per_epoch(run_.recipe, train_->count());
  steps_ = recipes::total_steps(run_.recipe, train_->count());
  row_steps_ = evenly_spread_rows(steps_, steps_per_epoch_, run_.recipe.evaluations);
  check_teacher();
  sample_flops_ = net().training_flops() + (run_.teacher != nullptr ? run_.teacher->flops() : 0);
}

void BackpropPhase::check_teacher() const {
  const std::string thing = fmt::format("teacher of {}/{}", run_.recipe.paper, run_.recipe.trial);
  const bool expected = !run_.recipe.teacher.trial.empty();
  if (expected != (run_.teacher != nullptr))
    throw InputError(Complaint{thing, expected ? "the net of trial '" + run_.recipe.teacher.trial + "'" : "none", expected ? "none" : "one",
                               "Give the one that the recipe names"});
  if (!expected) return;
  if (const std::int64_t classes = net().node(net().output()).shape.size(); run_.teacher->classes() != classes)
    throw InputError(
        Complaint{thing, fmt::format("{} scores a sample", classes), fmt::format("{}", run_.teacher->classes()), "Correct teacher.trial"});
}

/// A rank's signals travel with the losses of its shards: where there are more ranks than shards in a batch, all are asked.
execution::Signals BackpropPhase::agree(execution::Signals mine, std::int64_t images) const {
  const std::int64_t shards = (images + run_.recipe.shard - 1) / run_.recipe.shard;
  if (run_.team.size() > shards) mine.stop = run_.team.any(mine.stop, "agreement to stop");
  return mine;
}

StepOutcome BackpropPhase::step(const StepPosition& position, execution::Signals mine) {
  const std::int64_t epoch = position.first_epoch + position.phase_step / steps_per_epoch_,
                     in_epoch = position.phase_step % steps_per_epoch_;
  if (order_epoch_ != epoch) {
    order_ = random::permutation(run_.seed, random::Purpose::shuffle, static_cast<std::uint64_t>(epoch), train_->count());
    order_epoch_ = epoch;
  }
  const datasets::FetchKey key{run_.seed, static_cast<std::uint64_t>(epoch)};
  const std::int64_t first = in_epoch * run_.recipe.batch, images = std::min(run_.recipe.batch, train_->count() - first);
  const BatchSource::Selection selection{.order = &order_, .first = first, .key = &key, .view = nullptr};
  std::unique_ptr<const execution::BatchReader> reader;
  if (views_ > 1)
    reader = std::make_unique<ViewedBatch>(*train_, selection, views_);
  else
    reader = train_->batch(selection);
  const std::int64_t next = first + images;
  train_->announce(std::span(order_).subspan(static_cast<std::size_t>(next),
                                             static_cast<std::size_t>(std::min(run_.recipe.batch, train_->count() - next))));
  std::optional<MixedBatch> mixed;
  const auto run_step = static_cast<std::uint64_t>(position.run_step);
  if (mixing_)
    mixed.emplace(*reader, mixing_->draw(run_.seed, run_step), net().node(0).shape, run_.seed, run_step, images,
                  std::min(run_.recipe.shard, run_.recipe.batch));
  execution::Batch batch{.reader = mixed ? &*mixed : reader.get(),
                         .count = images * views_,
                         .seed = run_.seed,
                         .step = run_step,
                         .signals = agree(mine, images * views_),
                         .schedule_step = position.phase_step,
                         .schedule_steps = steps_};
  if (run_.teacher != nullptr) batch.teacher_scores = run_.teacher->scores(batch).data();
  const optimizers::StepTerms terms = optimizer_->terms(position.phase_step, steps_);
  execution::BatchSums sums = executor_->train_step(batch, *optimizer_, terms);
  if (run_.recipe.gradient_norms) add_norms(std::binary_search(row_steps_.begin(), row_steps_.end(), position.phase_step));
  return {.loss = sums.loss,
          .errors = sums.errors,
          .samples = images,
          .operations = static_cast<double>(sample_flops_) * static_cast<double>(images),
          .signals = sums.signals,
          .rate = static_cast<double>(terms.rate),
          .heads = run_.graph.heads().size() > 1 ? std::move(sums.heads) : std::vector<double>{}};
}

Work BackpropPhase::work(std::int64_t step) const {
  return {.done = static_cast<double>(step),
          .total = static_cast<double>(steps_),
          .images = static_cast<double>(step * run_.recipe.batch),
          .epoch = static_cast<double>(step) / static_cast<double>(steps_per_epoch_)};
}

std::optional<Evaluation> BackpropPhase::evaluate(const std::function<bool()>& should_stop) {
  EvaluationOptions options;
  options.batch = run_.recipe.batch;
  options.outputs = net().node(net().output()).shape.size();
  options.predicts = has_labels();
  options.views = test_->views(options_.test_views);
  options.averages_probabilities = run_.recipe.view_average == "probabilities";
  options.top5 = run_.recipe.top5;
  options.seed = run_.seed;
  options.signals = [&](std::int64_t images) { return agree({.stop = should_stop && should_stop(), .save = false}, images); };
  return training::evaluate(*executor_, *test_, options);
}

void BackpropPhase::add_to_row(const Evaluation& evaluation, const std::function<void(const std::string&, double)>& add) const {
  if (options_.test_views > 0) add("plain_test_error", evaluation.plain_error_percent);
  if (options_.test_views == datasets::kTenCrops) add("view_gain", evaluation.plain_error_percent - evaluation.error_percent);
  if (run_.recipe.top5) add("top5_error", evaluation.top5_error_percent);
  if (!run_.recipe.gradient_norms) return;
  for (const auto& [name, norm] : mean_norms()) add("gradient_norm:" + name, norm);
}

/// The layers whose gradients lie in the executor's buffer: their weights' norms, root of the sum of squares.
std::vector<int> BackpropPhase::measured() const {
  std::vector<int> indices;
  for (std::size_t p = 0; p < parameters().list().size(); ++p) {
    const graph::Parameter& parameter = parameters().list()[p];
    const graph::Node& node = net().node(parameter.node);
    std::vector<SampleShape> shapes;
    for (const graph::NodeId input : node.inputs) shapes.push_back(net().node(input).shape);
    if (parameter.spec.trains && parameter.spec.name == "weight" && node.layer->output_partitions(shapes) == 0)
      indices.push_back(static_cast<int>(p));
  }
  return indices;
}

void BackpropPhase::add_norms(bool begins_row) {
  const std::vector<int> indices = measured();
  if (begins_row || norm_sums_.empty()) norm_sums_.assign(indices.size() + 1, 0.0);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const graph::Parameter& parameter = parameters().at(indices[i]);
    norm_sums_[i] += std::sqrt(kernels::vector_kernels().square_sum(executor_->gradients() + parameter.offset, parameter.count));
  }
  norm_sums_.back() += 1;
  run_.team.synchronise("norms of gradients");  // the next step overwrites what the node's ranks read here
}

std::vector<std::pair<std::string, double>> BackpropPhase::mean_norms() const {
  std::vector<std::pair<std::string, double>> norms;
  const std::vector<int> indices = measured();
  for (std::size_t i = 0; i < indices.size(); ++i)
    norms.emplace_back(net().node(parameters().at(indices[i]).node).name, norm_sums_[i] / norm_sums_.back());
  return norms;
}

void BackpropPhase::publish() {
  executor_->gather_weights(*optimizer_);
  if (part_) copy_named(run_.team, *own_parameters_, run_.parameters);
}

void BackpropPhase::adopt() {
  if (part_) copy_named(run_.team, run_.parameters, *own_parameters_);
  executor_->load_weights();
}

std::vector<const Memory*> BackpropPhase::optimizer_state() const {
  std::vector<const Memory*> slots;
  for (const Memory& slot : optimizer_->state()) slots.push_back(&slot);
  return slots;
}

void BackpropPhase::save_to(records::Checkpoint& checkpoint, bool is_current) const {
  if (!is_current) return;
  if (run_.recipe.gradient_norms) checkpoint.doubles["sums of gradient norms"] = norm_sums_;
  for (const graph::Parameter& parameter : parameters().list()) {
    for (std::size_t k = 0; k < optimizer_->state().size(); ++k) {
      const float* slot = optimizer_->state()[k].floats() + parameter.offset;
      checkpoint.tensors[state_name(k, parameter)] = {parameter.spec.shape, {slot, slot + parameter.count}};
    }
  }
}

void BackpropPhase::restore_from(const records::Checkpoint& checkpoint, bool is_current) {
  if (!is_current) return;
  if (const auto sums = checkpoint.doubles.find("sums of gradient norms"); sums != checkpoint.doubles.end()) norm_sums_ = sums->second;
  if (!run_.team.leads_node()) return;  // the other ranks of the node see what it writes
  for (const graph::Parameter& parameter : parameters().list())
    for (std::size_t k = 0; k < optimizer_->state().size(); ++k)
      floats_of(checkpoint, state_name(k, parameter), optimizer_->state()[k].floats() + parameter.offset, parameter.count);
}

}  // namespace reprise::training
