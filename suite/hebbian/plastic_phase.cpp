#include "suite/hebbian/plastic_phase.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "suite/random/random.hpp"
#include "suite/training/batch_source.hpp"

namespace reprise::hebbian {

namespace {

constexpr std::int64_t kNormRows = 40;  // of the table of norms, about

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

PlasticLengths plastic_lengths(const recipes::HebbianRecipe& recipe, std::int64_t plastic_layers, std::int64_t train_images) {
  PlasticLengths lengths;
  lengths.steps_per_epoch = (train_images + recipe.batch - 1) / recipe.batch;
  lengths.steps_per_turn = std::llround(recipe.epochs * static_cast<double>(lengths.steps_per_epoch));
  lengths.turns = recipe.order == "layer_by_layer" ? plastic_layers : 1;
  return lengths;
}

PlasticPhase::PlasticPhase(const training::RunContext& run, std::shared_ptr<PlasticNet> net)
    : run_(run), net_(std::move(net)), lengths_(plastic_lengths(run.recipe.hebbian, net_->layers(), run.samples.train.count())) {}

std::pair<int, int> PlasticPhase::learning_layers(std::int64_t step) const {
  if (lengths_.turns == 1) return {0, net_->layers() - 1};
  const int layer = static_cast<int>(step / lengths_.steps_per_turn);
  return {layer, layer};
}

std::string PlasticPhase::name(std::int64_t step) const {
  if (lengths_.turns == 1 || steps() == 0) return "Hebbian learning";
  return "Hebbian learning of " + layer_name(learning_layers(step).first);
}

training::StepOutcome PlasticPhase::step(const training::StepPosition& position, execution::Signals mine) {
  const std::int64_t step = position.phase_step, in_turn = step % lengths_.steps_per_turn;
  if (step == 0) add_norms(0);
  const std::int64_t epoch =
      position.first_epoch + step / lengths_.steps_per_turn * lengths_.epochs_per_turn() + in_turn / lengths_.steps_per_epoch;
  if (order_epoch_ != epoch) {
    order_ = random::permutation(run_.seed, random::Purpose::shuffle, static_cast<std::uint64_t>(epoch), run_.samples.train.count());
    order_epoch_ = epoch;
  }
  const std::int64_t batch = run_.recipe.hebbian.batch, first = in_turn % lengths_.steps_per_epoch * batch,
                     images = std::min(batch, run_.samples.train.count() - first);
  const training::SourceReader reader(run_.samples.train, {.order = &order_, .first = first});
  const auto [first_layer, last_layer] = learning_layers(step);
  const double changed = net_->learn({&reader, images, run_.seed, static_cast<std::uint64_t>(position.run_step)}, first_layer, last_layer,
                                     static_cast<double>(in_turn) / static_cast<double>(lengths_.steps_per_turn));
  const std::int64_t done = step + 1;
  if (done % std::max<std::int64_t>(1, steps() / kNormRows) == 0 || done == steps()) add_norms(done);
  return {.loss = changed,
          .errors = 0,
          .samples = images,
          .operations = net_->learning_flops(first_layer, last_layer) * static_cast<double>(images),
          .signals = training::agree_on_signals(run_.team, mine)};
}

/// Operations of the steps before `step`: layers cost very different amounts, steps say little about time.
double PlasticPhase::work_before(std::int64_t step) const {
  double work = 0;
  for (std::int64_t turn = 0; turn < step; turn += lengths_.steps_per_turn) {
    const auto [first, last] = learning_layers(turn);
    work +=
        net_->learning_flops(first, last) * static_cast<double>(run_.recipe.hebbian.batch * std::min(lengths_.steps_per_turn, step - turn));
  }
  return work;
}

training::Work PlasticPhase::work(std::int64_t step) const {
  return {.done = work_before(step),
          .total = work_before(steps()),
          .images = static_cast<double>(step * run_.recipe.hebbian.batch),
          .epoch = static_cast<double>(step) / static_cast<double>(lengths_.steps_per_epoch)};
}

/// A row of the table of norms: the mean of each layer.
void PlasticPhase::add_norms(std::int64_t step) {
  norms_["step"].push_back(static_cast<double>(step));
  for (int layer = 0; layer < net_->layers(); ++layer) norms_[layer_name(layer)].push_back(mean_of(net_->norms(layer)));
}

void PlasticPhase::save_to(records::Checkpoint& checkpoint, bool) const {
  for (const auto& [name, values] : norms_) checkpoint.doubles["norms/" + name] = values;
}

void PlasticPhase::restore_from(const records::Checkpoint& checkpoint, bool) {
  norms_.clear();
  for (const auto& [name, values] : checkpoint.doubles)
    if (name.starts_with("norms/")) norms_[name.substr(6)] = values;
}

void PlasticPhase::write_to(records::RunRecord& record) const {
  if (!norms_.empty())
    record.tables["kernel_norms"] = {.title = "Mean norm of each plastic layer's filters", .x = "step", .columns = norms_};
  for (int layer = 0; layer < net_->layers(); ++layer) {
    const std::vector<double> values = net_->norms(layer);
    const auto at_rest =
        static_cast<double>(std::count_if(values.begin(), values.end(), [](double norm) { return std::abs(norm - 1) < 0.01; }));
    const std::string& name = layer_name(layer);
    record.results["mean_norm_" + name] = records::result_of("mean_norm", mean_of(values));
    record.results["share_at_norm_1_" + name] = records::result_of("share_at_norm_1", at_rest / static_cast<double>(values.size()));
  }
}

}  // namespace reprise::hebbian
