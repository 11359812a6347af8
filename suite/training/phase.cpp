#include "suite/training/phase.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "suite/errors.hpp"

namespace reprise::training {

namespace {

InputError foreign(const std::string& what, const std::string& expected, const std::string& found) {
  return InputError(Complaint{"checkpoint: " + what, expected, found, "It is of another recipe; run again with --force"});
}

}  // namespace

const std::vector<std::int64_t>& Phase::row_steps() const {
  static const std::vector<std::int64_t> none;
  return none;
}

std::optional<Evaluation> Phase::evaluate(const std::function<bool()>&) {
  return Evaluation{};
}

void Phase::add_to_row(const Evaluation&, const std::function<void(const std::string&, double)>&) const {}

execution::Signals agree_on_signals(ranks::Team& team, execution::Signals mine) {
  if (!team.any(mine.stop || mine.save, "end of a step")) return {};
  return {.stop = team.any(mine.stop, "agreement to stop"), .save = true};
}

std::vector<std::int64_t> evenly_spread_rows(std::int64_t steps, std::int64_t steps_per_epoch, int evaluations) {
  const std::int64_t epochs = (steps + steps_per_epoch - 1) / steps_per_epoch,
                     rows = std::min<std::int64_t>(std::max(1, evaluations), epochs);
  std::vector<std::int64_t> at;
  for (std::int64_t i = 1; i <= rows; ++i) {
    const std::int64_t row = std::min(steps, epochs * i / rows * steps_per_epoch);
    if (at.empty() || at.back() < row) at.push_back(row);
  }
  at.back() = steps;
  return at;
}

std::int64_t number_of(const records::Checkpoint& checkpoint, const std::string& name) {
  const auto found = checkpoint.numbers.find(name);
  if (found == checkpoint.numbers.end()) throw foreign(name, "a number", "none");
  return found->second;
}

void floats_of(const records::Checkpoint& checkpoint, const std::string& name, float* to, std::int64_t count) {
  const auto found = checkpoint.tensors.find(name);
  if (found == checkpoint.tensors.end()) throw foreign(name, fmt::format("{} numbers", count), "none");
  const std::vector<float>& values = found->second.values;
  if (static_cast<std::int64_t>(values.size()) != count)
    throw foreign(name, fmt::format("{} numbers", count), fmt::format("{}", values.size()));
  std::copy(values.begin(), values.end(), to);
}

void require_equal(const std::string& what, std::int64_t expected, std::int64_t found) {
  if (expected != found) throw foreign(what, std::to_string(expected), std::to_string(found));
}

}  // namespace reprise::training
