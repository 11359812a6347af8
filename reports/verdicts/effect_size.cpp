#include "reports/verdicts/effect_size.hpp"

#include <algorithm>
#include <cmath>

#include "reports/runs/run_groups.hpp"
#include "suite/catalog/sides.hpp"

namespace reprise::reports {
namespace {

bool is_in(const std::string& id, const std::vector<std::string>& ids) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// In terms of the claim's metric: an accuracy is a hundred less the error.
std::optional<double> value_as(const catalog::PublishedNumber& number, const std::string& metric) {
  if (number.metric == metric) return number.value;
  const bool shares = (is_error_of_predictions(metric) && is_accuracy_of_predictions(number.metric)) ||
                      (is_accuracy_of_predictions(metric) && is_error_of_predictions(number.metric));
  if (shares) return 100 - number.value;
  if (is_error_of_predictions(metric) && is_error_of_predictions(number.metric)) return number.value;
  return std::nullopt;
}

struct End {
  double value = 0;
  double runs = 1;
};

/// Ids of the published numbers that a side of a claim stands for.
std::vector<std::string> ids_of(const catalog::Paper& paper, const std::string& side_text) {
  const catalog::Side side = catalog::Side::parse(side_text);
  if (const catalog::Ensemble* ensemble = paper.find_ensemble(side.name)) return ensemble->reproduces;
  const catalog::Trial* trial = paper.find_trial(side.name);
  std::vector<std::string> ids;
  if (!trial || trial->recipes.empty()) return ids;
  for (const std::string& id : trial->recipes.back().reproduces)
    if (const auto* number = paper.find_published(id); number != nullptr && number->evaluation == side.evaluation) ids.push_back(id);
  return ids;
}

/// The number among the claim's that a side stands for; nothing if there is none or more than one.
std::optional<End> published_end(const catalog::Paper& paper, const catalog::Claim& claim, const std::string& side) {
  std::optional<End> end;
  for (const std::string& id : ids_of(paper, side)) {
    const catalog::PublishedNumber* number = is_in(id, claim.published) ? paper.find_published(id) : nullptr;
    const auto value = number && number->status == "verified" ? value_as(*number, claim.metric) : std::nullopt;
    if (!value) continue;
    if (end) return std::nullopt;
    end = End{*value, static_cast<double>(std::max(1, number->runs.value_or(1)))};
  }
  return end;
}

}  // namespace

std::optional<EffectSize> effect_size(const catalog::Paper& paper, const catalog::Claim& claim,
                                      const std::vector<Comparison>& comparisons) {
  if (comparisons.size() != 1 || comparisons.front().right.trial.empty() || !comparisons.front().obstacle.empty()) return std::nullopt;
  const Comparison& ours = comparisons.front();
  const auto left = published_end(paper, claim, ours.left.trial), right = published_end(paper, claim, ours.right.trial);
  if (!left || !right || !std::isfinite(ours.estimate.error)) return std::nullopt;
  const double sign = claim.kind == "within" || higher_is_better(claim.metric) ? 1 : -1;
  const double theirs = ours.left.spread.variance / left->runs + ours.right.spread.variance / right->runs;
  const MeanEstimate next{ours.estimate.value, std::sqrt(ours.estimate.error * ours.estimate.error + theirs), ours.estimate.df};
  return EffectSize{sign * (left->value - right->value), next.value - next.half_width(), next.value + next.half_width()};
}

}  // namespace reprise::reports
