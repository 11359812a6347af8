#pragma once
// When seeds are added until a claim is decided: at which numbers of seeds it is looked at, and what each look may spend.
// README.md in this folder has the reasons and references.

#include <array>
#include <optional>

#include "reports/statistics/decision.hpp"

namespace reprise::reports {

/// Numbers of seeds at which a claim or comparison is looked at, fixed in advance.
inline constexpr std::array kLooks{3, 5, 8, 12, 20};

/// Two-sided error rate of a verdict, all looks together.
inline constexpr double kErrorRate = 0.05;

/// The last look at or below so many seeds, 0 below the first; the first look above, 0 if there is none.
int last_look(int seeds);
int next_look(int seeds);

/// The two-sided level of a verdict at so many seeds: a claim is decided if its interval of confidence 1 - level_at(seeds), a t interval,
/// excludes what decides otherwise. 0 below the first look, where nothing is decided; between looks, and above the last one, the level of
/// the last look.
///
/// Error is spent as by Hwang, Shih and DeCani (1990) with gamma = -4, in the framework of Lan and DeMets (1983): much as O'Brien and
/// Fleming's design, but 3 seeds can decide if the effect is large. Levels are those of normal boundaries and are meant for t
/// quantiles with the degrees of freedom of the look. What is spent is less than kErrorRate, since estimated spreads and readings between
/// looks cost error: with it, reading at every number of seeds from 3 to 20 errs in at most 5 % of cases without an effect, by Welch's
/// test with spreads that differ tenfold, too (sequential_test).
double level_at(int seeds);

/// What a look may find: the interval lies inside one region, or has nothing in common with another.
struct Rule {
  Region inside, apart;
};
Rule rule_of_claim(const Region& claimed);
/// Equivalent within the margin, or different.
Rule rule_of_published_number(const Region& margin);

/// A later look at an estimate.
struct Later {
  double growth = 1;  ///< squared standard error now over that of the later look
  double df = 0;      ///< degrees of freedom then
  double level = 0;   ///< two-sided
};
/// With at least so many seeds on each side that is ours: the spreads stay as they are and have the degrees of freedom of their seeds
/// (Welch); what a published number adds to the error stays, too.
Later later_look(const Comparison& now, int seeds);

/// The estimate drawn to the nearest value where it is hardest to decide, of a claim the bound of its region: of an effect that lies t
/// standard errors from there the share t^2 / (1 + t^2) is believed. What looks large in few seeds is in part luck.
double shrunk(const MeanEstimate& now, const Rule& rule);

/// The probability that a look decides, from the estimate of now, the shrunk effect and its uncertainty. The seeds there are count.
/// 1 for an estimate without any spread that decides, 0 for one that does not; NaN if the spread is unknown.
double chance_of_decision(const MeanEstimate& now, const Rule& rule, const Later& later);

/// The probability that new seeds alone decide, if this were the true effect, with such a standard error estimated with df degrees of
/// freedom.
double power(double effect, double error, double df, const Rule& rule, double level);

/// The smallest number of seeds that has 80 % power if the shrunk effect were the true one: what a report forecasts. Nothing of fewer than
/// three seeds, whose effect and spread say too little; kMostSeedsForecast + 1 for more than that.
inline constexpr int kMostSeedsForecast = 1000;
inline constexpr double kForecastPower = 0.8;
std::optional<int> seeds_for_power(const Comparison& now, const Rule& rule);

/// A claim is given up if the chance of a decision at the last look is below this.
inline constexpr double kFutileBelow = 0.1;

}  // namespace reprise::reports
