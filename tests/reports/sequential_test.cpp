#include "reports/sequential.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

#include "reports/statistics.hpp"

namespace reprise::reports {
namespace {

constexpr double kSpent = 0.04;  // of the 5 %, with spreads that are known and readings at the looks alone
constexpr int kMostSeeds = 20;

TEST(Sequential, looks_are_the_last_below_and_the_next_above) {
  EXPECT_EQ(last_look(2), 0);
  EXPECT_EQ(last_look(3), 3);
  EXPECT_EQ(last_look(7), 5);
  EXPECT_EQ(last_look(50), 20);
  EXPECT_EQ(next_look(0), 3);
  EXPECT_EQ(next_look(3), 5);
  EXPECT_EQ(next_look(11), 12);
  EXPECT_EQ(next_look(20), 0);
}

TEST(Sequential, nothing_is_decided_below_the_first_look) {
  EXPECT_EQ(level_at(1), 0);
  EXPECT_EQ(level_at(2), 0);
}

TEST(Sequential, the_first_look_spends_what_the_spending_function_gives_it) {
  const double spent = kSpent * (std::exp(4 * 0.15) - 1) / (std::exp(4.0) - 1);  // 3 of 20 seeds
  EXPECT_NEAR(level_at(3), spent, 1e-12);
}

TEST(Sequential, levels_rise_from_look_to_look_and_hold_between_them) {
  for (std::size_t i = 1; i < kLooks.size(); ++i) EXPECT_GT(level_at(kLooks[i]), level_at(kLooks[i - 1]));
  EXPECT_EQ(level_at(4), level_at(3));
  EXPECT_EQ(level_at(19), level_at(12));
  EXPECT_EQ(level_at(100), level_at(20));
  EXPECT_LT(level_at(20), kErrorRate);
}

/// Two-sided critical values by level and degrees of freedom, the latter rounded down to a hundredth.
class CriticalValues {
 public:
  double at(int seeds, double df) {
    std::vector<double>& row = of_look_[last_look(seeds)];
    const auto place = static_cast<std::size_t>(df * 100);
    if (row.size() <= place) row.resize(place + 1, 0);
    if (row[place] == 0) row[place] = student_t_quantile(1 - level_at(seeds) / 2, static_cast<double>(place) / 100);
    return row[place];
  }

 private:
  std::map<int, std::vector<double>> of_look_;
};

/// Seeds added one by one to two sides without a difference; standard deviations of the two, or one side against zero ("paired").
struct Case {
  const char* name;
  double left_sd, right_sd;
  bool paired;
};

struct Errors {
  double at_looks = 0, at_every_count = 0;
};

Errors errors_without_effect(const Case& of, int repetitions) {
  std::mt19937_64 generator(7);
  std::normal_distribution<double> normal;
  CriticalValues critical;
  int at_looks = 0, at_every_count = 0;
  for (int i = 0; i < repetitions; ++i) {
    double left = 0, left_squares = 0, right = 0, right_squares = 0;
    bool at_look = false, at_any = false;
    for (int n = 1; n <= kMostSeeds; ++n) {
      const double x = of.left_sd * normal(generator), y = of.paired ? 0 : of.right_sd * normal(generator);
      left += x, left_squares += x * x, right += y, right_squares += y * y;
      if (n < kLooks.front()) continue;
      const double of_left = (left_squares - left * left / n) / (n - 1), of_right = (right_squares - right * right / n) / (n - 1);
      const double sum = of_left + of_right;
      const double df = of.paired ? n - 1 : sum * sum * (n - 1) / (of_left * of_left + of_right * of_right);
      if (std::abs(left - right) / n < critical.at(n, df) * std::sqrt(sum / n)) continue;
      at_any = true;
      at_look = at_look || last_look(n) == n;
    }
    at_looks += at_look;
    at_every_count += at_any;
  }
  return {static_cast<double>(at_looks) / repetitions, static_cast<double>(at_every_count) / repetitions};
}

TEST(Sequential, looking_again_errs_no_more_often_than_stated_with_estimated_spreads) {
  for (const Case& of : {Case{"paired", 1, 0, true}, Case{"equal spreads", 1, 1, false}, Case{"spreads 3 to 1", 3, 1, false},
                         Case{"spreads 10 to 1", 10, 1, false}}) {
    const Errors errors = errors_without_effect(of, 100000);
    EXPECT_LE(errors.at_looks, kErrorRate) << of.name;
    EXPECT_LE(errors.at_every_count, kErrorRate) << of.name;
    EXPECT_GT(errors.at_looks, 0.75 * kSpent) << of.name;  // safe, but not wasteful
    RecordProperty(std::string(of.name) + ", at looks", std::to_string(errors.at_looks));
    RecordProperty(std::string(of.name) + ", at every count", std::to_string(errors.at_every_count));
  }
}

TEST(Sequential, looks_spend_what_is_planned_where_the_spread_is_known) {
  std::mt19937_64 generator(3);
  std::normal_distribution<double> normal;
  constexpr int kRepetitions = 100000;
  std::map<int, double> boundary;
  for (const int look : kLooks) boundary[look] = student_t_quantile(1 - level_at(look) / 2, 1e9);
  int errors = 0;
  for (int i = 0; i < kRepetitions; ++i) {
    double sum = 0;
    bool decided = false;
    for (int n = 1; n <= kMostSeeds; ++n) {
      sum += normal(generator);
      if (boundary.contains(n)) decided = decided || std::abs(sum) > boundary[n] * std::sqrt(n);
    }
    errors += decided;
  }
  const double four_deviations = 4 * std::sqrt(kSpent * (1 - kSpent) / kRepetitions);
  EXPECT_NEAR(static_cast<double>(errors) / kRepetitions, kSpent, four_deviations);
}

}  // namespace
}  // namespace reprise::reports
