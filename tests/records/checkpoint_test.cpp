#include "suite/records/checkpoint.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <limits>

#include "suite/errors.hpp"
#include "tests/records/sample_record.hpp"

namespace reprise::records::testing {
namespace {

Checkpoint sample(std::int64_t step) {
  Checkpoint checkpoint;
  checkpoint.numbers = {{"step", step}, {"seed", -1}};
  checkpoint.texts = {{"run_id", "0123"}, {"", std::string("\0\xff", 2)}};
  checkpoint.tensors["conv1.weight"] = {{2, 3}, {1, 2, 3, std::numeric_limits<float>::quiet_NaN(), 5, -0.0f}};
  checkpoint.tensors["tau"] = {{}, {0.25f}};
  checkpoint.tensors["none"] = {{0, 3}, {}};
  checkpoint.doubles["loss"] = {0.1, 1e-300};
  checkpoint.integers["order"] = {3, 1, 2};
  checkpoint.bytes["mask"] = {1, 0, 255};
  checkpoint.bytes["empty"] = {};
  return checkpoint;
}

class CheckpointFile : public ::testing::Test {
 protected:
  CheckpointFile() : path_(folder_ / "run.ckpt"), previous_(folder_ / "run.ckpt.previous"), new_(folder_ / "run.ckpt.new") {}
  std::string refusal() {
    return message_of<InputError>([&] { read_checkpoint(path_); });
  }
  TemporaryFolder folder_;
  std::filesystem::path path_, previous_, new_;
};

void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST_F(CheckpointFile, reading_gives_back_what_was_written) {
  write_checkpoint(sample(5), path_);
  EXPECT_TRUE(read_checkpoint(path_) == sample(5));
  EXPECT_FALSE(read_checkpoint(path_) == sample(6));
  write_checkpoint({}, path_);
  EXPECT_TRUE(read_checkpoint(path_) == Checkpoint{});
}

TEST_F(CheckpointFile, minus_zero_is_not_zero) {
  Checkpoint other = sample(5);
  other.tensors["conv1.weight"].values[5] = 0.0f;
  EXPECT_FALSE(other == sample(5));
}

TEST_F(CheckpointFile, nothing_there_is_nothing_and_no_error) {
  EXPECT_FALSE(read_checkpoint(path_).has_value());
}

TEST_F(CheckpointFile, arrays_larger_than_a_piece_survive) {
  Checkpoint checkpoint = sample(1);
  checkpoint.tensors["large"] = {{700000}, std::vector<float>(700000, 1.5f)};
  checkpoint.integers["after"] = std::vector<std::int64_t>(100000, 7);
  write_checkpoint(checkpoint, path_);
  EXPECT_TRUE(read_checkpoint(path_) == checkpoint);
}

TEST_F(CheckpointFile, the_one_before_is_kept) {
  for (const std::int64_t step : {1, 2, 3}) write_checkpoint(sample(step), path_);
  EXPECT_TRUE(read_checkpoint(path_) == sample(3));
  EXPECT_TRUE(read_checkpoint(previous_) == sample(2));
  EXPECT_EQ(folder_.entries(), 2u);
}

TEST_F(CheckpointFile, any_truncation_alone_is_an_input_error_and_with_a_previous_one_gives_that) {
  write_checkpoint(sample(1), path_);
  write_checkpoint(sample(2), path_);
  const std::string whole = read_bytes(path_), before = read_bytes(previous_);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_bytes(path_, whole.substr(0, length));
    std::string warning;
    ASSERT_TRUE(read_checkpoint(path_, &warning) == sample(1)) << length;
    ASSERT_NE(warning.find("run.ckpt' at byte"), std::string::npos) << warning;
    std::filesystem::remove(previous_);
    ASSERT_NE(refusal().find("run.ckpt' at byte"), std::string::npos) << refusal();
    write_bytes(previous_, before);
  }
}

TEST_F(CheckpointFile, any_flipped_bit_is_an_input_error) {
  write_checkpoint(sample(1), path_);
  const std::string whole = read_bytes(path_);
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    write_bytes(path_, damaged);
    const std::string text = refusal();
    ASSERT_NE(text.find("run.ckpt' at byte"), std::string::npos) << bit << ": " << text;
    ASSERT_NE(text.find("expected"), std::string::npos) << text;
  }
}

