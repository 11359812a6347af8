#include "suite/optimizers/magnitude_pruning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"
#include "suite/text/wildcard.hpp"

namespace reprise::optimizers {

namespace {

/// The smallest `count` of the group's weights become 0.
void prune_group(const std::vector<int>& group, std::int64_t count, graph::Parameters& parameters, float* mask) {
  if (count <= 0) return;
  std::vector<float> magnitudes;
  for (const int index : group) {
    const graph::Parameter& parameter = parameters.at(index);
    for (std::int64_t i = 0; i < parameter.count; ++i) magnitudes.push_back(std::fabs(parameters.of(parameter)[i]));
  }
  std::vector<float> sorted = magnitudes;
  const auto bound = sorted.begin() + (count - 1);
  std::nth_element(sorted.begin(), bound, sorted.end());
  std::int64_t at_bound = count - std::count_if(magnitudes.begin(), magnitudes.end(), [&](float m) { return m < *bound; });
  auto magnitude = magnitudes.begin();
  for (const int index : group) {
    const graph::Parameter& parameter = parameters.at(index);
    for (std::int64_t i = 0; i < parameter.count; ++i, ++magnitude) {
      const bool zero = *magnitude < *bound || (*magnitude == *bound && at_bound-- > 0);
      mask[parameter.offset + i] = zero ? 0.0f : 1.0f;
      if (zero) parameters.of(parameter)[i] = 0;
    }
  }
}

}  // namespace

MagnitudePruning::MagnitudePruning(const Pruning& recipe, const graph::Parameters& parameters)
    : recipe_(recipe), pruned_(parameters.list().size(), false) {
  if (recipe.until < recipe.from)
    throw InputError(Complaint{"optimizer.pruning.until", fmt::format("at least {}, which it begins at", recipe.from),
                               fmt::format("{}", recipe.until), "Correct from or until"});
  if (recipe.scope != "global" && recipe.scope != "layer")
    throw InputError(Complaint{"optimizer.pruning.scope", "global or layer", fmt::format("'{}'", recipe.scope), "Correct it"});
  for (const std::string& pattern : recipe.match) {
    bool any = false;
    for (std::size_t p = 0; p < pruned_.size(); ++p) {
      const graph::Parameter& parameter = parameters.list()[p];
      if (!parameter.spec.trains || !text::matches(pattern, parameter.name)) continue;
      any = pruned_[p] = true;
    }
    if (!any)
      throw InputError(Complaint{"optimizer.pruning.match", "patterns of trained parameters",
                                 fmt::format("'{}', which matches none", pattern), "Correct it; reprise show lists the layers"});
  }
  for (std::size_t p = 0; p < pruned_.size(); ++p) {
    if (!pruned_[p]) continue;
    if (groups_.empty() || recipe.scope == "layer") groups_.emplace_back();
    groups_.back().push_back(static_cast<int>(p));
  }
}

std::int64_t MagnitudePruning::first_step(std::int64_t total_steps) const {
  return std::min(total_steps - 1, static_cast<std::int64_t>(std::llround(recipe_.from * static_cast<double>(total_steps))));
}

std::int64_t MagnitudePruning::last_step(std::int64_t total_steps) const {
  return std::min(total_steps - 1, static_cast<std::int64_t>(std::llround(recipe_.until * static_cast<double>(total_steps))));
}

bool MagnitudePruning::is_due(std::int64_t step, std::int64_t total_steps) const {
  const std::int64_t first = first_step(total_steps), last = last_step(total_steps);
  return step >= first && step <= last && ((step - first) % recipe_.every == 0 || step == last);
}

double MagnitudePruning::share_at(std::int64_t step, std::int64_t total_steps) const {
  const std::int64_t first = first_step(total_steps), last = last_step(total_steps);
  if (step >= last) return recipe_.sparsity;
  const double left = 1 - static_cast<double>(step - first) / static_cast<double>(last - first);
  return recipe_.sparsity * (1 - left * left * left);
}

void MagnitudePruning::prune(double share, graph::Parameters& parameters, float* mask) const {
  for (const std::vector<int>& group : groups_) {
    std::int64_t weights = 0;
    for (const int index : group) weights += parameters.at(index).count;
    prune_group(group, static_cast<std::int64_t>(share * static_cast<double>(weights)), parameters, mask);
  }
}

}  // namespace reprise::optimizers
