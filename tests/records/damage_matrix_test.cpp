// Cuts checkpoints and result files at every length and flips bits in every kilobyte of them: the reader gives the previous checkpoint or
// an error that names the file; of a result file nothing reaches the HDF5 library.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "suite/errors.hpp"
#include "suite/records/checkpoint.hpp"
#include "suite/records/result_file.hpp"
#include "tests/records/record_states.hpp"

namespace reprise::records::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKilobyte = 1024;
constexpr std::size_t kFlipsEachKilobyte = 8;

/// Calls `check(name)` with the file cut to every length below its own, longest first.
template <typename Check>
void cut_at_every_length(const fs::path& path, Check&& check) {
  for (std::size_t length = fs::file_size(path); length-- > 0;) {
    fs::resize_file(path, length);
    check("cut to " + std::to_string(length) + " bytes");
  }
}

/// Calls `check(name)` with one bit flipped, at several places of each kilobyte and another bit each time, and then as it was.
template <typename Check>
void flip_bits_in_every_kilobyte(const fs::path& path, Check&& check) {
  const std::string bytes = read_bytes(path);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto put = [&](std::size_t at, char byte) {
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
    file.flush();
  };
  std::size_t flips = 0;
  for (std::size_t start = 0; start < bytes.size(); start += kKilobyte) {
    const std::size_t length = std::min(kKilobyte, bytes.size() - start);
    for (std::size_t i = 0; i < kFlipsEachKilobyte; ++i, ++flips) {
      const std::size_t at = start + (i * length / kFlipsEachKilobyte + 37 * flips) % length;
      put(at, static_cast<char>(bytes[at] ^ (1 << flips % 8)));
      check("bit " + std::to_string(flips % 8) + " of byte " + std::to_string(at));
      put(at, bytes[at]);
    }
  }
}

constexpr std::size_t kManyValues = 150000;  // 600 KB

std::vector<float> many_values() {
  std::vector<float> values(kManyValues);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * i % 10007) * 1e-3f;
  return values;
}

class CheckpointDamage : public ::testing::Test {
 protected:
  CheckpointDamage() : folder_(TemporaryFolder::Where::memory), alone_(folder_ / "alone"), newest_(folder_ / "newest") {}

  void write(const Checkpoint& checkpoint) {
    write_checkpoint(checkpoint, alone_);
    write_checkpoint(generation(1), newest_);
    write_checkpoint(checkpoint, newest_);
  }
  /// The damaged one alone is an error that names file, byte, expected and found.
  void expect_refusal(Tally& tally, const std::string& name) {
    std::string complaint;
    const std::int64_t found = found_generation(alone_, &complaint);
    const auto says = [&](const char* part) { return complaint.find(part) != std::string::npos; };
    tally.add(found == -1 && says("alone' at byte ") && says("expected ") && says(", found "), [&] { return name + ": " + complaint; });
  }
  /// With a previous one, that one is given, and the warning names the damage.
  void expect_previous(Tally& tally, const std::string& name) {
    std::string warning;
    const std::optional<Checkpoint> found = read_checkpoint(newest_, &warning);
    tally.add(found && *found == generation(1) && warning.find("newest' at byte ") != std::string::npos,
              [&] { return name + ": " + warning; });
  }
  TemporaryFolder folder_;
  fs::path alone_, newest_;
};

TEST_F(CheckpointDamage, cut_at_any_length_is_refused_and_the_previous_one_read) {
  Tally refused("checkpoint cut, alone"), replaced("checkpoint cut, with a previous one");
  write(generation(2));
  cut_at_every_length(alone_, [&](const std::string& name) { expect_refusal(refused, name); });
  cut_at_every_length(newest_, [&](const std::string& name) { expect_previous(replaced, name); });
}

TEST_F(CheckpointDamage, bits_flipped_in_every_kilobyte_are_refused_and_the_previous_one_read) {
  Tally refused("checkpoint with a flipped bit, alone"), replaced("checkpoint with a flipped bit, with a previous one");
  Checkpoint large = generation(2);
  large.tensors["large"] = {{kManyValues}, many_values()};
  write(large);
  flip_bits_in_every_kilobyte(alone_, [&](const std::string& name) { expect_refusal(refused, name); });
  flip_bits_in_every_kilobyte(newest_, [&](const std::string& name) { expect_previous(replaced, name); });
  EXPECT_TRUE(read_checkpoint(alone_) == large) << "the last bit was put back, so all is well again";
  EXPECT_TRUE(read_checkpoint(newest_) == large);
}

class ResultDamage : public ::testing::Test {
 protected:
  ResultDamage() : folder_(TemporaryFolder::Where::memory), path_(folder_ / "r.h5") {}

  /// An InputError that names the file and comes from the seal, not from HDF5.
  void expect_refusal(Tally& tally, const std::string& name) {
    const std::string complaint = message_of<InputError>([&] { read_result(path_); });
    const auto says = [&](const char* part) { return complaint.find(part) != std::string::npos; };
    const bool is_of_the_seal = says("seal") || says("HDF5 signature");
    tally.add(says("r.h5'") && says("expected ") && says(", found ") && is_of_the_seal && !says("HDF5: "),
              [&] { return name + ": " + complaint; });
  }
  TemporaryFolder folder_;
  fs::path path_;
};

TEST_F(ResultDamage, cut_at_any_length_is_refused) {
  Tally tally("result file cut");
  write_result(result_generation(2), path_);
  cut_at_every_length(path_, [&](const std::string& name) { expect_refusal(tally, name); });
}

TEST_F(ResultDamage, bits_flipped_in_every_kilobyte_are_refused) {
  Tally tally("result file with a flipped bit");
  RunRecord record = result_generation(2);
  record.weights["large"] = {{kManyValues}, many_values()};
  write_result(record, path_);
  flip_bits_in_every_kilobyte(path_, [&](const std::string& name) { expect_refusal(tally, name); });
  EXPECT_EQ(read_result(path_).weights.at("large").values, record.weights.at("large").values);
}

}  // namespace
}  // namespace reprise::records::testing
