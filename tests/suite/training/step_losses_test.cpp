#include "suite/training/step_losses.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace reprise::training {
namespace {

records::StepSeries written(const StepLosses& losses) {
  records::RunRecord record;
  losses.write_to(record);
  return record.step_losses;
}

records::StepSeries of_run(std::int64_t steps) {
  StepLosses losses;
  for (std::int64_t step = 1; step <= steps; ++step) losses.add(step, steps, static_cast<double>(step));
  return written(losses);
}

TEST(StepLosses, are_all_kept_up_to_a_thousand) {
  const records::StepSeries series = of_run(1000);
  ASSERT_EQ(series.steps.size(), 1000u);
  EXPECT_EQ(series.values[499], 500);
}

TEST(StepLosses, are_means_of_equally_many_steps_beyond) {
  const records::StepSeries series = of_run(2501);  // three steps a point, the last one of two
  ASSERT_EQ(series.steps.size(), 834u);
  EXPECT_EQ(series.steps.front(), 3);
  EXPECT_EQ(series.values.front(), 2);
  EXPECT_EQ(series.steps.back(), 2501);
  EXPECT_EQ(series.values.back(), 2500.5);
  EXPECT_LE(of_run(1'000'003).steps.size(), 1000u);
}

TEST(StepLosses, leave_steps_without_a_loss_out) {
  StepLosses losses;
  for (std::int64_t step = 1; step <= 2000; ++step) losses.add(step, 2000, step <= 1001 ? std::nan("") : 5.0);
  const records::StepSeries series = written(losses);
  EXPECT_EQ(series.steps.front(), 1002);
  EXPECT_EQ(series.values, std::vector<double>(500, 5.0));
}

TEST(StepLosses, go_on_after_a_checkpoint_as_if_there_had_been_none) {
  constexpr std::int64_t kSteps = 2501;
  for (const std::int64_t stop : {1, 2, 3, 1234, 2500}) {
    StepLosses first;
    for (std::int64_t step = 1; step <= stop; ++step) first.add(step, kSteps, 1.0 / static_cast<double>(step));
    records::Checkpoint checkpoint;
    first.save_to(checkpoint);
    StepLosses second, whole;
    second.restore_from(checkpoint);
    for (std::int64_t step = stop + 1; step <= kSteps; ++step) second.add(step, kSteps, 1.0 / static_cast<double>(step));
    for (std::int64_t step = 1; step <= kSteps; ++step) whole.add(step, kSteps, 1.0 / static_cast<double>(step));
    EXPECT_EQ(written(second), written(whole)) << stop;
  }
}

}  // namespace
}  // namespace reprise::training
