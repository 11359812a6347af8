// Real full and read-only disks: a tmpfs of a few pages, mounted where only this process sees it. Skipped where that is not allowed; the
// crash matrix lets the same errors come from every call.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "suite/errors.hpp"
#include "suite/records/checkpoint.hpp"
#include "suite/records/result_file.hpp"
#include "tests/records/record_states.hpp"

namespace reprise::records::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDiskPages = 256;

std::size_t page_bytes() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// Mounts of this process are its own from now on. The superuser may have that at once, others in a user namespace of their own.
bool leave_mount_namespace() {
  static const bool left = [] {
    const ::uid_t user = ::geteuid();
    if (::unshare(CLONE_NEWNS) != 0) {
      if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
      std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
    }
    return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  }();
  return left;
}

class FullDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string size = "size=" + std::to_string(kDiskPages * page_bytes());
    is_mounted_ = leave_mount_namespace() && ::mount("none", folder_.path().c_str(), "tmpfs", 0, size.c_str()) == 0;
    if (!is_mounted_) GTEST_SKIP() << "no small disk: mounting a tmpfs is not allowed here (" << std::strerror(errno) << ")";
  }
  ~FullDisk() override {
    if (is_mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }

  std::size_t free_pages() const {
    struct statvfs status {};
    ::statvfs(folder_.path().c_str(), &status);
    return status.f_bfree * status.f_bsize / page_bytes();
  }
  /// Fills the disk up to `pages` free ones.
  void leave_free(std::size_t pages) {
    fs::remove(filler_);
    const std::string filling((free_pages() - pages) * page_bytes(), 'x');
    std::ofstream(filler_, std::ios::binary) << filling;
    ASSERT_EQ(free_pages(), pages);
  }
  void make_read_only(bool is_read_only) {
    const unsigned long flags = MS_REMOUNT | (is_read_only ? static_cast<unsigned long>(MS_RDONLY) : 0);
    ASSERT_EQ(::mount("none", folder_.path().c_str(), nullptr, flags, nullptr), 0) << std::strerror(errno);
  }

  /// `write` must fail with the disk full when fewer pages than it needs are free, and leave the folder as it was; else succeed.
  template <typename Write, typename IsNew>
  void fill_up(Tally& tally, std::size_t file_bytes, const Write& write, const IsNew& is_new) {
    const std::size_t needed = (file_bytes + page_bytes() - 1) / page_bytes();
    const FolderState start = state_of(folder_.path());
    for (std::size_t pages = 0; pages <= needed + 1; ++pages) {
      set_state(folder_.path(), start);
      leave_free(pages);
      const FolderState before = state_of(folder_.path());
      const std::string complaint = message_of<RunError>(write);
      const auto says = [&](const std::string& part) { return complaint.find(part) != std::string::npos; };
      const bool is_clear =
          says(folder_.path().string()) && says("expected to write") && says("No space left on device") && says("Free space in");
      tally.add(pages < needed ? is_clear && state_of(folder_.path()) == before : complaint == "nothing was thrown" && is_new(),
                [&] { return std::to_string(pages) + " of " + std::to_string(needed) + " pages free: " + complaint; });
    }
  }

  template <typename Write>
  void expect_read_only_is_said(const Write& write) {
    const FolderState before = state_of(folder_.path());
    make_read_only(true);
    const std::string complaint = message_of<RunError>(write);
    EXPECT_NE(complaint.find("Read-only file system. Make"), std::string::npos) << complaint;
    EXPECT_NE(complaint.find(folder_.path().string()), std::string::npos) << complaint;
    EXPECT_TRUE(state_of(folder_.path()) == before);
    make_read_only(false);
    EXPECT_EQ(message_of<RunError>(write), "nothing was thrown");
  }

  TemporaryFolder folder_;
  fs::path filler_ = folder_ / "filler";
  bool is_mounted_ = false;
};

/// Of some 30 pages.
Checkpoint large_generation(std::int64_t number) {
  Checkpoint checkpoint = generation(number);
  checkpoint.tensors["large"] = {{30000}, std::vector<float>(30000, static_cast<float>(number))};
  return checkpoint;
}

TEST_F(FullDisk, a_checkpoint_that_does_not_fit_says_so_and_the_one_before_stays) {
  Tally tally("checkpoint on a full disk");
  const fs::path path = folder_ / "c";
  for (const std::int64_t number : {1, 2}) write_checkpoint(large_generation(number), path);
  const Checkpoint next = large_generation(3);
  fill_up(
      tally, checkpoint_bytes(next).size(), [&] { write_checkpoint(next, path); }, [&] { return read_checkpoint(path) == next; });
}

TEST_F(FullDisk, a_result_that_does_not_fit_says_so_and_the_one_before_stays) {
  Tally tally("result file on a full disk");
  const fs::path path = folder_ / "r.h5";
  write_result(result_generation(2), path);
  fill_up(
      tally, fs::file_size(path), [&] { write_result(result_generation(3), path); }, [&] { return found_result(path) == 3; });
}

TEST_F(FullDisk, a_read_only_disk_is_said_and_nothing_changes) {
  write_checkpoint(generation(2), folder_ / "c");
  write_result(result_generation(2), folder_ / "r.h5");
  expect_read_only_is_said([&] { write_checkpoint(generation(3), folder_ / "c"); });
  expect_read_only_is_said([&] { write_result(result_generation(3), folder_ / "r.h5"); });
  expect_read_only_is_said([&] { write_result(result_generation(3), folder_ / "a/r.h5"); });
  expect_read_only_is_said([&] { remove_checkpoint(folder_ / "c"); });
}

}  // namespace
}  // namespace reprise::records::testing
