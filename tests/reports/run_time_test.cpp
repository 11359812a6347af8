#include "reports/runs/run_time.hpp"

#include <gtest/gtest.h>

namespace reprise::reports {
namespace {

records::RunRecord run_of(double training, const char* start, const char* end) {
  records::RunRecord run;
  run.timing["seconds"].values = {training / 4, training * 3 / 4};
  run.provenance["start_utc"] = start;
  run.provenance["end_utc"] = end;
  return run;
}

TEST(RunTime, is_from_start_to_end) {
  EXPECT_EQ(run_seconds(run_of(1000, "2026-02-28T23:50:00Z", "2026-03-01T00:10:00Z")), 1200);
}

TEST(RunTime, is_the_training_where_the_run_was_interrupted_or_its_dates_are_missing) {
  EXPECT_EQ(run_seconds(run_of(1000, "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")), 1000);
  EXPECT_EQ(run_seconds(run_of(1000, "", "")), 1000);
  EXPECT_EQ(run_seconds(run_of(1000, "2026-03-01T00:00:00Z", "2026-03-01T00:00:10Z")), 1000);  // finished by a last start alone
}

TEST(RunTime, counts_the_phases_before_the_last_one) {
  records::RunRecord run = run_of(100, "", "");
  run.provenance["hebbian_phase"] = "40.5 s";
  run.provenance["feature_phase"] = "9.5 s";
  EXPECT_EQ(training_seconds(run), 150);
}

}  // namespace
}  // namespace reprise::reports
