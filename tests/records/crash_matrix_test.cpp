// Kills writers at every call that they make, and lets every call fail: what was there before, or what was to be, is always there after.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "suite/errors.hpp"
#include "suite/records/checkpoint.hpp"
#include "suite/records/result_file.hpp"
#include "tests/records/record_states.hpp"
#include "tests/records/saboteur.hpp"

namespace reprise::records::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWhole = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kTorn = 509;  // bytes a write: a prime, so that pieces end anywhere

/// A way of writing or removing, from a state of the folder.
struct Scenario {
  std::string name;
  FolderState before;
  std::string file;  ///< relative to the folder
  void (*act)(const fs::path& path);
  std::int64_t (*found)(const fs::path& path, std::string* complaint);
  std::int64_t written = 0;  ///< the generation that `act` writes; 0: it removes
  std::size_t max_bytes = kWhole;
};

class CrashMatrix : public ::testing::Test {
 protected:
  CrashMatrix() : folder_(TemporaryFolder::Where::memory) {}

  fs::path prepare(const Scenario& scenario) {
    set_state(folder_.path(), scenario.before);
    return folder_ / scenario.file;
  }
  /// Number of calls that `scenario` makes, as far as `act` counts them.
  int calls_of(const Scenario& scenario, Plan::Act act) {
    const fs::path path = prepare(scenario);
    const Saboteur saboteur({act, 0, 0, scenario.max_bytes});
    scenario.act(path);
    return saboteur.calls();
  }
  std::int64_t generation_before(const Scenario& scenario) { return scenario.found(prepare(scenario), nullptr); }

  /// Kills a child before and after each call; `check` gets the file and the name of the case.
  template <typename Check>
  void kill_at_every_call(const Scenario& scenario, Check&& check) {
    const int calls = calls_of(scenario, Plan::Act::end_before);
    for (const Plan::Act act : {Plan::Act::end_before, Plan::Act::end_after}) {
      for (int at = 1; at <= calls; ++at) {
        const fs::path path = prepare(scenario);
        const int code = exit_code_of([&] {
          const Saboteur saboteur({act, at, 0, scenario.max_bytes});
          scenario.act(path);
        });
        const std::string name = scenario.name + (act == Plan::Act::end_before ? ", before call " : ", after call ") + std::to_string(at) +
                                 " of " + std::to_string(calls);
        ASSERT_EQ(code, kKilled) << name;
        check(path, name);
        if (::testing::Test::HasFatalFailure()) return;
      }
    }
  }

  TemporaryFolder folder_;
};

// ------------------------------------------------------------------------------------------------ checkpoints

void write_third(const fs::path& path) {
  write_checkpoint(generation(3), path);
}
void write_fourth(const fs::path& path) {
  write_checkpoint(generation(4), path);
}

std::vector<Scenario> checkpoint_scenarios() {
  const std::string first = checkpoint_bytes(generation(1)), second = checkpoint_bytes(generation(2));
  const std::string part = second.substr(0, 1000);
  std::string damaged = second;
  damaged[700] = static_cast<char>(damaged[700] ^ 4);
  const std::vector<std::pair<std::string, FolderState>> states = {
      {"nothing there", {}},
      {"part of a first one there", {{"c.new", part}}},
      {"one there", {{"c", second}}},
      {"two there", {{"c", second}, {"c.previous", first}}},
      {"the newest damaged", {{"c", damaged}, {"c.previous", first}}},
      {"part of the next there", {{"c", second}, {"c.previous", first}, {"c.new", part}}},
      {"killed between the renames", {{"c.new", second}, {"c.previous", first}}},
      {"killed between the renames, the previous damaged", {{"c.new", second}, {"c.previous", damaged}}},
      {"damaged beside one that waits for its rename", {{"c", damaged}, {"c.new", second}, {"c.previous", first}}},
  };
  std::vector<Scenario> scenarios;
  for (const auto& [name, state] : states) scenarios.push_back({name, state, "c", write_third, found_generation, 3});
  scenarios.push_back({"no folder there", {}, "a/b/c", write_third, found_generation, 3});
  for (const auto& [name, state] : states)
    scenarios.push_back({name + ", torn writes", state, "c", write_third, found_generation, 3, kTorn});
  return scenarios;
}

TEST_F(CrashMatrix, a_checkpoint_writer_killed_at_any_call_leaves_the_one_before_or_the_new_one) {
  Tally tally("checkpoint writer killed");
  for (const Scenario& scenario : checkpoint_scenarios()) {
    const std::int64_t before = generation_before(scenario);
    kill_at_every_call(scenario, [&](const fs::path& path, const std::string& name) {
      const std::int64_t found = found_generation(path);
      tally.add(found == before || found == 3, [&] { return name + ": found generation " + std::to_string(found); });
    });
  }
}

