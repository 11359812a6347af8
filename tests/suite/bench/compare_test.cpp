#include "suite/bench/compare.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <utility>

#include "suite/bench/floors.hpp"
#include "suite/errors.hpp"
#include "tests/support/temporary_folder.hpp"

namespace reprise::bench {
namespace {

TEST(RankTest, exact_values_of_the_published_tables) {
  // 3 against 3, all above: 2 of C(6, 3) = 20 orders are as far out.
  EXPECT_DOUBLE_EQ(rank_test({4, 5, 6}, {1, 2, 3}), 0.1);
  EXPECT_DOUBLE_EQ(rank_test({1, 2, 3}, {4, 5, 6}), 0.1);
  EXPECT_DOUBLE_EQ(rank_test({1, 2, 3, 5}, {4, 6, 7, 8, 9}), 4.0 / 126);  // U = 1: 2 (1 + 1) of C(9, 4)
  EXPECT_DOUBLE_EQ(rank_test({1, 4}, {2, 3}), 1);                         // U = 2, the middle
  EXPECT_EQ(rank_test({}, {1}), 1);
}

TEST(RankTest, ties_and_large_samples_use_the_normal_approximation) {
  EXPECT_EQ(rank_test({1, 1, 1}, {1, 1, 1}), 1);
  std::vector<double> low, high;
  for (int i = 0; i < 25; ++i) low.push_back(i), high.push_back(i + 8.5);
  // U = 25 * 25 - 17 * 16 / 2 - 0 = 489: z = (489 - 312.5 - 0.5) / sqrt(625 * 51 / 12)
  EXPECT_NEAR(rank_test(high, low), std::erfc((489 - 312.5 - 0.5) / std::sqrt(625.0 * 51 / 12) / std::sqrt(2.0)), 1e-12);
}

class CompareFiles : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
    return (folder / name).string();
  }
  /// Nine repetitions about a ratio, the mean that Google Benchmark adds, and the peak.
  std::string run(const std::string& name, double ratio, const std::string& benchmark = "step/net") {
    std::string rows = R"({"name": "peak/fma", "run_name": "peak/fma", "run_type": "iteration", "peak_ratio": 1})";
    for (int i = -4; i <= 4; ++i)
      rows += ",{\"run_name\": \"" + benchmark +
              "\", \"run_type\": \"iteration\", \"peak_ratio\": " + std::to_string(ratio * (1 + 0.001 * i)) + "}";
    rows += ",{\"run_name\": \"" + benchmark + "\", \"run_type\": \"aggregate\", \"peak_ratio\": 9}";
    return file(name, "{\"benchmarks\": [" + rows + "]}");
  }
  const tests::TemporaryFolder temporary;
  const std::filesystem::path& folder = temporary.path();
};

TEST_F(CompareFiles, a_fall_beyond_the_limit_fails_and_a_smaller_one_is_said) {
  const std::string old_run = run("old", 0.8);
  const auto much = compare_files(old_run, {run("much", 0.6)});
  ASSERT_EQ(much.size(), 1u);
  EXPECT_EQ(much[0].before.size(), 9u);
  EXPECT_NEAR(much[0].change, -0.25, 1e-6);
  EXPECT_LT(much[0].p, 0.001);
  EXPECT_TRUE(has_fallen(much[0], 0.15));
  const auto little = compare_files(old_run, {run("little", 0.75)});
  EXPECT_FALSE(has_fallen(little[0], 0.15));
  EXPECT_NE(comparison_text(little, 0.15).find("slower"), std::string::npos);
  EXPECT_NE(comparison_text(much, 0.15).find("1 of 1 benchmarks lost more than 15 %"), std::string::npos);
}

TEST_F(CompareFiles, repetitions_of_several_files_are_taken_together) {
  const auto both = compare_files(run("old", 0.8), {run("busy", 0.6), run("quiet", 0.75), run("quieter", 0.76)});
  ASSERT_EQ(both.size(), 1u);
  EXPECT_EQ(both[0].after.size(), 27u);
  EXPECT_NEAR(both[0].median_after, 0.75, 1e-6);
}

TEST_F(CompareFiles, names_what_fell_as_a_filter) {
  std::string old_run = run("old", 0.8), worse = run("worse", 0.6), filter = (folder / "filter").string();
  for (const auto& [now, expected] : {std::pair{worse, "^(step/net)$"}, {old_run, "^()$"}}) {
    std::string words[] = {"compare", old_run, now, "--fallen", filter};
    char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), words[4].data()};
    EXPECT_EQ(compare_command(5, arguments), now == worse ? 1 : 0);
    std::string line;
    std::ifstream file(filter);
    EXPECT_TRUE(std::getline(file, line));
    EXPECT_EQ(line, expected);
  }
}

TEST_F(CompareFiles, exit_codes) {
  std::string old_run = run("old", 0.8), worse = run("worse", 0.6), missing = (folder / "missing").string(), program = "compare";
  const auto exit_code = [&](std::string& a, std::string& b) {
    char* arguments[] = {program.data(), a.data(), b.data()};
    return compare_command(3, arguments);
  };
  EXPECT_EQ(exit_code(old_run, old_run), 0);
  EXPECT_EQ(exit_code(old_run, worse), 1);
  EXPECT_EQ(exit_code(worse, old_run), 0);
  EXPECT_EQ(exit_code(old_run, missing), 2);
}

TEST_F(CompareFiles, wrong_files_are_named) {
  const std::string good = run("good", 0.8);
  const auto message = [&](const std::string& other) {
    try {
      compare_files(good, {other});
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_NE(message(file("text", "no json")).find("no JSON"), std::string::npos);
  EXPECT_NE(message(file("empty", "{}")).find("peak_ratio"), std::string::npos);
  EXPECT_NE(message(run("other", 0.8, "step/another")).find("in both"), std::string::npos);
}

TEST(Floors, follow_from_the_widest_gap_between_stored_cpus) {
  EXPECT_DOUBLE_EQ(widest_gap({{{"a", 1.0}, {"b", 0.5}}, {{"a", 0.8}, {"b", 0.3}}}), 0.6);
  EXPECT_DOUBLE_EQ(widest_gap({{{"a", 1.0}, {"b", 0.5}}}), 0.5) << "one CPU tells of no gap";
  EXPECT_DOUBLE_EQ(widest_gap({{{"a", 1.0}}, {{"b", 0.1}}}), 0.5) << "nor do two without a benchmark in common";
}

TEST_F(CompareFiles, a_run_below_a_floor_fails) {
  const std::string one = run("one", 0.8), other = run("other", 0.6);  // gap 0.75: the floor is 0.45
  for (const auto& [ratio, code] : {std::pair{0.5, 0}, {0.4, 1}}) {
    const std::string now = run("now", ratio);
    const std::vector<Floor> floors = floors_of(now, {one, other});
    ASSERT_EQ(floors.size(), 1u);
    EXPECT_NEAR(floors[0].floor, 0.45, 1e-9);
    std::string words[] = {"floors", now, one, other};
    char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data()};
    EXPECT_EQ(floors_command(4, arguments), code);
  }
  EXPECT_THROW(floors_of(run("elsewhere", 1, "step/another"), {one}), InputError);
}

}  // namespace
}  // namespace reprise::bench
