// `reprise status` and `reprise watch`: what has become of the runs of a folder.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "suite/records/checkpoint.hpp"
#include "tests/command/process.hpp"

namespace reprise::command {
namespace {

namespace fs = std::filesystem;

const std::string kRun = "reprise run dropout/table2-dropout-relu --set dataset=synthetic-gray28 --threads 1 --out out";

class Status : public testing::Test {
 protected:
  Finished run(const std::string& line) const { return shell(line, folder_.path()); }
  Finished status(const std::string& flags = "") const { return run("reprise status out " + flags); }
  /// Leaves a checkpoint.
  void interrupt(const std::string& flags = "") const { ASSERT_EQ(run(kRun + " --time-limit 0.001s " + flags).exit_code, 3); }
  fs::path file(const std::string& extension) const {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.path() / "out/dropout/table2-dropout-relu"))
      if (entry.path().extension() == extension) return entry.path();
    return {};
  }
  static void expect(const std::string& text, const std::string& part) { EXPECT_NE(text.find(part), std::string::npos) << text; }
  static void expect_no(const std::string& text, const std::string& part) { EXPECT_EQ(text.find(part), std::string::npos) << text; }

  TemporaryFolder folder_;
};

TEST_F(Status, counts_finished_runs_and_lists_them_if_asked) {
  ASSERT_EQ(run(kRun + " --seeds 2").exit_code, 0);
  const Finished counted = status();
  EXPECT_EQ(counted.exit_code, 0);
  EXPECT_EQ(counted.out, "out: 2 finished\n");
  expect(status("--all").out, "finished     dropout/table2-dropout-relu, smoke, seed 2, dataset=synthetic-gray28");
}

TEST_F(Status, of_an_interrupted_run_is_its_recipe_and_the_command_that_goes_on) {
  interrupt("--seed 3");
  const Finished interrupted = status();
  expect(interrupted.out, "interrupted  dropout/table2-dropout-relu, smoke, seed 3, dataset=synthetic-gray28");
  expect(interrupted.out, "epoch 0.");
  const std::size_t at = interrupted.out.find("reprise run ");
  ASSERT_NE(at, std::string::npos) << interrupted.out;
  const std::string command = interrupted.out.substr(at, interrupted.out.find('\n', at) - at);
  EXPECT_EQ(command, "reprise run dropout/table2-dropout-relu --scale smoke --seed 3 --set 'dataset=synthetic-gray28' --out out");
  const Finished went_on = run(command);
  EXPECT_EQ(went_on.exit_code, 0) << went_on.err;
  expect(went_on.err, "goes on after step");
  EXPECT_EQ(status().out, "out: 1 finished\n");
}

TEST_F(Status, tells_a_recipe_from_the_checkpoint_alone) {
  interrupt();
  fs::remove(file(".jsonl"));
  expect(status().out, "interrupted  dropout/table2-dropout-relu, smoke, seed 1, dataset=synthetic-gray28");
}

TEST_F(Status, of_a_running_run_is_where_and_how_far) {
  // Waits for the first line of a step, which is the second line.
  const Finished seen = run(kRun +
                            " --set epochs=1000000 >log 2>&1 & "
                            "while [ \"$(cat out/dropout/*/*.jsonl 2>/dev/null | wc -l)\" -lt 2 ]; do sleep 0.05; done; "
                            "reprise status out; reprise watch out; kill -TERM $!; wait $!; reprise status out");
  expect(seen.out, "running      dropout/table2-dropout-relu, smoke, seed 1");
  expect(seen.out, "pid ");
  expect(seen.out, "on ");
  expect(seen.out, "loss by step");
  expect(seen.out, "out: 1 running\n");
  expect(seen.out, "out: 1 interrupted\n");
}

TEST_F(Status, of_a_checkpoint_that_no_run_of_today_reads_is_stale_and_clean_removes_it) {
  interrupt();
  const fs::path checkpoint = file(".checkpoint");
  records::Checkpoint saved = *records::read_checkpoint(checkpoint);
  saved.numbers["answer_version"] = 1;
  records::write_checkpoint(saved, checkpoint);
  const Finished stale = status();
  expect(stale.out, "stale        dropout/table2-dropout-relu, smoke, seed 1");
  expect(stale.out, "of answer version 1");
  expect(stale.out, checkpoint.filename().string() + " (");

  const Finished unasked = run("reprise status out --clean </dev/null");
  EXPECT_EQ(unasked.exit_code, 2);
  expect(unasked.err, "--yes");
  EXPECT_TRUE(fs::exists(checkpoint));
  const Finished cleaned = status("--clean --yes");
  EXPECT_EQ(cleaned.exit_code, 0) << cleaned.err;
  EXPECT_FALSE(fs::exists(checkpoint));
  EXPECT_FALSE(fs::exists(checkpoint.string() + ".previous"));
}

