#pragma once
// Numbers that change over a run, as pure functions of the step.

#include <cstdint>
#include <string>
#include <vector>

namespace reprise::schedules {

/// A number as a function of the step. Kinds and what they read:
///   constant        value
///   step            value, milestones (fractions of the run in (0,1)), factor
///   piecewise       value, then values[i] from milestones[i] on
///   inverse_decay   value / (1 + step / decay_steps)
///   halving         value * 0.5 ^ floor(step / decay_steps)
///   staircase       value * factor ^ floor(step / decay_steps)
///   polynomial      final + (value - final) * (1 - share of the run that is over) ^ power
///   cosine          from value to final over the run
///   one_cycle       start -> value (peak at warmup fraction) -> final, linear
///   warmup_cosine   start -> value linearly up to the warmup fraction, half a cosine down to final, final for the last cooldown fraction
///   linear          from value to final over decay_steps (the whole run if 0), then final
///   exponential     final - (final - value) * exp(-step / decay_steps)      (the momentum ramp of the dropout code)
/// `warmup` (fraction of the run; for kinds that do not name it) multiplies by a linear ramp from 0.
struct Schedule {
  std::string kind = "constant";
  double value = 0;
  double start = 0;  ///< one_cycle, warmup_cosine
  double final_value = 0;
  double factor = 0.1;
  double decay_steps = 0;
  double power = 1;  ///< polynomial
  double warmup = 0;
  double cooldown = 0;  ///< warmup_cosine: fraction of the run
  std::vector<double> milestones{};
  std::vector<double> values{};  ///< piecewise

  /// Pure function of the step; `total_steps` is the length of the whole run.
  double at(std::int64_t step, std::int64_t total_steps) const;
};

}  // namespace reprise::schedules
