#include "suite/command/progress.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/command/process.hpp"

namespace reprise::command {
namespace {

training::Progress halfway() {
  training::Progress progress;
  progress.phase = "training", progress.share = 0.5, progress.epoch = 3.25, progress.loss = 0.5, progress.images_per_second = 4210.4,
  progress.seconds_left = 65;
  return progress;
}

const std::string kLabel = "[3/12] dropout/table2-dropout-relu, desk, seed 1";

std::string line(int width) {
  return progress_line(kLabel, 0.5, progress_parts(halfway()), width);
}

TEST(ProgressLine, is_whole_where_it_fits) {
  const std::string whole = kLabel + " [##########..........] training  50 %  1 min 05 s left  epoch 3.2  loss 0.5  4210 images/s";
  EXPECT_EQ(line(0), whole);
  EXPECT_EQ(line(static_cast<int>(whole.size())), whole);
}

TEST(ProgressLine, loses_the_bar_first_then_the_least_important_figures_then_the_middle_of_its_label) {
  const std::string whole = line(0), barless = kLabel + " training  50 %  1 min 05 s left  epoch 3.2  loss 0.5  4210 images/s";
  EXPECT_EQ(line(static_cast<int>(whole.size()) - 1), barless);
  EXPECT_EQ(line(static_cast<int>(barless.size()) - 1), kLabel + " training  50 %  1 min 05 s left  epoch 3.2  loss 0.5");
  EXPECT_EQ(line(80), kLabel + " training  50 %  1 min 05 s left");
  EXPECT_EQ(line(40), "[3/12] drop...esk, seed 1 training  50 %");
  EXPECT_EQ(line(16), "training  50 %");
  EXPECT_EQ(line(8), "training");
}

TEST(ProgressLine, never_exceeds_its_width) {
  for (int width = 1; width < 160; ++width) EXPECT_LE(line(width).size(), static_cast<std::size_t>(width)) << width;
}

TEST(ProgressLine, leaves_out_what_is_not_known) {
  training::Progress progress = halfway();
  progress.loss = std::nan(""), progress.images_per_second = 0, progress.seconds_left = 0;
  EXPECT_EQ(progress_line("run", 0, progress_parts(progress), 40), "run training  50 %  epoch 3.2");
}

TEST(ProgressLog, slows_down) {
  EXPECT_EQ(seconds_to_next_line(0), 10);
  EXPECT_EQ(seconds_to_next_line(61), 60);
  EXPECT_EQ(seconds_to_next_line(601), 600);
}

TEST(Progress, of_a_terminal_fits_its_width_and_is_a_log_on_a_dumb_one) {
  if (shell("command -v script", ".").exit_code != 0) GTEST_SKIP() << "needs script(1)";
  const TemporaryFolder folder;
  const std::string run = "reprise run dropout/table2-dropout-relu --set dataset=synthetic-gray28 --set epochs=60 --threads 1";
  const auto lines_of = [&](const std::string& term, int columns) {
    const std::string inner = "stty cols " + std::to_string(columns) + "; TERM=" + term + " " + run + " --force >/dev/null";
    const Finished finished = shell("script -qec '" + inner + "' /dev/null", folder.path());
    EXPECT_EQ(finished.exit_code, 0) << finished.out;
    return finished.out;
  };
  const std::string terminal = lines_of("xterm", 60);
  std::size_t at = 0, seen = 0;
  while ((at = terminal.find("\r\033[K", at)) != std::string::npos) {
    at += 4;
    const std::size_t end = std::min(terminal.find('\r', at), terminal.size());
    const std::string line = terminal.substr(at, end - at);
    if (line.find("reprise: ") == 0) continue;  // the note at the end
    EXPECT_LT(line.size(), 60u) << line;
    if (line.find(" %") != std::string::npos) ++seen;
  }
  EXPECT_GT(seen, 2u) << terminal;
  EXPECT_EQ(lines_of("dumb", 60).find("\033["), std::string::npos);
}

}  // namespace
}  // namespace reprise::command