TEST_F(Status, clean_leaves_alone_what_is_still_read) {
  interrupt("--seed 1");
  ASSERT_EQ(run(kRun + " --seed 2").exit_code, 0);
  const fs::path result = file(".h5"), checkpoint = file(".checkpoint");
  write_file(result.string().substr(0, result.string().size() - 3) + ".checkpoint.previous", "x");
  write_file(result.parent_path() / ".other.h5.1-0.new", "x");
  write_file(result.parent_path() / "dead.lock", "");
  const Finished cleaned = status("--clean --yes");
  EXPECT_EQ(cleaned.exit_code, 0) << cleaned.err;
  expect(cleaned.out, "its run has a result");
  expect(cleaned.out, "what a writer that was ended left");
  expect(cleaned.out, "no process holds it");
  EXPECT_TRUE(fs::exists(result) && fs::exists(checkpoint));
  EXPECT_FALSE(fs::exists(result.parent_path() / "dead.lock"));
  EXPECT_FALSE(fs::exists(result.parent_path() / ".other.h5.1-0.new"));
  expect_no(status().out, "Files that no run");
  EXPECT_EQ(run(kRun + " --seeds 2").exit_code, 0);
}

TEST_F(Status, of_a_repeated_run_that_was_interrupted_goes_on_by_force_and_is_not_cleaned_away) {
  ASSERT_EQ(run(kRun).exit_code, 0);
  interrupt("--force");
  const Finished repeated = status("--clean --yes");
  expect(repeated.out, "interrupted  dropout/table2-dropout-relu, smoke, seed 1");
  expect(repeated.out, "--set 'dataset=synthetic-gray28' --force --out out");
  expect_no(repeated.out, "Files that no run");
  EXPECT_TRUE(fs::exists(file(".checkpoint")));
  expect(run(kRun + " --force").err, "goes on after step");
  EXPECT_EQ(status().out, "out: 1 finished\n");
}

TEST_F(Status, of_a_run_that_diverged_says_what_happened) {
  ASSERT_EQ(run(kRun + " --set optimizer.learning_rate.value=1e30").exit_code, 1);
  const Finished diverged = status();
  expect(diverged.out, "diverged     dropout/table2-dropout-relu");
  expect(diverged.out, "step ");
}

TEST_F(Status, of_an_unfinished_run_is_in_the_report_too) {
  interrupt("--seed 1");
  ASSERT_EQ(run(kRun + " --seed 2").exit_code, 0);
  const Finished reported = run("reprise report out --format md");
  EXPECT_EQ(reported.exit_code, 0) << reported.err;
  const std::string page = contents(folder_.path() / "out/report.md");
  expect(page, "## Not finished");
  expect_no(page, "## Left out");
  expect(page, "dropout/table2-dropout-relu/" + file(".checkpoint").filename().string());
  expect(page, "seed 1, dataset=synthetic-gray28 is interrupted");
  expect(reported.err, "not finished: dropout/table2-dropout-relu, smoke, seed 1");
}

TEST_F(Status, of_a_damaged_result_names_it) {
  ASSERT_EQ(run(kRun).exit_code, 0);
  const fs::path result = file(".h5");
  fs::remove(result);
  write_file(result, "no HDF5");
  const Finished damaged = status();
  EXPECT_EQ(damaged.exit_code, 2);
  expect(damaged.err, result.filename().string());
}

TEST_F(Status, watch_draws_the_last_run_where_none_runs) {
  ASSERT_EQ(run(kRun + " --set epochs=3").exit_code, 0);
  const Finished drawn = run("reprise watch out --width 60");
  EXPECT_EQ(drawn.exit_code, 0) << drawn.err;
  expect(drawn.out, "dropout/table2-dropout-relu, smoke, seed 1");
  expect(drawn.out, "test_error ");
  expect(drawn.out, "*");
  for (std::size_t at = 0, end; at < drawn.out.size(); at = end + 1) {
    end = drawn.out.find('\n', at);
    EXPECT_LE(end - at, 60u);
  }
  fs::remove(file(".jsonl"));
  EXPECT_EQ(run("reprise watch out").exit_code, 2);
}

}  // namespace
}  // namespace reprise::command
