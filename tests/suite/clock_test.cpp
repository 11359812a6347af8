#include "suite/clock.hpp"

#include <gtest/gtest.h>

namespace reprise {
namespace {

TEST(Clock, durations_do_not_run_backward) {
  const double first = now_seconds(), second = now_seconds();
  EXPECT_LE(first, second);
}

TEST(Clock, dates_are_utc_in_iso_8601) {
  EXPECT_EQ(utc_text(std::chrono::system_clock::from_time_t(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_text(std::chrono::system_clock::from_time_t(1709210096)), "2024-02-29T12:34:56Z");
}

}  // namespace
}  // namespace reprise
