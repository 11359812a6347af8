#include "suite/schedules/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "suite/errors.hpp"

namespace reprise::schedules {
namespace {

double fraction(std::int64_t step, std::int64_t total_steps) {
  if (total_steps <= 0) return 0;
  return std::clamp(static_cast<double>(step) / static_cast<double>(total_steps), 0.0, 1.0);
}

double decay_time(const Schedule& schedule) {
  if (schedule.decay_steps > 0) return schedule.decay_steps;
  throw InputError(Complaint{fmt::format("schedule '{}'", schedule.kind), "decay_steps > 0", fmt::format("{}", schedule.decay_steps),
                             "Set decay_steps in the recipe"});
}

double one_cycle(const Schedule& schedule, double progress) {
  if (progress < schedule.warmup) return schedule.start + (schedule.value - schedule.start) * progress / schedule.warmup;
  if (schedule.warmup >= 1) return schedule.value;
  return schedule.value + (schedule.final_value - schedule.value) * (progress - schedule.warmup) / (1 - schedule.warmup);
}

double piecewise(const Schedule& schedule, double progress) {
  if (schedule.values.size() != schedule.milestones.size())
    throw InputError(Complaint{"schedule 'piecewise'", fmt::format("as many values as milestones, {}", schedule.milestones.size()),
                               fmt::format("{}", schedule.values.size()), "Give one value from each milestone on"});
  double value = schedule.value;
  for (std::size_t i = 0; i < schedule.values.size(); ++i)
    if (progress >= schedule.milestones[i]) value = schedule.values[i];
  return value;
}

double half_cosine(const Schedule& schedule, double progress) {
  return schedule.value + (schedule.final_value - schedule.value) * (1 - std::cos(std::numbers::pi * progress)) / 2;
}

double warmup_cosine(const Schedule& schedule, double progress) {
  if (progress < schedule.warmup) return schedule.start + (schedule.value - schedule.start) * progress / schedule.warmup;
  const double falls = 1 - schedule.warmup - schedule.cooldown;
  return falls > 0 ? half_cosine(schedule, std::min(1.0, (progress - schedule.warmup) / falls)) : schedule.final_value;
}

double without_warmup(const Schedule& schedule, std::int64_t step, std::int64_t total_steps) {
  const double time = static_cast<double>(step);
  const double progress = fraction(step, total_steps);
  const double difference = schedule.final_value - schedule.value;
  if (schedule.kind == "constant") return schedule.value;
  if (schedule.kind == "step") {
    double value = schedule.value;
    for (const double milestone : schedule.milestones) {
      if (progress >= milestone) value *= schedule.factor;
    }
    return value;
  }
  if (schedule.kind == "piecewise") return piecewise(schedule, progress);
  if (schedule.kind == "inverse_decay") return schedule.value / (1 + time / decay_time(schedule));
  if (schedule.kind == "halving") return schedule.value * std::pow(0.5, std::floor(time / decay_time(schedule)));
  if (schedule.kind == "staircase") return schedule.value * std::pow(schedule.factor, std::floor(time / decay_time(schedule)));
  if (schedule.kind == "polynomial") return schedule.final_value - difference * std::pow(1 - progress, schedule.power);
  if (schedule.kind == "cosine") return half_cosine(schedule, progress);
  if (schedule.kind == "linear") {
    return schedule.value + difference * (schedule.decay_steps > 0 ? std::min(1.0, time / schedule.decay_steps) : progress);
  }
  if (schedule.kind == "exponential") return schedule.final_value - difference * std::exp(-time / decay_time(schedule));
  throw InputError(Complaint{"schedule",
                             "one of constant, step, piecewise, inverse_decay, halving, staircase, polynomial, cosine, one_cycle, "
                             "warmup_cosine, linear, exponential",
                             fmt::format("'{}'", schedule.kind), "Correct 'kind' in the recipe"});
}

}  // namespace

double Schedule::at(std::int64_t step, std::int64_t total_steps) const {
  const double progress = fraction(step, total_steps);
  if (kind == "one_cycle") return one_cycle(*this, progress);
  if (kind == "warmup_cosine") return warmup_cosine(*this, progress);
  const double ramp = warmup > 0 ? std::min(1.0, progress / warmup) : 1.0;
  return ramp * without_warmup(*this, step, total_steps);
}

}  // namespace reprise::schedules
