#include "suite/records/divergence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <sstream>

namespace reprise::records {

namespace {

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

std::string at(const std::vector<std::string>& values, std::size_t row) {
  return row < values.size() ? values[row] : "";
}

/// The first name whose digest differs in two texts of digests between spaces.
std::string first_layer(const std::vector<std::string>& names, const std::string& a, const std::string& b) {
  std::istringstream left(a), right(b);
  std::string x, y;
  for (const std::string& name : names)
    if (!(left >> x) || !(right >> y) || x != y) return name;
  return "";
}

/// What of a row differs, "" if nothing.
std::string difference_in_row(const RunRecord& then, const RunRecord& again, std::size_t row) {
  if (at(then.weight_digests, row) != at(again.weight_digests, row)) return "weights";
  if (!then.trace.empty() && at(then.trace.optimizer, row) != at(again.trace.optimizer, row)) return "optimizer state";
  for (const auto& [name, series] : then.metrics) {
    const auto found = again.metrics.find(name);
    if (found == again.metrics.end() || !same_bits(series.values[row], found->second.values[row])) return "metric " + name;
  }
  return "";
}

void compare_losses(const Trace& then, const Trace& again, Divergence& divergence) {
  std::int64_t good = 0;
  for (std::size_t i = 0; i < std::min(then.steps.size(), again.steps.size()) && then.steps[i] == again.steps[i]; ++i) {
    divergence.steps = then.steps[i];
    if (then.loss_digests[i] == again.loss_digests[i]) {
      good = then.steps[i];
      continue;
    }
    divergence.after_step = good;
    divergence.by_step = then.steps[i];
    return;
  }
}

}  // namespace

Divergence find_divergence(const RunRecord& then, const RunRecord& again, double from_epoch) {
  Divergence divergence;
  compare_losses(then.trace, again.trace, divergence);
  for (std::size_t row = 0; row < std::min(then.epochs.size(), again.epochs.size()); ++row) {
    if (then.epochs[row] < from_epoch) continue;
    ++divergence.rows;
    divergence.what = same_bits(then.epochs[row], again.epochs[row]) ? difference_in_row(then, again, row) : "epochs of the history";
    if (divergence.what.empty()) continue;
    divergence.epoch = then.epochs[row];
    divergence.layer = first_layer(then.trace.layer_names, at(then.trace.layers, row), at(again.trace.layers, row));
    break;
  }
  if (divergence.what.empty() && divergence.by_step >= 0) divergence.what = "losses";
  divergence.differs = !divergence.what.empty();
  return divergence;
}

std::string divergence_text(const Divergence& divergence) {
  if (!divergence.differs)
    return fmt::format("identical: {} rows of the history (weights, optimizer state, metrics)", divergence.rows) +
           (divergence.steps > 0 ? fmt::format(" and the losses of steps 1 to {}", divergence.steps) : "");
  std::string text = fmt::format("differs: {}", divergence.what);
  if (divergence.epoch >= 0) text += fmt::format(", first after epoch {:g}", divergence.epoch);
  if (!divergence.layer.empty()) text += fmt::format(", first layer {}", divergence.layer);
  if (divergence.by_step >= 0)
    text += divergence.by_step == divergence.after_step + 1
                ? fmt::format("; losses first differ at step {}", divergence.by_step)
                : fmt::format("; losses first differ between steps {} and {}", divergence.after_step + 1, divergence.by_step);
  return text;
}

}  // namespace reprise::records
