#include "suite/optimizers/optimizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"

namespace reprise::optimizers {

Optimizer::Optimizer(const OptimizerRecipe& recipe, const graph::Parameters& parameters, ranks::Team& team) : recipe_(recipe) {
  if (recipe.kind != "sgd" && recipe.kind != "adam" && recipe.kind != "adamw")
    throw InputError(Complaint{"optimizer.kind", "sgd, adam or adamw", "'" + recipe.kind + "'", "Use one of the known names"});
  adam_ = recipe.kind != "sgd";
  for (int i = 0; i < (adam_ ? 2 : 1); ++i) state_.push_back(team.memory(static_cast<std::size_t>(parameters.size()) * sizeof(float)));
  slow_ = state_.size();
  if (recipe.lookahead_steps > 0) {
    state_.push_back(team.memory(static_cast<std::size_t>(parameters.size()) * sizeof(float)));
    if (team.leads_node()) std::copy_n(parameters.values(), parameters.size(), state_.back().floats());
    team.synchronise("slow copy of the weights");
  }
  average_ = state_.size();
  if (recipe.averaging_decay > 0) state_.push_back(team.memory(static_cast<std::size_t>(parameters.size()) * sizeof(float)));
  if (recipe.pruning.sparsity > 0) {
    pruning_.emplace(recipe.pruning, parameters);
    state_.push_back(team.memory(static_cast<std::size_t>(parameters.size()) * sizeof(float)));
    mask_ = state_.size() - 1;
    if (team.leads_node()) std::fill_n(state_.back().floats(), parameters.size(), 1.0f);
    team.synchronise("weights that are pruned");
  }
  settings_ = parameter_settings(recipe, parameters);
  if (recipe.muon.is_on()) {
    muon_.emplace(recipe.muon, parameters, team);
    refuse_beside_muon(parameters);
  }
}

void Optimizer::refuse_beside_muon(const graph::Parameters& parameters) const {
  const auto refuse = [](const std::string& key, const std::string& expected, const std::string& found) {
    throw InputError(Complaint{key, expected + " beside optimizer.muon", found, "Correct it, or leave optimizer.muon.match out"});
  };
  if (adam_) refuse("optimizer.kind", "sgd", "'" + recipe_.kind + "'");
  if (recipe_.max_norm > 0) refuse("optimizer.max_norm", "0: Muon sets the norm of a weight", fmt::format("{}", recipe_.max_norm));
  for (std::int64_t m = 0; m < muon_->matrices(); ++m) {
    const int index = muon_->parameter_of(m);
    const std::string& name = parameters.at(index).name;
    const ParameterSetting& setting = settings_[static_cast<std::size_t>(index)];
    if (pruning_ && pruning_->prunes(index)) refuse("optimizer.pruning.match", "other parameters than Muon's", "'" + name + "'");
    if (setting.max_rms > 0) refuse("optimizer.rule", "no max_rms for '" + name + "'", fmt::format("{}", setting.max_rms));
    if (setting.rate_until > 0) refuse("optimizer.rule", "no rate_until for '" + name + "'", fmt::format("{}", setting.rate_until));
  }
}

StepTerms Optimizer::terms(std::int64_t step, std::int64_t total_steps) const {
  StepTerms terms;
  terms.rate = static_cast<float>(recipe_.learning_rate.at(step, total_steps));
  terms.first_rate = static_cast<float>(recipe_.learning_rate.at(0, total_steps));
  if (muon_) {
    terms.muon_rate = static_cast<float>(recipe_.muon.learning_rate.at(step, total_steps));
    terms.muon_momentum = static_cast<float>(recipe_.muon.momentum);
  }
  terms.momentum = static_cast<float>(recipe_.momentum.at(step, total_steps));
  terms.nesterov = recipe_.nesterov;
  terms.weight_decay = static_cast<float>(recipe_.weight_decay);
  terms.l1 = static_cast<float>(recipe_.l1);
  terms.beta1 = static_cast<float>(recipe_.beta1);
  terms.beta2 = static_cast<float>(recipe_.beta2);
  terms.epsilon = static_cast<float>(recipe_.epsilon);
  terms.correction1 = static_cast<float>(1.0 - std::pow(recipe_.beta1, static_cast<double>(step + 1)));
  terms.correction2 = static_cast<float>(1.0 - std::pow(recipe_.beta2, static_cast<double>(step + 1)));
  terms.decoupled = recipe_.kind == "adamw";
  const double share = static_cast<double>(step + 1) / static_cast<double>(std::max<std::int64_t>(1, total_steps));
  if (recipe_.lookahead_steps > 0 && (step + 1) % recipe_.lookahead_steps == 0)
    terms.lookahead =
        static_cast<float>(std::pow(recipe_.lookahead_decay, static_cast<double>(recipe_.lookahead_steps)) * share * share * share);
  else if (recipe_.lookahead_steps > 0 && step + 1 == total_steps)
    terms.lookahead = 1;
  if (recipe_.averaging_decay > 0) {
    terms.average = static_cast<float>(std::max(1 - recipe_.averaging_decay, 1 / static_cast<double>(step + 1)));
    terms.adopts_average = step + 1 == total_steps;
  }
  terms.step = step;
  terms.total_steps = total_steps;
  terms.freezes = std::any_of(settings_.begin(), settings_.end(),
                              [&](const ParameterSetting& setting) { return setting.is_frozen(step, total_steps); });
  return terms;
}

void Optimizer::update_rows(graph::Parameters& parameters, int index, std::int64_t first_row, std::int64_t rows, const float* gradient,
                            const StepTerms& step_terms) {
  const graph::Parameter& parameter = parameters.at(index);
  const auto& kernel = kernels::vector_kernels();
  kernels::UpdateTerms terms = step_terms;
  const ParameterSetting& setting = settings_[static_cast<std::size_t>(index)];
  terms.rate = static_cast<float>(setting.scheduled_rate(step_terms.first_rate, terms.rate, step_terms.step, step_terms.total_steps));
  terms.rate *= static_cast<float>(setting.rate_at(step_terms.step));
  terms.weight_decay *= static_cast<float>(setting.decay);
  terms.l1 *= static_cast<float>(setting.l1);
  const std::int64_t at = parameter.offset + first_row * parameter.columns(), count = rows * parameter.columns();
  if (muon_ && muon_->moves(index)) {
    if (!setting.is_frozen(step_terms.step, step_terms.total_steps))
      muon_->accumulate(index, at - parameter.offset, count, gradient, state_[0].floats() + at, step_terms.muon_momentum);
    return;
  }
  float* weight = parameters.values() + at;
  if (!(terms.freezes && setting.is_frozen(step_terms.step, step_terms.total_steps))) {
    if (adam_)
      kernel.adam(weight, gradient, state_[0].floats() + at, state_[1].floats() + at, count, terms);
    else
      kernel.sgd(weight, gradient, state_[0].floats() + at, count, terms);
    if (parameter.spec.lower > -1e30 || parameter.spec.upper < 1e30)
      kernel.clamp(weight, count, static_cast<float>(parameter.spec.lower), static_cast<float>(parameter.spec.upper));
    if (recipe_.max_norm > 0 && parameter.spec.has_norm_bound)
      kernel.max_norm(weight, rows, parameter.columns(), static_cast<float>(recipe_.max_norm));
    if (setting.max_rms > 0) {
      const double bound = setting.max_rms * std::sqrt(static_cast<double>(parameter.columns()));
      kernel.max_norm(weight, rows, parameter.columns(), static_cast<float>(bound));
    }
  }
  after_update(weight, at, count, step_terms);
  if (pruning_ && pruning_->prunes(index)) {
    const float* mask = state_[mask_].floats() + at;
    for (std::int64_t i = 0; i < count; ++i) weight[i] = mask[i] == 0 ? 0.0f : weight[i];
  }
}

void Optimizer::update_matrix(graph::Parameters& parameters, std::int64_t matrix, const StepTerms& terms) {
  const int index = muon_->parameter_of(matrix);
  const graph::Parameter& parameter = parameters.at(index);
  const ParameterSetting& setting = settings_[static_cast<std::size_t>(index)];
  if (!setting.is_frozen(terms.step, terms.total_steps))
    muon_->move(matrix, parameters.of(parameter), terms.muon_rate * static_cast<float>(setting.rate_at(terms.step)));
  after_update(parameters.of(parameter), parameter.offset, parameter.count, terms);
}

void Optimizer::after_update(float* values, std::int64_t at, std::int64_t count, const StepTerms& terms) {
  if (const float weight = terms.lookahead; weight >= 0) {
    float* slow = state_[slow_].floats() + at;
    for (std::int64_t i = 0; i < count; ++i) slow[i] = values[i] = weight * slow[i] + (1 - weight) * values[i];
  }
  if (terms.average < 0) return;
  float* mean = state_[average_].floats() + at;
  for (std::int64_t i = 0; i < count; ++i) mean[i] += terms.average * (values[i] - mean[i]);
  if (terms.adopts_average) std::copy_n(mean, count, values);
}

void Optimizer::finish_step(graph::Parameters& parameters, const StepTerms& terms) {
  if (reads_all_weights(terms)) pruning_->prune(pruning_->share_at(terms.step, terms.total_steps), parameters, state_[mask_].floats());
  if (terms.lookahead < 0 && terms.average < 0) return;
  for (const graph::Parameter& parameter : parameters.list())
    if (!parameter.spec.trains) after_update(parameters.of(parameter), parameter.offset, parameter.count, terms);
}

}  // namespace reprise::optimizers
