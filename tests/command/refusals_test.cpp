// What the program answers to input that is wrong: exit code, and a message with the thing, expected, found and the fix.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/command/process.hpp"

namespace reprise::command {
namespace {

namespace fs = std::filesystem;

constexpr const char* kQuickRun = "reprise run dropout/table2-dropout-relu --set dataset=synthetic-gray28 --threads 1";

struct Refusal {
  std::string line;
  int exit_code;
  std::vector<std::string> words;  ///< each stands in the message
};

bool leaves_result(const fs::path& folder) {
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
    if (entry.path().extension() == ".h5") return true;
  }
  return false;
}

void expect_refused(const Refusal& refusal, const fs::path& folder) {
  SCOPED_TRACE(refusal.line);
  const Finished finished = shell(refusal.line, folder);
  EXPECT_EQ(finished.exit_code, refusal.exit_code) << finished.out << finished.err;
  for (const std::string& word : refusal.words)
    EXPECT_NE(finished.err.find(word), std::string::npos) << "no '" << word << "' in: " << finished.err;
  EXPECT_FALSE(leaves_result(folder));
}

void expect_refused(const std::vector<Refusal>& refusals) {
  const TemporaryFolder folder;
  for (const Refusal& refusal : refusals) expect_refused(refusal, folder.path());
}

TEST(Refusal, of_a_command_line_is_exit_code_2_and_points_to_the_help) {
  expect_refused({
      {"reprise rnu", 2, {"expected one of list, show", "found 'rnu'", "Did you mean 'run'?"}},
      {"reprise list --jsno", 2, {"--jsno", "Did you mean '--json'?", "reprise list --help"}},
      {"reprise run", 2, {"PAPER[/TRIAL]", "--demo"}},
      {"reprise run dropout --demo", 2, {"PAPER[/TRIAL]", "both"}},
      {"reprise run --demo --set epochs=1", 2, {"--demo", "--set"}},
      {"reprise run dropout --ranks-per-trial 3", 2, {"--ranks-per-trial", "at most 1", "found 3", "mpirun -n N"}},
      {"reprise run dropout --seed 1 --seeds 2", 2, {"--seed", "--seeds", "reprise run --help"}},
      {"reprise run dropout --threads 0", 2, {"--threads"}},
      {"reprise run dropout --seeds many", 2, {"--seeds", "a whole number from 1 to 10000", "found 'many'", "reprise run --help"}},
      {"reprise run dropout --seed 9223372036854775807", 2, {"--seed", "a whole number", "found '9223372036854775807'"}},
      {"reprise run dropout --seed -1", 2, {"--seed", "found '-1'"}},
      {"reprise plan dropout --bandwidth 1e999", 2, {"--bandwidth", "a number from 0.001 to 1000000", "found '1e999'"}},
      {"reprise run dropout --time-limit soon", 2, {"--time-limit", "expected a duration", "found 'soon'"}},
      {"reprise plan", 2, {"PAPER[/TRIAL]", "reprise plan --help"}},
      {"reprise report", 2, {"DIR", "reprise report --help"}},
      {"reprise report . --format pdf", 2, {"pdf", "html"}},
  });
}

TEST(Refusal, of_tasks_that_mpi_does_not_see_names_the_launcher) {
  expect_refused({{"SLURM_STEP_NUM_TASKS=4 SLURM_PROCID=1 " + std::string(kQuickRun), 2, {"4, the tasks", "1: MPI", "srun --mpi=pmix"}}});
}

TEST(Refusal, of_nothing_at_all_is_the_help) {
  const TemporaryFolder folder;
  const Finished bare = shell("reprise", folder.path()), help = shell("reprise --help", folder.path());
  EXPECT_EQ(bare.exit_code, 2);
  EXPECT_EQ(bare.out, help.out);
  EXPECT_NE(help.out.find("Subcommands:"), std::string::npos) << help.out;
}

TEST(Refusal, of_an_unknown_name_says_which_one_was_meant) {
  expect_refused({
      {"reprise show dropuot", 2, {"dropuot", "all-cnn", "Did you mean 'dropout'?"}},
      {"reprise run nowhere", 2, {"nowhere", "dropout"}},
      {"reprise run dropout/table2-dropout-rely", 2, {"table2-dropout-rely", "Did you mean 'table2-dropout-relu'?"}},
      {"reprise plan dropout/ --scale smoke", 2, {"trial", "table2-standard"}},
      {"reprise run dropout --scale dekstop", 2, {"--scale", "smoke, desk, night, paper", "found 'dekstop'"}},
      {"reprise data info mnits", 2, {"mnits", "mnist"}},
  });
}

TEST(Refusal, of_a_setting_names_the_key_and_what_it_takes) {
  const std::string run = kQuickRun;
  expect_refused({
      {run + " --set epochs", 2, {"--set", "key=value"}},
      {run + " --set =3", 2, {"--set", "key=value"}},
      {run + " --set optimizer.max_nrom=2", 2, {"max_nrom", "max_norm"}},
      {run + " --set batch=many", 2, {"batch", "many"}},
      {run + " --set batch=0", 2, {"batch"}},
      {run + " --set model.hidden=-3", 2, {"hidden"}},
      {run + " --set model.activation=rleu", 2, {"activation", "rleu", "relu"}},
      {run + " --set dataset=mnits", 2, {"mnits", "mnist"}},
      {run + " --set preprocessing=scale", 2, {"preprocessing", "list of strings"}},
      {run + " --set 'preprocessing=[\"scael\"]'", 2, {"scael", "scale"}},
      {run + " --precision f16", 2, {"precision", "f16", "bf16"}},
  });
}

TEST(Refusal, of_missing_data_names_the_file_and_how_to_get_it) {
  expect_refused({
      {"reprise run dropout/table2-dropout-relu --set dataset=cifar-10 --data nowhere",
       2,
       {"nowhere", "data_batch_1.bin", "reprise data fetch cifar-10", "--data"}},
      {"REPRISE_DATA=nowhere reprise run dropout/table2-dropout-relu --set dataset=mnist",
       2,
       {"nowhere", "train-images-idx3-ubyte", "reprise data fetch mnist"}},
  });
}

TEST(Refusal, of_damaged_data_names_file_expected_and_found) {
  const fs::path official = "/usr/share/datasets/fashion-mnist";
  if (!fs::exists(official)) GTEST_SKIP() << "Debian's dataset-fashion-mnist is not installed";
  const std::string run = "reprise run dropout/table2-dropout-relu --set dataset=fashion-mnist --data data";
  const std::string images = "data/fashion-mnist/train-images-idx3-ubyte.gz";
  const std::vector<std::pair<std::string, std::string>> damages = {
      {"truncated", "head -c 1000000 " + (official / "train-images-idx3-ubyte.gz").string() + " > " + images},
      {"empty", ": > " + images},
      {"foreign", "echo 'this is a web page' > " + images},
      {"swapped", "cp " + (official / "t10k-images-idx3-ubyte.gz").string() + " " + images},
  };
  for (const auto& [what, damage] : damages) {
    SCOPED_TRACE(what);
    const TemporaryFolder folder;
    ASSERT_EQ(shell("mkdir -p data/fashion-mnist && cp " + official.string() + "/* data/fashion-mnist && rm -f " + images + " && " + damage,
                    folder.path())
                  .exit_code,
              0);
    expect_refused({run, 2, {"train-images-idx3-ubyte.gz", "expected", "found"}}, folder.path());
  }
}

TEST(Refusal, of_output_that_cannot_be_written_is_exit_code_1) {
  expect_refused({
      {std::string(kQuickRun) + " --out /proc/reprise", 1, {"/proc/reprise"}},
      {": > file; " + std::string(kQuickRun) + " --out file/below", 1, {"file/below"}},
  });
}

TEST(Divergence, leaves_a_record_and_is_not_repeated_unless_forced) {
  const TemporaryFolder folder;
  const std::string run = std::string(kQuickRun) + " --set optimizer.learning_rate.value=1e30 --out out";
  const Finished first = shell(run, folder.path());
  EXPECT_EQ(first.exit_code, 1) << first.err;
  EXPECT_NE(first.out.find("diverged"), std::string::npos) << first.out;
  EXPECT_NE(first.err.find("loss at step "), std::string::npos) << first.err;
  ASSERT_TRUE(leaves_result(folder.path()));

  const auto written = [&] { return shell("stat -c %y out/dropout/*/*.h5", folder.path()).out; };
  const std::string before = written();
  const Finished again = shell(run, folder.path());
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_NE(again.err.find("loss at step "), std::string::npos) << again.err;
  EXPECT_EQ(written(), before);
  EXPECT_EQ(shell(run + " --force", folder.path()).exit_code, 1);
  EXPECT_NE(written(), before);

  const Finished verify = shell("reprise verify out/dropout/*/*.h5", folder.path());
  EXPECT_EQ(verify.exit_code, 2);
  EXPECT_NE(verify.err.find("expected a complete result, found one that is diverged"), std::string::npos) << verify.err;
  EXPECT_NE(shell("reprise report out --out report --format md; cat report/report.md", folder.path()).out.find("diverged"),
            std::string::npos);
}

TEST(Refusal, of_a_report_or_comparison_without_files_names_the_folder) {
  expect_refused({
      {"reprise report nowhere", 2, {"nowhere", "reprise run"}},
      {"mkdir empty; reprise report empty", 2, {"empty", "*.h5"}},
      {"reprise diff a.h5 b.h5", 2, {"a.h5"}},
  });
}

TEST(Refusal, of_a_damaged_result_file_names_it_and_is_exit_code_2) {
  const TemporaryFolder folder;
  ASSERT_EQ(shell("mkdir results; echo 'not HDF5' > results/run.h5", folder.path()).exit_code, 0);
  const Finished finished = shell("reprise report results", folder.path());
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_NE(finished.err.find("run.h5"), std::string::npos) << finished.err;
}

}  // namespace
}  // namespace reprise::command