TEST_F(CrashMatrix, a_writer_that_goes_on_after_a_kill_and_is_killed_again_never_goes_back) {
  Tally tally("checkpoint writer killed twice");
  for (const Scenario& scenario : checkpoint_scenarios()) {
    if (scenario.max_bytes != kWhole || scenario.file != "c") continue;
    std::map<FolderState, std::string> after_one;  // many kills leave the same state
    kill_at_every_call(scenario, [&](const fs::path&, const std::string& name) { after_one.emplace(state_of(folder_.path()), name); });
    for (const auto& [state, first_name] : after_one) {
      const Scenario second{first_name + ", then", state, "c", write_fourth, found_generation, 4};
      const std::int64_t before = generation_before(second);
      kill_at_every_call(second, [&](const fs::path& path, const std::string& name) {
        const std::int64_t found = found_generation(path);
        tally.add(found == before || found == 4, [&] { return name + ": found generation " + std::to_string(found); });
      });
    }
  }
}

TEST_F(CrashMatrix, the_next_checkpoint_after_a_kill_is_written_and_tidies_up) {
  Tally tally("checkpoint written after a kill");
  for (const Scenario& scenario : checkpoint_scenarios()) {
    kill_at_every_call(scenario, [&](const fs::path& path, const std::string& name) {
      write_fourth(path);
      const bool is_tidy = !fs::exists(fs::path(path) += ".new");
      tally.add(found_generation(path) == 4 && is_tidy, [&] { return name; });
    });
  }
}

TEST_F(CrashMatrix, a_killed_removal_leaves_the_newest_checkpoint_or_none) {
  Tally tally("checkpoint removal killed");
  for (const Scenario& writing : checkpoint_scenarios()) {
    const Scenario scenario{writing.name, writing.before, "c", remove_checkpoint, found_generation};
    const std::int64_t before = generation_before(scenario);
    kill_at_every_call(scenario, [&](const fs::path& path, const std::string& name) {
      const std::int64_t found = found_generation(path);
      // A damaged newest one alone is an error that says so.
      tally.add(found == before || found == 0 || (found == -1 && writing.before.at("c") != checkpoint_bytes(generation(2))),
                [&] { return name + ": found generation " + std::to_string(found); });
      remove_checkpoint(path);
      tally.add(folder_.entries() == 0, [&] { return name + ": something is left"; });
    });
  }
}

// ------------------------------------------------------------------------------------------------ result files

void write_third_result(const fs::path& path) {
  write_result(result_generation(3), path);
}

std::vector<Scenario> result_scenarios() {
  const TemporaryFolder folder(TemporaryFolder::Where::memory);
  write_result(result_generation(2), folder / "r.h5");
  const std::string second = read_bytes(folder / "r.h5");
  const std::string leftover = ".r.h5.1-0.new";  // of process 1, which is not one of ours
  return {
      {"nothing there", {}, "r.h5", write_third_result, found_result, 3},
      {"no folder there", {}, "a/b/r.h5", write_third_result, found_result, 3},
      {"one there", {{"r.h5", second}}, "r.h5", write_third_result, found_result, 3},
      {"one there, torn writes", {{"r.h5", second}}, "r.h5", write_third_result, found_result, 3, kTorn},
      {"leftovers of killed writers there",
       {{leftover, second.substr(0, 999)}, {".r.h5.1-1.new", ""}},
       "r.h5",
       write_third_result,
       found_result,
       3},
  };
}

TEST_F(CrashMatrix, a_result_writer_killed_at_any_call_leaves_the_one_before_or_the_new_one_and_the_next_tidies_up) {
  Tally tally("result writer killed"), after("result written after a kill");
  for (const Scenario& scenario : result_scenarios()) {
    const std::int64_t before = generation_before(scenario);
    kill_at_every_call(scenario, [&](const fs::path& path, const std::string& name) {
      const std::int64_t found = found_result(path);
      tally.add(found == before || found == 3, [&] { return name + ": found " + std::to_string(found); });
      write_result(result_generation(4), path);
      const auto entries = std::distance(fs::directory_iterator(path.parent_path()), fs::directory_iterator());
      after.add(found_result(path) == 4 && entries == 1, [&] { return name + ": " + std::to_string(entries) + " files"; });
    });
  }
}

TEST_F(CrashMatrix, temporary_files_of_living_writers_and_of_others_are_left_alone) {
  const FolderState others = {{".r.h5.1-0.new", "alive"}, {".r.h5.x-0.new", "not ours"}, {".other.h5.1-0.new", "of another target"}};
  set_state(folder_.path(), others);
  const disk::Descriptor alive(disk::open(folder_ / ".r.h5.1-0.new", O_RDONLY));
  ASSERT_EQ(::flock(alive, LOCK_EX), 0);
  write_result(result_generation(3), folder_ / "r.h5");
  FolderState after = state_of(folder_.path());
  EXPECT_EQ(after.erase("r.h5"), 1u);
  EXPECT_EQ(after, others);
}

// ------------------------------------------------------------------------------------------------ power cuts

/// Reads and closes left out, runs of the same call as one.
std::vector<disk::Call> order_of(const std::vector<disk::Call>& seen) {
  std::vector<disk::Call> order;
  for (const disk::Call call : seen) {
    if (call != disk::Call::read && call != disk::Call::close && (order.empty() || order.back() != call)) order.push_back(call);
  }
  return order;
}

