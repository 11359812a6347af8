#pragma once
// How runs of one trial spread over seeds, and what a trial of two or three seeds may borrow from its neighbours.
// README.md in this folder has the rule, its reasons and references.

#include <optional>
#include <vector>

namespace reprise::reports {

/// A variance of one run, and the degrees of freedom behind it. Of fewer than two seeds: 0 and 0.
struct Spread {
  double variance = 0;
  double df = 0;
  bool borrowed = false;  ///< in part from other trials
};

/// Of the sample itself: n - 1 in the denominator.
Spread spread_of(const std::vector<double>& values);

/// What the trials of a paper at one scale say about a spread, before a trial's own seeds.
struct PriorSpread {
  double variance = 0;
  double df = 0;        ///< how many degrees of freedom it is worth
  double total_df = 0;  ///< of all trials together; a borrowed spread has no more
};

constexpr std::size_t kMinTrials = 8;  ///< fewer say too little about how unlike spreads are
constexpr double kMaxPriorDf = 4;
constexpr int kMaxBorrowingSeeds = 3;

/// Smyth's (2004) estimate from the logarithms of the variances, with its variance raised to the upper quartile and its degrees of freedom
/// cut at kMaxPriorDf. Trials without spread are passed over. Nothing from fewer than kMinTrials.
std::optional<PriorSpread> prior_spread(const std::vector<Spread>& spreads);

/// The moderated spread of a trial of at most kMaxBorrowingSeeds seeds; else its own.
Spread moderated(const Spread& own, const std::optional<PriorSpread>& prior);

}  // namespace reprise::reports
