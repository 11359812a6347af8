// Stopping early, continuing, and not running again what is there.

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/command/process.hpp"

namespace reprise::command {
namespace {

namespace fs = std::filesystem;

const std::string kShortRun = "reprise run dropout/table2-dropout-relu --set dataset=synthetic-gray28 --threads 1";
/// Longer than any test waits.
const std::string kEndlessRun = kShortRun + " --set epochs=1000000";

int result_count(const fs::path& folder) {
  int count = 0;
  if (!fs::exists(folder)) return 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) count += entry.path().extension() == ".h5" ? 1 : 0;
  return count;
}

void expect_signal_stops(const std::string& signal) {
  SCOPED_TRACE(signal);
  const TemporaryFolder folder;
  // The folder of the results is made after the handlers are installed.
  const Finished stopped =
      shell(kEndlessRun + " --out interrupted & while [ ! -d interrupted ]; do sleep 0.05; done; kill -" + signal + " $!; wait $!",
            folder.path());
  EXPECT_EQ(stopped.exit_code, 3) << stopped.out << stopped.err;
  EXPECT_EQ(result_count(folder.path() / "interrupted"), 0);
  EXPECT_NE(stopped.err.find("continues"), std::string::npos) << stopped.err;
}

TEST(Stopping, by_a_signal_is_exit_code_3_and_leaves_no_result) {
  expect_signal_stops("USR1");
  expect_signal_stops("TERM");
}

TEST(Stopping, while_data_are_preprocessed_keeps_what_was_fitted) {
  const TemporaryFolder folder;
  // Whitening of 3,072 features takes 3 to 10 s; the images before it, under a sanitizer and beside other tests, a good half second.
  const Finished stopped = shell(
      "reprise run all-cnn/allcnn-c --set dataset=synthetic-color32 --set 'preprocessing=[{gcn={scale=55}}, {zca={epsilon=0.1}}]' --data "
      "data --threads 1"
      " --out interrupted & while [ ! -d interrupted ] && kill -0 $!; do sleep 0.05; done; sleep 2; kill -TERM $!; wait $!",
      folder.path());
  EXPECT_EQ(stopped.exit_code, 3) << stopped.out << stopped.err;
  EXPECT_NE(stopped.out.find("stopped while reading the data"), std::string::npos) << stopped.out;
  EXPECT_TRUE(fs::exists(folder.path() / "data" / "preprocessed") && !fs::is_empty(folder.path() / "data" / "preprocessed"));
}

TEST(Stopping, and_continuing_gives_the_result_of_an_undisturbed_run) {
  const TemporaryFolder folder;
  ASSERT_EQ(shell(kShortRun + " --out whole", folder.path()).exit_code, 0);
  for (int i = 0; i < 3; ++i) {  // the limit is over before the first step is; each start makes one more
    const Finished stopped = shell(kShortRun + " --out parts --time-limit 0.001s", folder.path());
    EXPECT_EQ(stopped.exit_code, 3) << stopped.out << stopped.err;
    EXPECT_EQ(result_count(folder.path() / "parts"), 0);
  }
  const Finished continued = shell(kShortRun + " --out parts", folder.path());
  EXPECT_EQ(continued.exit_code, 0) << continued.out << continued.err;
  const Finished difference = shell("reprise diff whole/*/*/*.h5 parts/*/*/*.h5", folder.path());
  EXPECT_EQ(difference.exit_code, 0) << difference.out << difference.err;
}

TEST(Stopping, ends_the_list_of_runs) {
  const TemporaryFolder folder;
  const Finished stopped = shell(kShortRun + " --seeds 3 --time-limit 0.001s", folder.path());
  EXPECT_EQ(stopped.exit_code, 3) << stopped.out << stopped.err;
  EXPECT_NE(stopped.out.find("seed 1"), std::string::npos) << stopped.out;
  EXPECT_EQ(stopped.out.find("seed 2"), std::string::npos) << stopped.out;
}

TEST(Stopping, finished_run_is_not_run_again_unless_forced) {
  const TemporaryFolder folder;
  ASSERT_EQ(shell(kShortRun, folder.path()).exit_code, 0);
  EXPECT_NE(shell(kShortRun, folder.path()).out.find("already there"), std::string::npos);
  EXPECT_NE(shell(kShortRun + " --force", folder.path()).out.find("finished"), std::string::npos);
  EXPECT_EQ(result_count(folder.path()), 1);
}

TEST(Stopping, forced_run_that_was_interrupted_goes_on_with_the_same_command) {
  const TemporaryFolder folder;
  ASSERT_EQ(shell(kShortRun + " --set steps=4", folder.path()).exit_code, 0);
  const std::string forced = kShortRun + " --set steps=4 --force";
  ASSERT_EQ(shell(forced + " --time-limit 0.001s && true; code=$?; cp */*/*/*.checkpoint after_one; exit $code", folder.path()).exit_code,
            3);
  ASSERT_EQ(shell(forced + " --time-limit 0.001s", folder.path()).exit_code, 3);
  EXPECT_EQ(shell("cmp after_one */*/*/*.checkpoint", folder.path()).exit_code, 1) << "the second start began anew: it made the same step";
  EXPECT_EQ(shell(forced, folder.path()).exit_code, 0);
}

TEST(Stopping, checkpoint_of_another_run_or_arithmetic_is_refused) {
  const TemporaryFolder folder;
  const std::string stopped = " --time-limit 0.001s";
  ASSERT_EQ(shell(kShortRun + " --seed 1" + stopped, folder.path()).exit_code, 3);
  if (shell("grep -q avx512f /proc/cpuinfo", folder.path()).exit_code == 0) {
    const Finished other_isa = shell("REPRISE_ISA=avx2 ONEDNN_MAX_CPU_ISA=AVX2 " + kShortRun + " --seed 1", folder.path());
    EXPECT_EQ(other_isa.exit_code, 2) << other_isa.out << other_isa.err;
    EXPECT_NE(other_isa.err.find("arithmetic"), std::string::npos) << other_isa.err;
  }
  ASSERT_EQ(shell("mv */*/*/*.checkpoint first; " + kShortRun + " --seed 2" + stopped, folder.path()).exit_code, 3);
  const Finished other_seed = shell("mv first */*/*/*.checkpoint; " + kShortRun + " --seed 2", folder.path());
  EXPECT_EQ(other_seed.exit_code, 2) << other_seed.out << other_seed.err;
  EXPECT_NE(other_seed.err.find("run_id"), std::string::npos) << other_seed.err;
  EXPECT_EQ(shell(kShortRun + " --seed 2 --force", folder.path()).exit_code, 0);
}

TEST(Stopping, one_process_at_a_run) {
  const TemporaryFolder folder;
  const Finished both = shell(kEndlessRun + " & first=$!; while ! ls results/*/*/*.lock; do sleep 0.05; done; " + kEndlessRun +
                                  "; code=$?; kill -TERM $first; wait $first; [ $? = 3 ] && exit $code",
                              folder.path());
  EXPECT_EQ(both.exit_code, 1) << both.out << both.err;
  EXPECT_NE(both.err.find("another that is at this one"), std::string::npos) << both.err;
  EXPECT_EQ(shell("ls results/*/*/*.lock", folder.path()).exit_code, 2);
}

TEST(Verifying, few_steps_of_a_long_run_compares_at_least_one_note_of_its_losses) {
  const TemporaryFolder folder;
  ASSERT_EQ(shell(kShortRun + " --set steps=1000", folder.path()).exit_code, 0);  // losses are noted every five steps
  const Finished verified = shell("reprise verify */*/*/*.h5 --steps 1 --threads 1", folder.path());
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  EXPECT_NE(verified.out.find("losses of steps 1 to 5"), std::string::npos) << verified.out << verified.err;
}

TEST(Output, that_is_lost_is_no_success) {
  const TemporaryFolder folder;
  EXPECT_EQ(shell("reprise list > /dev/full", folder.path()).exit_code, 1);
  const Finished training = shell(kShortRun + " --set epochs=40 2> /dev/full", folder.path());  // its progress is no part of the work
  EXPECT_EQ(training.exit_code, 0) << training.out;
}

TEST(Stopping, checkpoint_that_a_kill_left_beside_a_result_goes) {
  const TemporaryFolder folder;
  ASSERT_EQ(shell(kShortRun, folder.path()).exit_code, 0);
  fs::path left;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path()))
    if (entry.path().extension() == ".h5") left = fs::path(entry.path()).replace_extension(".checkpoint");
  ASSERT_FALSE(left.empty());
  std::ofstream(left) << "whatever it was";
  EXPECT_NE(shell(kShortRun, folder.path()).out.find("already there"), std::string::npos);
  EXPECT_FALSE(fs::exists(left));
  EXPECT_EQ(result_count(folder.path()), 1);
}

