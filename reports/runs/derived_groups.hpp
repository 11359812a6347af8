#pragma once
// Groups that no run was made for: runs as an evaluation at their end sees them, and ensembles of kept scores.

#include <deque>
#include <vector>

#include "reports/runs/run_groups.hpp"

namespace reprise::reports {

/// The groups of a paper's runs, each followed by one for each of its evaluations, under the name "TRIAL@EVALUATION", then ensembles, under
/// their ids. Published numbers go with the group that their evaluation names. An ensemble has one member "run" for each `seeds` seeds that
/// all its members have, in their order: the mean of the members' probabilities. Only runs of one scale, data set, variation, answer
/// version and of the same test images are put together.
class DerivedGroups {
 public:
  DerivedGroups(const catalog::Paper& paper, const std::vector<RunGroup>& groups);
  DerivedGroups(const DerivedGroups&) = delete;
  DerivedGroups& operator=(const DerivedGroups&) = delete;

  const std::vector<RunGroup>& all() const { return all_; }

 private:
  RunGroup seen_through(const RunGroup& group, const std::string& evaluation);
  void add_ensembles(const catalog::Paper& paper, const catalog::Ensemble& ensemble, const std::vector<RunGroup>& groups);

  std::deque<records::RunRecord> records_;  ///< of the groups that were added
  std::vector<RunGroup> all_;
};

}  // namespace reprise::reports
