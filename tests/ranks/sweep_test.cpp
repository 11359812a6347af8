// A list of many short runs over ranks: all ranks are busy nearly all the time, and what was finished before a kill is not done again.

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <map>

#include "job.hpp"

namespace fs = std::filesystem;

namespace reprise::ranks {
namespace {

/// 15 nets of unlike cost, two seeds each.
std::vector<std::string> sweep() {
  return {"all-cnn", "--seeds",         "2",     "--set",   "dataset=synthetic-color32", "--set", "train_images=200",
          "--set",   "test_images=100", "--set", "epochs=3"};
}

std::map<std::string, fs::file_time_type> results_in(const fs::path& out) {
  std::map<std::string, fs::file_time_type> found;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(out, ignored))
    if (entry.path().extension() == ".h5") found[entry.path().string()] = entry.last_write_time();
  return found;
}

double busy_percent(const std::string& errors) {
  const std::size_t at = errors.find("ranks were busy ");
  return at == std::string::npos ? -1 : std::stod(errors.substr(at + 16));
}

TEST(Commands, that_need_no_ranks_act_once_under_mpirun) {
  const Folder folder;
  const std::string program = reprise_run(0, 1, folder.path(), {}).front();
  const auto start = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> command = reprise_run(3, 1, folder.path(), {});
    command.resize(3);  // mpirun -n 3
    command.push_back(program);
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
  };
  Job list(start({"list"}), folder.path());
  ASSERT_EQ(list.wait(60), 0) << list.errors();
  const std::size_t first = list.output().find("all-cnn ");
  EXPECT_NE(first, std::string::npos) << list.output();
  EXPECT_EQ(list.output().find("all-cnn ", first + 1), std::string::npos) << list.output();

  Job report(start({"report", (folder.path() / "nowhere").string()}), folder.path());
  EXPECT_EQ(report.wait(60), 2);
  const std::size_t told = report.errors().find("reprise: ");
  EXPECT_NE(told, std::string::npos) << report.errors();
  EXPECT_EQ(report.errors().find("reprise: ", told + 1), std::string::npos) << report.errors();
}

TEST(Sweep, keeps_ranks_busy_and_repeats_nothing_after_a_kill) {
  const Folder folder;
  const fs::path out = folder.path() / "out";
  Job first(reprise_run(4, 1, out, sweep()), folder.path());
  for (const double begun = now_seconds(); results_in(out).size() < 6 && now_seconds() - begun < 120; sleep_seconds(0.05))
    ASSERT_TRUE(first.running()) << first.errors();
  first.kill_everything();
  first.wait(10);
  const auto before = results_in(out);
  ASSERT_GE(before.size(), 6u);

  Job second(reprise_run(4, 1, out, sweep()), folder.path());
  ASSERT_EQ(second.wait(300), 0) << second.errors();
  const auto after = results_in(out);
  for (const auto& [file, written] : before) EXPECT_EQ(after.at(file), written) << file << " was written again";
  std::printf("%zu runs, %zu of them done before the kill; then busy %.0f %%\n", after.size(), before.size(),
              busy_percent(second.errors()));

  const fs::path fresh = folder.path() / "fresh";
  Job whole(reprise_run(4, 1, fresh, sweep()), folder.path());
  ASSERT_EQ(whole.wait(300), 0) << whole.errors();
  EXPECT_GE(results_in(fresh).size(), 24u);
  EXPECT_GE(busy_percent(whole.errors()), 90) << whole.errors();
  std::printf("%zu runs on 4 ranks: busy %.0f %%\n", results_in(fresh).size(), busy_percent(whole.errors()));
}

}  // namespace
}  // namespace reprise::ranks