TEST_F(CheckpointFile, damage_is_named_with_byte_expected_and_found) {
  write_checkpoint(sample(1), path_);
  const std::string whole = read_bytes(path_);
  write_bytes(path_, whole + "x");
  expect_contains(refusal(), "expected the end of the file, found 1 bytes more");
  write_bytes(path_, "something else entirely");
  expect_contains(refusal(), "at byte 0: expected the mark REPRCKPT, found somethin");
  std::string version = whole;
  version[8] = 9;
  write_bytes(path_, version);
  expect_contains(refusal(), "at byte 8: expected version 1, found 9");
  std::string value = whole;
  value[whole.find("conv1.weight") + 40] ^= 1;
  write_bytes(path_, value);
  expect_contains(refusal(), "entry 'conv1.weight'");
}

TEST_F(CheckpointFile, both_damaged_is_an_error_that_names_both) {
  write_bytes(path_, "");
  write_bytes(previous_, "x");
  expect_contains(refusal(), "run.ckpt'");
  expect_contains(refusal(), "run.ckpt.previous'");
}

// A kill leaves one of three states: a part of NAME.new beside the old files; NAME moved away; all done.
TEST_F(CheckpointFile, a_kill_at_any_step_of_writing_leaves_a_good_one) {
  write_checkpoint(sample(1), path_);
  write_bytes(new_, "REPRCK");
  EXPECT_TRUE(read_checkpoint(path_) == sample(1));
  std::filesystem::rename(path_, previous_);
  EXPECT_TRUE(read_checkpoint(path_) == sample(1));
  write_checkpoint(sample(2), path_);
  EXPECT_TRUE(read_checkpoint(path_) == sample(2));
  EXPECT_TRUE(read_checkpoint(previous_) == sample(1));
  EXPECT_FALSE(std::filesystem::exists(new_));
}

TEST_F(CheckpointFile, killed_writers_never_lose_a_checkpoint_that_was_there) {
  std::int64_t last_step = 0;
  write_checkpoint(sample(last_step), path_);
  for (int round = 0; round < 20; ++round) {
    const ::pid_t child = ::fork();
    if (child == 0) {
      for (std::int64_t step = last_step + 1;; ++step) write_checkpoint(sample(step), path_);
    }
    ::usleep(static_cast<::useconds_t>(1000 + 1370 * round));  // a different instant each round: writing takes some milliseconds
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const std::optional<Checkpoint> found = read_checkpoint(path_);
    ASSERT_TRUE(found.has_value());
    const std::int64_t step = found->numbers.at("step");
    ASSERT_GE(step, last_step);
    ASSERT_TRUE(*found == sample(step));
    last_step = step;
  }
  EXPECT_GT(last_step, 0);
}

TEST_F(CheckpointFile, a_full_disk_gives_a_run_error_and_keeps_the_old_one) {
  write_checkpoint(sample(1), path_);
  struct rlimit before {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit limit = before;
  limit.rlim_cur = 100;  // bytes; fails in the middle of the file
  ::setrlimit(RLIMIT_FSIZE, &limit);
  const std::string text = message_of<RunError>([&] { write_checkpoint(sample(2), path_); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  expect_contains(text, "run.ckpt");
  expect_contains(text, "Free space");
  EXPECT_TRUE(read_checkpoint(path_) == sample(1));
  EXPECT_EQ(folder_.entries(), 1u);
}

TEST_F(CheckpointFile, a_tensor_whose_shape_does_not_fit_is_not_written) {
  Checkpoint checkpoint = sample(1);
  checkpoint.tensors["tau"].shape = {2};
  expect_contains(message_of<RunError>([&] { write_checkpoint(checkpoint, path_); }), "'tau'");
  EXPECT_EQ(folder_.entries(), 0u);
}

TEST_F(CheckpointFile, removing_removes_all_of_it_and_may_be_repeated) {
  write_checkpoint(sample(1), path_);
  write_checkpoint(sample(2), path_);
  write_bytes(new_, "part");
  remove_checkpoint(path_);
  remove_checkpoint(path_);
  EXPECT_EQ(folder_.entries(), 0u);
}

}  // namespace
}  // namespace reprise::records::testing
