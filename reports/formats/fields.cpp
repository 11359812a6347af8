#include "reports/formats/fields.hpp"

#include <cmath>

#include "reports/statistics/sequential.hpp"

namespace reprise::reports {
namespace {

Value number(double value) {
  return std::isfinite(value) ? Value(value) : Value();
}

Value whole(int value) {
  return Value(static_cast<double>(value));
}

template <typename Number>
Value if_any(const std::optional<Number>& value) {
  return value ? number(static_cast<double>(*value)) : Value();
}

std::string key_of(const std::string& name) {
  std::string key = name;
  for (char& c : key)
    if (c == ' ') c = '_';
  return key;
}

void add_published(const Row& row, Fields& fields) {
  if (!row.published) {
    fields.push_back({"published", Value()});
    return;
  }
  const catalog::PublishedNumber& published = row.published->number;
  fields.push_back({"published", published.value});
  fields.push_back({"published_spread", if_any(published.spread)});
  fields.push_back({"published_runs", if_any(published.runs)});
  fields.push_back({"published_verified", row.published->verified});
  fields.push_back({"published_dataset", published.dataset});
  fields.push_back({"published_model", published.model});
  fields.push_back({"published_variant", published.variant});
  fields.push_back({"source", published.source});
}

void add_interval(const std::string& name, double value, double half_width, Fields& fields) {
  fields.push_back({name + "_low", number(value - half_width)});
  fields.push_back({name + "_high", number(value + half_width)});
}

void add_estimate(const Comparison& comparison, Fields& fields) {
  const MeanEstimate& estimate = comparison.estimate;
  fields.push_back({"effect", number(estimate.value)});
  fields.push_back({"standard_error", number(estimate.error)});
  fields.push_back({"degrees_of_freedom", number(estimate.df)});
  add_interval("interval95", estimate.value, estimate.half_width(), fields);
  add_interval("interval_of_level", estimate.value, estimate.half_width(comparison.level), fields);
  const double wide = comparison.new_images_half_width;
  add_interval("new_images95", estimate.value, wide > 0 ? wide : INFINITY, fields);
  fields.push_back({"level", comparison.level});
  fields.push_back({"look", whole(last_look(comparison.seeds()))});
  fields.push_back({"p", number(comparison.p)});
  fields.push_back({"obstacle", comparison.obstacle});
}

void add_side(const std::string& name, const Side& side, Fields& fields) {
  const Summary summary = summarize(side.values);
  fields.push_back({name, side.trial});
  fields.push_back({name + "_seeds", side.seeds});
  fields.push_back({name + "_mean", number(summary.mean)});
  fields.push_back({name + "_sd", number(summary.sd)});
  fields.push_back({name + "_variance", number(side.spread.variance)});
  fields.push_back({name + "_degrees_of_freedom", number(side.spread.df)});
}

}  // namespace

Fields fields_of(const Row& row) {
  Fields fields{{"id", row.id},         {"trial", row.trial}, {"variation", row.variation}, {"dataset", row.dataset}, {"scale", row.scale},
                {"metric", row.metric}, {"unit", row.unit}};
  add_published(row, fields);
  fields.push_back({"mean", number(row.reproduced.mean)});
  fields.push_back({"sd", number(row.reproduced.sd)});
  fields.push_back({"n", whole(row.reproduced.n)});
  fields.push_back({"failed", whole(row.failed)});
  fields.push_back({"diverged", whole(static_cast<int>(row.diverged.size()))});
  fields.push_back({"seeds", row.seeds});
  add_interval("mean95", row.mean.value, row.mean.half_width(), fields);
  fields.push_back({"variance", number(row.spread.variance)});
  fields.push_back({"variance_degrees_of_freedom", number(row.spread.df)});
  fields.push_back({"lower_bound", row.is_floor});
  fields.push_back({"substitute", row.substitute});
  fields.push_back({"status", key_of(row.word())});
  fields.push_back({"why_not_compared", row.why_not});
  fields.push_back({"verdict", row.verdict()});
  if (row.comparison) {
    add_estimate(*row.comparison, fields);
    fields.push_back({"margin", row.margin});
    fields.push_back({"margin_of_rule", !row.margin_of_paper});
    fields.push_back({"q", number(row.q)});
  }
  return fields;
}

Fields fields_of(const ClaimResult& claim) {
  const bool tested = claim.is_decided() || claim.status == Status::undecided;
  return {{"id", claim.claim.id},
          {"statement", claim.claim.statement},
          {"definition", claim.claim.text()},
          {"since", claim.claim.since},
          {"kind", claim.claim.kind},
          {"metric", claim.claim.metric},
          {"margin", claim.claim.margin},
          {"scale", claim.scale},
          {"dataset", claim.dataset},
          {"variation", claim.variation},
          {"substitute", claim.substitute},
          {"status", key_of(name_of(claim.status))},
          {"verdict", claim.verdict()},
          {"seeds", whole(claim.seeds)},
          {"look", whole(claim.look)},
          {"level", number(level_at(claim.seeds))},
          {"p", tested ? number(claim.p) : Value()},
          {"q", tested ? number(claim.q) : Value()},
          {"forecast_seeds", if_any(claim.forecast)},
          {"published_effect", claim.size ? number(claim.size->published) : Value()},
          {"prediction95_low", claim.size ? number(claim.size->low) : Value()},
          {"prediction95_high", claim.size ? number(claim.size->high) : Value()},
          {"size_as_published", claim.size ? Value(claim.size->inside()) : Value()}};
}

Fields fields_of(const PaperLine& line) {
  Fields fields{{"slug", line.paper.slug},
                {"title", line.paper.title},
                {"headline", line.paper.headline},
                {"published", line.published ? number(line.published->number.value) : Value()},
                {"trial", line.row ? Value(line.row->trial) : Value()},
                {"dataset", line.row ? Value(line.row->dataset) : Value()},
                {"scale", line.row ? Value(line.row->scale) : Value()},
                {"mean", line.row ? number(line.row->reproduced.mean) : Value()},
                {"sd", line.row ? number(line.row->reproduced.sd) : Value()},
                {"n", whole(line.row ? line.row->reproduced.n : 0)},
                {"runs", whole(line.runs)}};
  const char* const standings[] = {"claims_same_direction", "claims_opposite_direction", "claims_undecided", "claims_not_run"};
  for (std::size_t i = 0; i < line.claims.size(); ++i) fields.push_back({standings[i], whole(line.claims[i])});
  return fields;
}

Fields fields_of(const Comparison& comparison) {
  Fields fields;
  add_side("left", comparison.left, fields);
  if (!comparison.right.trial.empty()) add_side("right", comparison.right, fields);
  fields.push_back({"unit", comparison.unit});
  fields.push_back({"claimed_low", number(comparison.region.low)});
  fields.push_back({"claimed_high", number(comparison.region.high)});
  add_estimate(comparison, fields);
  fields.push_back({"decision", std::string(comparison.decision == Decision::inside    ? "inside"
                                            : comparison.decision == Decision::outside ? "outside"
                                                                                       : "undecided")});
  return fields;
}

}  // namespace reprise::reports
