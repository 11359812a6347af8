#include "suite/runs/run_stream.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "tests/support/temporary_folder.hpp"

namespace reprise::runs {
namespace {

class Stream : public testing::Test {
 protected:
  static StreamStart start_at(std::int64_t step) {
    StreamStart start;
    start.paper = "p", start.trial = "t", start.scale = "desk", start.run_id = "0123", start.host = "n1",
    start.utc = "2026-03-01T00:00:00Z";
    start.recipe_toml = "a = \"ü\"\n", start.seed = 7, start.pid = 4711, start.step = step, start.steps = 100, start.answer_version = 2;
    return start;
  }
  static training::Progress at(std::int64_t step, double loss) {
    training::Progress progress;
    progress.step = step, progress.total_steps = 100, progress.loss = loss, progress.rate = 0.5, progress.phase = "training";
    return progress;
  }
  StreamContent content() const {
    const auto content = read_stream(path_);
    EXPECT_TRUE(content);
    return content.value_or(StreamContent{});
  }

  tests::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "run.jsonl";
};

TEST_F(Stream, is_read_as_it_was_written) {
  {
    RunStream stream(path_);
    stream.start(start_at(0), false);
    stream.step(at(1, 2.5));
    stream.evaluation({.step = 1, .epoch = 0.5, .metrics = {{"test_error", 90}, {"test_loss", std::nan("")}}});
    stream.end("failed", "no \"room\"");
  }
  const StreamContent read = content();
  ASSERT_TRUE(read.start);
  EXPECT_EQ(read.start->trial, "t");
  EXPECT_EQ(read.start->seed, 7);
  EXPECT_EQ(read.start->pid, 4711);
  EXPECT_EQ(read.start->recipe_toml, "a = \"ü\"\n");
  ASSERT_EQ(read.steps.size(), 1u);
  EXPECT_EQ(read.steps[0].step, 1);
  EXPECT_EQ(read.steps[0].loss, 2.5);
  EXPECT_EQ(read.steps[0].rate, 0.5);
  ASSERT_EQ(read.evaluations.size(), 1u);
  EXPECT_EQ(read.evaluations[0].metrics, (std::map<std::string, double>{{"test_error", 90}}));
  EXPECT_EQ(read.end, "failed");
  EXPECT_EQ(read.message, "no \"room\"");
}

TEST_F(Stream, has_few_lines_however_many_steps_there_are) {
  RunStream stream(path_);
  stream.start(start_at(0), false);
  for (int i = 1; i <= 10000; ++i) stream.step(at(i, i));
  EXPECT_LT(content().steps.size(), 40u) << "10,000 steps without work take well below 10 s";
}

TEST_F(Stream, has_about_a_megabyte_a_day) {
  double seconds = 0;
  int lines = 0;
  for (; seconds < 86400; ++lines) seconds += seconds_between_steps(seconds);
  EXPECT_LT(lines, 25000);
  EXPECT_EQ(seconds_between_steps(0), 0.25);
  EXPECT_EQ(seconds_between_steps(1e6), 10) << "a sign of life";
}

TEST_F(Stream, of_a_run_that_goes_on_forgets_the_steps_after_its_checkpoint) {
  {
    RunStream stream(path_);
    stream.start(start_at(0), false);
    stream.step(at(60, 1));
    stream.evaluation({.step = 60, .epoch = 1, .metrics = {}});
  }
  std::ofstream(path_, std::ios::app) << "{\"step\":61,\"lo";  // killed in the middle of a line
  EXPECT_EQ(content().steps.size(), 1u);
  {
    RunStream stream(path_);
    stream.start(start_at(50), true);
    EXPECT_TRUE(content().steps.empty());
    EXPECT_TRUE(content().evaluations.empty());
    stream.step(at(51, 3));
  }
  EXPECT_EQ(content().steps.back().step, 51);
  EXPECT_EQ(content().end, "");
}

TEST_F(Stream, begins_anew_with_a_run_that_does) {
  for (int i = 0; i < 2; ++i) {
    RunStream stream(path_);
    stream.start(start_at(0), false);
    stream.step(at(1, 2));
  }
  EXPECT_EQ(content().steps.size(), 1u);
}

TEST_F(Stream, that_cannot_be_written_stops_nothing) {
  RunStream stream(folder_.path() / "none" / "run.jsonl");
  EXPECT_NO_THROW(stream.start(start_at(0), false));
  EXPECT_NO_THROW(stream.step(at(1, 2)));
  EXPECT_NO_THROW(stream.end("finished"));
  EXPECT_FALSE(read_stream(folder_.path() / "none" / "run.jsonl"));
  RunStream full("/dev/full");
  EXPECT_NO_THROW(full.start(start_at(0), false));
  EXPECT_NO_THROW(full.end("finished"));
}

}  // namespace
}  // namespace reprise::runs
