#include "suite/control_groups.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/support/temporary_folder.hpp"

namespace reprise {
namespace {

/// A /proc and a /sys of our own.
class Machine : public testing::Test {
 protected:
  Machine() { write("proc/meminfo", "MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:   10000000 kB\n"); }
  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((folder_.path() / file).parent_path());
    std::ofstream(folder_.path() / file) << text;
  }
  tests::TemporaryFolder folder_;
};

constexpr std::int64_t kGib = std::int64_t{1} << 30;

TEST_F(Machine, without_control_groups_leaves_what_it_has) {
  EXPECT_EQ(control_group_limits(folder_.path()).memory_bytes, 0);
  EXPECT_EQ(control_group_limits(folder_.path()).cores, 0);
  EXPECT_EQ(available_memory(folder_.path()).bytes, std::int64_t{10000000} * 1024);
}

TEST_F(Machine, the_tightest_group_above_counts_and_the_cache_is_free) {
  write("proc/self/cgroup", "0::/system/job_7/step_0\n");
  write("sys/fs/cgroup/system/job_7/step_0/memory.max", "max\n");
  write("sys/fs/cgroup/system/job_7/step_0/memory.current", "1000\n");
  write("sys/fs/cgroup/system/job_7/step_0/cpu.max", "max 100000\n");
  write("sys/fs/cgroup/system/job_7/memory.max", std::to_string(4 * kGib) + "\n");
  write("sys/fs/cgroup/system/job_7/memory.current", std::to_string(3 * kGib) + "\n");
  write("sys/fs/cgroup/system/job_7/memory.stat",
        "anon 5\ninactive_file " + std::to_string(kGib / 2) + "\nactive_file " + std::to_string(kGib / 2) + "\n");
  write("sys/fs/cgroup/system/job_7/cpu.max", "150000 100000\n");
  write("sys/fs/cgroup/system/memory.max", std::to_string(100 * kGib) + "\n");
  write("sys/fs/cgroup/system/memory.current", "0\n");
  EXPECT_EQ(control_group_limits(folder_.path()).memory_bytes, 2 * kGib);
  EXPECT_EQ(control_group_limits(folder_.path()).cores, 1.5);
  EXPECT_EQ(available_memory(folder_.path()).bytes, 2 * kGib);
}

TEST_F(Machine, of_version_1_has_a_tree_for_each_kind_and_a_huge_number_for_no_limit) {
  write("proc/self/cgroup", "4:memory:/slurm/job_7\n2:cpu,cpuacct:/slurm/job_7\n0::/\n");
  write("sys/fs/cgroup/memory/slurm/job_7/memory.limit_in_bytes", std::to_string(kGib));
  write("sys/fs/cgroup/memory/slurm/job_7/memory.usage_in_bytes", std::to_string(kGib / 4));
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
  write("sys/fs/cgroup/memory/memory.usage_in_bytes", "1");
  write("sys/fs/cgroup/cpu/slurm/job_7/cpu.cfs_quota_us", "400000");
  write("sys/fs/cgroup/cpu/slurm/job_7/cpu.cfs_period_us", "100000");
  write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1");
  write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
  EXPECT_EQ(control_group_limits(folder_.path()).memory_bytes, kGib - kGib / 4);
  EXPECT_EQ(control_group_limits(folder_.path()).cores, 4);
}

TEST_F(Machine, groups_that_a_container_does_not_show_are_passed_over) {
  write("proc/self/cgroup", "0::/not/here\n");
  write("sys/fs/cgroup/memory.max", std::to_string(kGib));
  write("sys/fs/cgroup/memory.current", "0");
  EXPECT_EQ(control_group_limits(folder_.path()).memory_bytes, kGib);
}

TEST_F(Machine, a_group_that_is_full_leaves_next_to_nothing_not_everything) {
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/memory.max", "1000");
  write("sys/fs/cgroup/memory.current", "2000");
  EXPECT_EQ(available_memory(folder_.path()).bytes, 1);
}

}  // namespace
}  // namespace reprise
