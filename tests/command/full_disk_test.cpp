// A run whose output disk is full or read-only ends with exit code 1 and says so. The disk is a small tmpfs in a mount namespace.

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "tests/command/process.hpp"

namespace reprise::command {
namespace {

const std::string kRun = "reprise run dropout/table2-dropout-relu --set dataset=synthetic-gray28 --threads 1 --out small";

class FullOutput : public ::testing::Test {
 protected:
  void SetUp() override {
    if (on_small_disk("8k", "true").exit_code != 0) GTEST_SKIP() << "no small disk: mounting a tmpfs in a namespace is not allowed here";
  }
  /// Runs `line` with a tmpfs of so many bytes mounted on `small`; then lists the files on it.
  Finished on_small_disk(const std::string& size, const std::string& line) {
    const std::string namespaces = ::geteuid() == 0 ? "unshare --mount" : "unshare --mount --map-root-user";
    write_file(folder_.path() / "line.sh",
               "mount -t tmpfs -o size=" + size + " none small || exit 99\n" + line + "\ncode=$?\nfind small -type f\nexit $code\n");
    return shell("mkdir -p small && " + namespaces + " sh line.sh", folder_.path());
  }
  TemporaryFolder folder_;
};

void expect_failure(const Finished& finished, const std::string& part) {
  EXPECT_EQ(finished.exit_code, 1) << finished.out << finished.err;
  const std::string text = finished.out + finished.err;
  EXPECT_NE(text.find(part), std::string::npos) << text;
  EXPECT_NE(text.find("expected"), std::string::npos) << text;
  EXPECT_EQ(text.find("small/dropout/table2-dropout-relu/."), std::string::npos) << "a temporary file is left: " << text;
}

TEST_F(FullOutput, stops_a_run_that_cannot_write_its_result) {
  const Finished finished = on_small_disk("8k", kRun);
  expect_failure(finished, "No space left on device. Free space in");
  EXPECT_NE((finished.out + finished.err).find("result file"), std::string::npos) << finished.out << finished.err;
}

TEST_F(FullOutput, stops_a_run_that_cannot_write_its_checkpoint_and_keeps_the_one_before) {
  // The second checkpoint does not fit beside the first, which is still there for a third start.
  const std::string stop = kRun + " --time-limit 0.001s";
  const Finished finished =
      on_small_disk("64m", stop + "; head -c $(($(stat -f -c '%a * %S' small) - 8192)) /dev/zero >small/filler; " + stop);
  expect_failure(finished, "No space left on device. Free space in");
  EXPECT_NE((finished.out + finished.err).find("checkpoint '"), std::string::npos) << finished.out << finished.err;
  EXPECT_NE(finished.out.find(".checkpoint\n"), std::string::npos) << finished.out << finished.err;
}

TEST_F(FullOutput, read_only_is_said_before_the_work) {
  expect_failure(on_small_disk("8k", "mount -o remount,ro small; " + kRun), "output folder");
}

}  // namespace
}  // namespace reprise::command