// A kill does not show this; a power cut would: a name on the disk must never come before the bytes that it names.
TEST_F(CrashMatrix, bytes_are_forced_to_disk_before_a_rename_and_the_folder_after_it) {
  using disk::Call;
  write_checkpoint(generation(2), folder_ / "c");
  const Saboteur checkpoint({Plan::Act::nothing, 0, 0, kTorn});
  write_checkpoint(generation(3), folder_ / "c");
  EXPECT_EQ(order_of(checkpoint.seen()),  // the second open is for reading back, the last for the folder
            (std::vector{Call::open, Call::write, Call::sync, Call::open, Call::rename, Call::open, Call::sync}));
  const Saboteur result({Plan::Act::nothing, 0, 0, kTorn});
  write_result(result_generation(3), folder_ / "a/r.h5");
  EXPECT_EQ(order_of(result.seen()), (std::vector{Call::make_folder, Call::open, Call::sync, Call::open, Call::write, Call::sync,
                                                  Call::rename, Call::open, Call::sync}));
}

// ------------------------------------------------------------------------------------------------ failing calls

/// Every call fails with every error in turn: a RunError with its four parts or success, and never less than there was before.
void fail_every_call(const Scenario& scenario, const std::function<fs::path()>& prepare, int calls, Tally& tally) {
  prepare();
  const std::int64_t before = scenario.found(prepare(), nullptr);
  for (const int error : {ENOSPC, EDQUOT, EIO, EROFS, EACCES, EINTR}) {
    for (int at = 1; at <= calls; ++at) {
      const fs::path path = prepare();
      std::string complaint;
      try {
        const Saboteur saboteur({Plan::Act::fail, at, error, scenario.max_bytes});
        scenario.act(path);
      } catch (const RunError& thrown) {
        complaint = thrown.what();
      }
      const auto says = [&](const std::string& part) { return complaint.find(part) != std::string::npos; };
      const bool is_clear =
          says(path.filename().string()) && says("expected to ") && says(std::string("found ") + std::strerror(error) + ". ");
      const std::int64_t found = scenario.found(path, nullptr);
      const bool is_good =
          complaint.empty() ? found == scenario.written : error != EINTR && is_clear && (found == before || found == scenario.written);
      tally.add(is_good, [&] {
        return scenario.name + ", call " + std::to_string(at) + ": " + std::strerror(error) + ", found " + std::to_string(found) + ", " +
               complaint;
      });
    }
  }
}

TEST_F(CrashMatrix, a_checkpoint_writer_whose_call_fails_says_so_and_loses_nothing) {
  Tally tally("checkpoint writer's call failed");
  for (const Scenario& scenario : checkpoint_scenarios())
    fail_every_call(
        scenario, [&] { return prepare(scenario); }, calls_of(scenario, Plan::Act::fail), tally);
}

TEST_F(CrashMatrix, a_result_writer_whose_call_fails_says_so_and_loses_nothing) {
  Tally tally("result writer's call failed");
  for (const Scenario& scenario : result_scenarios())
    fail_every_call(
        scenario, [&] { return prepare(scenario); }, calls_of(scenario, Plan::Act::fail), tally);
}

TEST_F(CrashMatrix, a_removal_whose_call_fails_says_so) {
  Tally tally("checkpoint removal's call failed");
  const std::string bytes = checkpoint_bytes(generation(2));
  const Scenario scenario{"three there", {{"c", bytes}, {"c.new", bytes}, {"c.previous", bytes}}, "c", remove_checkpoint, found_generation};
  fail_every_call(
      scenario, [&] { return prepare(scenario); }, calls_of(scenario, Plan::Act::fail), tally);
}

TEST_F(CrashMatrix, a_reader_whose_call_fails_gives_the_previous_one_or_says_so) {
  Tally checkpoints("checkpoint reader's call failed"), results("result reader's call failed");
  const fs::path checkpoint = folder_ / "c", result = folder_ / "r.h5";
  for (const std::int64_t number : {1, 2}) write_checkpoint(generation(number), checkpoint);
  write_result(result_generation(2), result);
  const auto calls_to_read = [&](auto found, const fs::path& path) {
    const Saboteur saboteur({});
    EXPECT_EQ(found(path, nullptr), 2);
    return saboteur.calls();
  };
  const auto fail_each = [&](Tally& tally, auto found, const fs::path& path, auto is_good) {
    const int calls = calls_to_read(found, path);
    for (const int error : {EIO, EACCES, EMFILE, EINTR}) {
      for (int at = 1; at <= calls; ++at) {
        const Saboteur saboteur({Plan::Act::fail, at, error});
        std::string complaint;
        const std::int64_t number = found(path, &complaint);
        const bool is_named =
            complaint.find(path.string()) != std::string::npos && complaint.find(std::strerror(error)) != std::string::npos;
        tally.add(number == 2 || is_good(number, is_named), [&] { return std::to_string(at) + ": " + complaint; });
      }
    }
  };
  fail_each(checkpoints, found_generation, checkpoint, [](std::int64_t number, bool) { return number == 1; });
  fail_each(results, found_result, result, [](std::int64_t number, bool is_named) { return number == -1 && is_named; });
}

}  // namespace
}  // namespace reprise::records::testing
