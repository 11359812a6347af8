// What commands make of a folder of results that is not as `run` left it.

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <string>

#include "tests/command/process.hpp"

namespace reprise::command {
namespace {

namespace fs = std::filesystem;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A folder with one result.
class Results : public testing::Test {
 protected:
  void SetUp() override {
    const Finished ran =
        shell("reprise run dropout/table2-dropout-relu --set dataset=synthetic-gray28 --threads 1 --out out", folder_.path());
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.path() / "out/dropout/table2-dropout-relu"))
      if (entry.path().extension() == ".h5") file_ = entry.path();
  }
  Finished run(const std::string& line) const { return shell(line, folder_.path()); }

  TemporaryFolder folder_;
  fs::path file_;
};

TEST_F(Results, what_cannot_be_read_is_left_out_by_name_and_the_rest_is_reported) {
  fs::create_symlink("gone.h5", folder_.path() / "out/dropout/vanished.h5");
  fs::create_symlink("circle", folder_.path() / "out/circle");
  fs::create_directory_symlink("../out", folder_.path() / "out/again");
  const Finished finished = run("reprise report out --format md");
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_TRUE(has(finished.err, "left out: dropout/vanished.h5: ")) << finished.err;
  EXPECT_TRUE(has(finished.err, "left out: circle: ")) << finished.err;
  EXPECT_FALSE(has(finished.err, "again")) << finished.err;
  EXPECT_TRUE(has(contents(folder_.path() / "out/report.md"), "Dropout, ReLU, 3 x 1024"));
}

TEST_F(Results, that_another_program_opened_are_sealed_again_if_they_say_the_same) {
  EXPECT_TRUE(has(run("reprise seal '" + file_.string() + "'").out, "its seal is whole"));
  const std::string sealed = contents(file_);
  const std::string unsealed = sealed.substr(0, sealed.rfind("reprise seal"));
  fs::remove(file_);
  write_file(file_, unsealed);
  const Finished report = run("reprise report out --format md");
  EXPECT_EQ(report.exit_code, 2);
  EXPECT_TRUE(has(report.err, "reprise seal ")) << report.err;
  const Finished again = run("reprise seal '" + file_.string() + "'");
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(has(again.out, "sealed again")) << again.out;
  EXPECT_EQ(contents(file_), sealed);
  EXPECT_EQ(run("reprise report out --format md").exit_code, 0);

  std::string changed = unsealed;
  changed.replace(changed.find("learning_rate"), 8, "yearning");
  fs::remove(file_);
  write_file(file_, changed);
  const Finished refused = run("reprise seal '" + file_.string() + "'");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_TRUE(has(refused.err, "not sealed: ")) << refused.err;
  EXPECT_EQ(contents(file_), changed);
}

TEST_F(Results, are_finished_in_a_dry_run_and_in_a_plan) {
  const std::string flags = " dropout/table2-dropout-relu --set dataset=synthetic-gray28 --threads 1 --seeds 3 --out out";
  for (const std::string command : {"reprise run --dry-run", "reprise plan"}) {
    const Finished listed = run(command + flags);
    EXPECT_EQ(listed.exit_code, 0) << listed.err;
    EXPECT_TRUE(has(listed.out, "3 runs, 1 finished; the rest takes ")) << listed.out;
    EXPECT_TRUE(has(listed.out, "on 2 nodes like this one")) << listed.out;
  }
  EXPECT_FALSE(fs::exists(folder_.path() / "results"));
  const Finished swept =
      run("reprise plan dropout/table2-dropout-relu --set dataset=synthetic-gray28 --set optimizer.momentum=0.5,0.75 --threads 1");
  EXPECT_TRUE(has(swept.out, "dropout/table2-dropout-relu, optimizer.momentum=0.5 ")) << swept.out;
  EXPECT_TRUE(has(swept.out, "dropout/table2-dropout-relu, optimizer.momentum=0.75 ")) << swept.out;
  EXPECT_TRUE(has(swept.out, "2 runs, 0 finished")) << swept.out;
}

TEST_F(Results, of_a_sweep_are_a_run_for_each_value) {
  const Finished swept =
      run("reprise run dropout/table2-dropout-relu --set dataset=synthetic-gray28 --set steps=2 --set optimizer.momentum=0.5,0.75 "
          "--threads 1 --out swept");
  EXPECT_EQ(swept.exit_code, 0) << swept.err;
  EXPECT_TRUE(has(swept.out, "dropout/table2-dropout-relu, smoke, optimizer.momentum=0.75, seed 1")) << swept.out;
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path() / "swept/dropout/table2-dropout-relu"), {}), 4)
      << "two results, two streams";
}

TEST_F(Results, are_shown) {
  const Finished shown = run("reprise show '" + file_.string() + "'");
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  for (const char* part : {"dropout/table2-dropout-relu, smoke, seed 1: complete", "test_error", "Training loss by step", "*",
                           "data_digest: ", "learning_rate", "phase training: "})
    EXPECT_TRUE(has(shown.out, part)) << part << "\n" << shown.out;
  EXPECT_EQ(run("reprise show none.h5").exit_code, 2);
}

TEST_F(Results, are_shown_with_their_evaluations) {
  const Finished made =
      run("reprise run dropout/table2-dropout-relu --set dataset=synthetic-gray28 --set steps=2 --threads 1 --out looked "
          "--set 'evaluation=[{ name = \"mirrored\", sides = [28], places = \"whole\", mirrored = true }]'");
  ASSERT_EQ(made.exit_code, 0) << made.err;
  fs::path file;
  for (const auto& entry : fs::directory_iterator(folder_.path() / "looked/dropout/table2-dropout-relu"))
    if (entry.path().extension() == ".h5") file = entry.path();
  const Finished shown = run("reprise show '" + file.string() + "'");
  EXPECT_TRUE(has(shown.out, "mirrored, test_error ")) << shown.out;
}

}  // namespace
}  // namespace reprise::command
