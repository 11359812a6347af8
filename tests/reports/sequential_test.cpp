#include "reports/statistics/sequential.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "reports/statistics/decision.hpp"
#include "reports/statistics/statistics.hpp"

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

TEST(Sequential, levels_are_those_of_the_readme) {
  const std::array of_looks{0.0006, 0.0008, 0.0020, 0.0056, 0.0367};
  for (std::size_t i = 0; i < kLooks.size(); ++i) EXPECT_NEAR(level_at(kLooks[i]), of_looks[i], 0.00005) << kLooks[i];
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

MeanOfRuns mean_of(const std::vector<double>& values) {
  return {summarize(values).mean, spread_of(values), static_cast<double>(values.size())};
}

/// An order of nets with these means and deviation 1, looked at after each seed from the first look on: how often it is decided, rightly or
/// not. Neighbours share the runs of the net between them.
struct OrderErrors {
  double reproduced = 0, refuted = 0;
};

OrderErrors decisions_on_order(const std::vector<double>& means, int repetitions) {
  std::mt19937_64 generator(11);
  std::normal_distribution<double> normal;
  int reproduced = 0, refuted = 0;
  for (int i = 0; i < repetitions; ++i) {
    std::vector<std::vector<double>> values(means.size());
    bool ever_reproduced = false, ever_refuted = false;
    for (int n = 1; n <= kMostSeeds; ++n) {
      for (std::size_t net = 0; net < means.size(); ++net) values[net].push_back(means[net] + normal(generator));
      if (n < kLooks.front()) continue;
      std::vector<Comparison> parts(means.size() - 1);
      for (std::size_t p = 0; p < parts.size(); ++p) {
        parts[p].region = {0, std::numeric_limits<double>::infinity(), false};
        parts[p].estimate = difference_of(mean_of(values[p]), mean_of(values[p + 1]));
        parts[p].level = level_at(n);
        parts[p].decision = decide(parts[p].estimate, parts[p].region, parts[p].level);
      }
      const Decision decision = decide_all(parts).decision;
      ever_reproduced = ever_reproduced || decision == Decision::inside;
      ever_refuted = ever_refuted || decision == Decision::outside;
    }
    reproduced += ever_reproduced;
    refuted += ever_refuted;
  }
  return {static_cast<double>(reproduced) / repetitions, static_cast<double>(refuted) / repetitions};
}

TEST(Sequential, looking_again_at_an_order_errs_no_more_often_than_stated) {
  constexpr int kRepetitions = 4000;
  const double four_deviations = 4 * std::sqrt(kErrorRate * (1 - kErrorRate) / kRepetitions);
  // Nets alike: either decision is wrong. One step without an effect between two large ones: so is "reproduced".
  const OrderErrors alike = decisions_on_order({0, 0, 0, 0}, kRepetitions), one_step = decisions_on_order({8, 4, 4, 0}, kRepetitions);
  EXPECT_LE(alike.reproduced + alike.refuted, kErrorRate + four_deviations);
  EXPECT_LE(one_step.reproduced, kErrorRate / 2 + four_deviations);
  EXPECT_LE(one_step.refuted, kErrorRate / 2 + four_deviations);
  EXPECT_GT(one_step.reproduced, 0.005);  // the step is put to the test at all
  // An order that holds is found, one that is upside down is refuted.
  EXPECT_GT(decisions_on_order({6, 4, 2, 0}, kRepetitions / 10).reproduced, 0.9);
  EXPECT_GT(decisions_on_order({6, 2, 4, 0}, kRepetitions / 10).refuted, 0.9);
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

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Region kMoreThanZero{0, kInfinity, false};

const Rule kClaim = rule_of_claim(kMoreThanZero);
const Rule kNumber = rule_of_published_number({-2, 2, true});

TEST(Forecasts, an_effect_is_drawn_to_where_it_is_hardest_to_decide) {
  EXPECT_DOUBLE_EQ(shrunk({2, 1, 4}, kClaim), 1.6);                                // t = 2: 4/5 of 2
  EXPECT_DOUBLE_EQ(shrunk({-1, 1, 4}, kClaim), -0.5);                              // t = 1: half
  EXPECT_DOUBLE_EQ(shrunk({0.5, 0.5, 4}, rule_of_claim({-1.5, 1.5, true})), 0.7);  // 1 from the upper bound, t = 2
  EXPECT_DOUBLE_EQ(shrunk({3, 1, 4}, kNumber), 2.6);                               // 2 from half the margin, t = 2
  EXPECT_DOUBLE_EQ(shrunk({3, 0, 4}, kClaim), 3);                                  // no spread, no luck
}

/// A side with this variance of one seed.
Side side(const std::string& trial, double variance, int seeds) {
  Side of;
  of.trial = trial;
  of.spread = {variance, seeds - 1.0};
  for (int seed = 1; seed <= seeds; ++seed) of.seeds.push_back(seed);
  return of;
}

Comparison comparison_of(double value, const Side& left, const Side& right, double of_published = 0) {
  Comparison now;
  now.left = left;
  now.right = right;
  double variance = of_published;
  for (const Side* one : {&left, &right})
    if (!one->seeds.empty()) variance += one->spread.variance / static_cast<double>(one->seeds.size());
  now.estimate = {value, std::sqrt(variance), right.seeds.empty() ? left.spread.df : left.spread.df + right.spread.df};
  return now;
}

TEST(Forecasts, a_later_look_has_the_error_and_the_degrees_of_freedom_of_its_seeds) {
  const Later equal = later_look(comparison_of(1, side("a", 3, 3), side("b", 3, 3)), 5);
  EXPECT_NEAR(equal.growth, 5.0 / 3, 1e-12);
  EXPECT_NEAR(equal.df, 8, 1e-12);
  EXPECT_EQ(equal.level, level_at(5));
  const Later one_grows = later_look(comparison_of(1, side("a", 8, 8), side("b", 4, 4)), 8);  // 1 + 1 now, 1 + 1/2 then
  EXPECT_NEAR(one_grows.growth, 2 / 1.5, 1e-12);
  EXPECT_NEAR(one_grows.df, 1.5 * 1.5 / (1.0 / 7 + 0.25 / 7), 1e-12);
  const Later published = later_look(comparison_of(1, side("a", 4, 4), {}, 1), 8);  // 1 + 1 now, 1/2 + 1 then
  EXPECT_NEAR(published.growth, 2 / 1.5, 1e-12);
  EXPECT_NEAR(published.df, 7, 1e-12);
}

TEST(Forecasts, power_is_that_of_the_t_test) {
  // G*Power 3.1: one sample, d = 1, n = 10: 0.8031; two samples, d = 0.8, n = 20 each: 0.6934; both two-sided at 0.05.
  EXPECT_NEAR(power(1, std::sqrt(1.0 / 10), 9, kClaim, 0.05), 0.8031, 1e-3);
  EXPECT_NEAR(power(0.8, std::sqrt(2.0 / 20), 38, kClaim, 0.05), 0.6934, 1e-3);
  EXPECT_NEAR(power(0, 1, 9, kClaim, 0.05), 0.05, 1e-3);
  // Spread known, margin 3: inside if |M| < 3 - 1.96; of a number also if |M| > 1.96. Phi(1.04) = 0.850830.
  EXPECT_NEAR(power(0, 1, 1e6, rule_of_claim({-3.0, 3.0, true}), 0.05), 2 * 0.850830 - 1, 1e-3);
  EXPECT_NEAR(power(0, 1, 1e6, rule_of_published_number({-3.0, 3.0, true}), 0.05), 2 * 0.850830 - 1 + 0.05, 1e-3);
  EXPECT_NEAR(power(0, 1, 1e6, rule_of_published_number({-4.0, 4.0, true}), 0.05), 1, 1e-12);  // the two overlap: one of them holds
}

TEST(Forecasts, a_chance_is_the_normal_one_where_the_spread_is_known) {
  // One unit of information now, t = 3; as much again: M = (3 + X) / 2 with X ~ N(2.7, 1 + 0.9), decided if |M| sqrt(2) > 1.959964.
  const double edge = 1.959964 * std::sqrt(2.0) - 3;
  const double expected = 0.5 * std::erfc((edge - 2.7) / std::sqrt(1.9) / std::sqrt(2.0));
  const double half_a_part = 1.0 / 64;  // X is cut into 32
  EXPECT_NEAR(chance_of_decision({3, 1, 1e6}, kClaim, {2, 2e6, 0.05}), expected, half_a_part);
  EXPECT_NEAR(chance_of_decision({3, 1, 1e6}, kClaim, {2, 1e5, 0.05}), expected, half_a_part);  // spread borrowed now, its own then
  EXPECT_EQ(chance_of_decision({3, 0, 4}, kClaim, {2, 8, 0.05}), 1);
  EXPECT_EQ(chance_of_decision({0, 0, 4}, kClaim, {2, 8, 0.05}), 0);
  EXPECT_TRUE(std::isnan(chance_of_decision({3, kInfinity, 0}, kClaim, {2, 1, 0.05})));
}

TEST(Forecasts, seeds_are_forecast_from_three_on) {
  EXPECT_FALSE(seeds_for_power(comparison_of(9, side("a", 1, 2), side("b", 1, 2)), kClaim));
  EXPECT_EQ(seeds_for_power(comparison_of(0, side("a", 1, 3), side("b", 1, 3)), kClaim), kMostSeedsForecast + 1);
  EXPECT_EQ(seeds_for_power(comparison_of(1, side("a", 0, 3), side("b", 0, 3)), kClaim), 4);
}

/// `seeds` seeds of a two-sided comparison with this effect: whether Welch's test decides at the level of so many seeds.
bool welch_decides(double effect, double left_sd, double right_sd, int seeds, std::mt19937_64& generator, CriticalValues& critical) {
  std::normal_distribution<double> normal;
  std::vector<double> left, right;
  for (int i = 0; i < seeds; ++i) {
    left.push_back(effect + left_sd * normal(generator));
    right.push_back(right_sd * normal(generator));
  }
  const Summary a = summarize(left), b = summarize(right);
  const double x = a.sd * a.sd, y = b.sd * b.sd;
  const double df = (x + y) * (x + y) * (seeds - 1) / (x * x + y * y);
  return std::abs(a.mean - b.mean) > critical.at(seeds, df) * std::sqrt((x + y) / seeds);
}

TEST(Forecasts, seeds_that_are_forecast_have_the_power_within_five_points) {
  std::mt19937_64 generator(11);
  CriticalValues critical;
  constexpr int kRepetitions = 4000;
  for (const double ratio : {1.0, 3.0}) {
    for (const double effect : {0.8, 1.2, 2.0, 4.0}) {
      const double left_sd = ratio, right_sd = 1, scale = std::hypot(left_sd, right_sd);
      const double true_effect = effect * scale;
      // What three seeds would show for the shrunk effect to be the true one: e^3 / (e^2 + s^2) = true effect.
      const double error = scale / std::sqrt(3);
      double shown = true_effect;
      for (int i = 0; i < 200; ++i) shown = true_effect * (1 + error * error / (shown * shown));
      const Comparison pilot = comparison_of(shown, side("left", left_sd * left_sd, 3), side("right", right_sd * right_sd, 3));
      ASSERT_NEAR(shrunk(pilot.estimate, kClaim), true_effect, 1e-6);
      const int seeds = *seeds_for_power(pilot, kClaim);
      const Later later = later_look(pilot, seeds);
      const double forecast = power(true_effect, error / std::sqrt(later.growth), later.df, kClaim, later.level);
      int decided = 0;
      for (int i = 0; i < kRepetitions; ++i) decided += welch_decides(true_effect, left_sd, right_sd, seeds, generator, critical);
      EXPECT_NEAR(static_cast<double>(decided) / kRepetitions, forecast, 0.05) << ratio << ", " << effect << ": " << seeds << " seeds";
      EXPECT_GE(forecast, kForecastPower);
      RecordProperty(fmt::format("ratio {} effect {}", ratio, effect), fmt::format("{} seeds, forecast {:.3f}, simulated {:.3f}", seeds,
                                                                                   forecast, static_cast<double>(decided) / kRepetitions));
    }
  }
}

/// Claims with effects from a normal population of this many standard deviations of a seed, undecided at `now` seeds.
struct Chances {
  double forecast = 0, decided = 0;
};
Chances chances_of(double population, int now, std::mt19937_64& generator) {
  std::normal_distribution<double> normal;
  CriticalValues critical;
  const int then = next_look(now);
  constexpr int kClaims = 800;
  Chances sum;
  for (int claims = 0; claims < kClaims;) {
    const double effect = population * normal(generator);
    std::vector<double> values;
    bool early = false, decided = false;
    MeanEstimate at_now;
    for (int n = 1; n <= then; ++n) {
      values.push_back(effect + normal(generator));
      if (last_look(n) != n) continue;
      const Summary summary = summarize(values);
      const MeanEstimate estimate{summary.mean, summary.sd / std::sqrt(n), n - 1.0};
      decided = std::abs(estimate.value) > critical.at(n, estimate.df) * estimate.error;
      if (n <= now && decided) early = true;
      if (n == now) at_now = estimate;
    }
    if (early) continue;
    ++claims;
    sum.forecast += chance_of_decision(at_now, kClaim, {static_cast<double>(then) / now, then - 1.0, level_at(then)}) / kClaims;
    sum.decided += static_cast<double>(decided) / kClaims;
  }
  return sum;
}

// Of one population a chance cannot be right: it does not know from which the effects are. Over effects of all sizes it is.
TEST(Forecasts, as_many_are_decided_at_the_next_look_as_was_forecast_within_five_points) {
  std::mt19937_64 generator(5);
  const std::vector<double> populations{0.5, 1, 2, 4};
  for (const int now : {3, 5, 8, 12}) {
    Chances mean;
    for (const double population : populations) {
      const Chances chances = chances_of(population, now, generator);
      mean.forecast += chances.forecast / static_cast<double>(populations.size());
      mean.decided += chances.decided / static_cast<double>(populations.size());
    }
    EXPECT_NEAR(mean.decided, mean.forecast, 0.05) << now;
    RecordProperty(fmt::format("from {} seeds", now), fmt::format("forecast {:.3f}, decided {:.3f}", mean.forecast, mean.decided));
  }
}

}  // namespace
}  // namespace reprise::reports
