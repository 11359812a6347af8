#include "suite/training/step_losses.hpp"

#include <algorithm>
#include <cmath>

namespace reprise::training {

namespace {

constexpr std::int64_t kMaxPoints = 1000;

}  // namespace

void StepLosses::add(std::int64_t step, std::int64_t total_steps, double loss) {
  if (!std::isnan(loss)) sum_ += loss, ++count_;
  const std::int64_t interval = std::max<std::int64_t>(1, (total_steps + kMaxPoints - 1) / kMaxPoints);
  if (step % interval != 0 && step != total_steps) return;
  if (count_ > 0) points_.steps.push_back(step), points_.values.push_back(sum_ / count_);
  sum_ = count_ = 0;
}

void StepLosses::save_to(records::Checkpoint& checkpoint) const {
  checkpoint.integers["step_losses/steps"] = points_.steps;
  checkpoint.doubles["step_losses/values"] = points_.values;
  checkpoint.doubles["step_losses/since"] = {sum_, count_};
}

void StepLosses::restore_from(const records::Checkpoint& checkpoint) {
  const auto steps = checkpoint.integers.find("step_losses/steps");
  const auto values = checkpoint.doubles.find("step_losses/values"), since = checkpoint.doubles.find("step_losses/since");
  if (steps == checkpoint.integers.end() || values == checkpoint.doubles.end() || since == checkpoint.doubles.end()) return;
  if (steps->second.size() != values->second.size() || since->second.size() != 2) return;
  points_ = {steps->second, values->second};
  sum_ = since->second[0], count_ = since->second[1];
}

}  // namespace reprise::training
