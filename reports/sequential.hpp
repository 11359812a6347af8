#pragma once
// When seeds are added until a claim is decided: at which numbers of seeds it is looked at, and what each look may spend.
// README.md in this folder has the reasons and references.

#include <array>

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

}  // namespace reprise::reports
