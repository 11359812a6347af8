#include "tests/records/record_states.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "suite/errors.hpp"
#include "suite/records/checkpoint_format.hpp"
#include "suite/records/record_digest.hpp"
#include "suite/records/result_file.hpp"

namespace reprise::records::testing {

namespace fs = std::filesystem;

FolderState state_of(const fs::path& folder) {
  FolderState state;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory()) {
      state[name + "/"] = "";
    } else {
      state[name] = read_bytes(entry.path());
    }
  }
  return state;
}

void set_state(const fs::path& folder, const FolderState& state) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) fs::remove_all(entry.path());
  for (const auto& [name, bytes] : state) {
    if (name.ends_with('/')) {
      fs::create_directories(folder / name);
    } else {
      write_bytes(folder / name, bytes);
    }
  }
}

Checkpoint generation(std::int64_t number) {
  Checkpoint checkpoint;
  const auto value = static_cast<float>(number);
  checkpoint.numbers = {{"step", number}, {"seed", -number}};
  checkpoint.texts = {{"run_id", "generation " + std::to_string(number)}, {"", std::string("\0\xff", 2)}};
  checkpoint.tensors["conv1.weight"] = {{20, 30}, std::vector<float>(600, value)};
  checkpoint.tensors["tau"] = {{}, {value}};
  checkpoint.tensors["none"] = {{0, 3}, {}};
  checkpoint.doubles["loss"] = {1.0 / static_cast<double>(number + 1), 1e-300};
  checkpoint.integers["order"] = {3, number, 2};
  checkpoint.bytes["mask"] = std::vector<std::uint8_t>(200, static_cast<std::uint8_t>(number));
  return checkpoint;
}

std::string checkpoint_bytes(const Checkpoint& checkpoint) {
  std::string bytes;
  serialise(checkpoint, [&](Bytes piece) { bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size()); });
  return bytes;
}

std::int64_t found_generation(const fs::path& path, std::string* complaint) {
  try {
    const std::optional<Checkpoint> found = read_checkpoint(path);
    if (!found) return 0;
    const std::int64_t number = found->numbers.at("step");
    EXPECT_TRUE(*found == generation(number)) << "a mixture was read";
    return number;
  } catch (const InputError& error) {
    if (complaint != nullptr) *complaint = error.what();
    return -1;
  }
}

RunRecord result_generation(std::int64_t number) {
  RunRecord record = sample_record();
  record.seed = number;
  record.provenance["git_diff"] = std::string(3000, static_cast<char>('a' + number % 26));
  record.metrics["train_loss"].values[1] = static_cast<double>(number);
  return record;
}

std::int64_t found_result(const fs::path& path, std::string* complaint) {
  if (!fs::exists(path)) return 0;
  try {
    const RunRecord found = read_result(path);
    EXPECT_EQ(record_digest(found, Part::everything), record_digest(result_generation(found.seed), Part::everything));
    return found.seed;
  } catch (const InputError& error) {
    if (complaint != nullptr) *complaint = error.what();
    return -1;
  }
}

int exit_code_of(const std::function<void()>& act) {
  constexpr int kThrew = 99;
  std::fflush(nullptr);
  const ::pid_t child = ::fork();
  if (child == 0) {
    try {
      act();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
      ::_exit(kThrew);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Tally::~Tally() {
  std::printf("%s: %ld cases, %ld good\n", of_.c_str(), cases_, good_);
  EXPECT_GT(cases_, 0) << of_;
  EXPECT_EQ(good_, cases_) << of_;
}

bool Tally::add(bool good, const std::function<std::string()>& name_of_case) {
  constexpr long kNamed = 10;
  ++cases_;
  good_ += good ? 1 : 0;
  if (!good && cases_ - good_ <= kNamed) ADD_FAILURE() << of_ << ": " << name_of_case();
  return good;
}

}  // namespace reprise::records::testing