TEST(Stopping, finished_run_without_weights_says_how_to_get_them) {
  const TemporaryFolder folder;
  ASSERT_EQ(shell(kShortRun, folder.path()).exit_code, 0);
  const Finished refused = shell(kShortRun + " --keep-weights", folder.path());
  EXPECT_EQ(refused.exit_code, 2) << refused.out << refused.err;
  EXPECT_NE((refused.out + refused.err).find("--force"), std::string::npos) << refused.out << refused.err;
  EXPECT_EQ(shell(kShortRun + " --keep-weights --force", folder.path()).exit_code, 0);
  EXPECT_NE(shell(kShortRun + " --keep-weights", folder.path()).out.find("already there"), std::string::npos);
}

TEST(Failing, run_does_not_stop_the_others_and_the_exit_code_tells) {
  const TemporaryFolder folder;
  // The whole paper with a rate that some of its nets survive and others do not: each is tried.
  const Finished mixed = shell(
      "reprise run dropout --set dataset=synthetic-gray28 --set steps=5 --set optimizer.learning_rate.value=1e6 --threads 1 --out mixed",
      folder.path());
  EXPECT_EQ(mixed.exit_code, 1) << mixed.out << mixed.err;
  EXPECT_NE(mixed.out.find("diverged"), std::string::npos) << mixed.out;
  EXPECT_NE(mixed.out.find("finished"), std::string::npos) << mixed.out;
  EXPECT_GT(result_count(folder.path() / "mixed"), 0);
}

}  // namespace
}  // namespace reprise::command
