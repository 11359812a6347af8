#pragma once
// Two run records side by side: which inputs differ, which results differ. The work of `reprise diff A B`.

#include <cstdint>
#include <string>
#include <vector>

#include "suite/records/run_record.hpp"

namespace reprise::records {

/// One thing that is not the same on both sides; "(none)" on the side that does not have it.
struct Difference {
  std::string what;  ///< "seed", "metrics/test_error, first after epoch 3"
  std::string a, b;
};

/// A line of the recipe that only one side has. Unchanged lines are left out.
struct RecipeLine {
  bool in_a = false;      ///< else in b
  std::int64_t line = 0;  ///< from 1, in its own recipe
  std::string text;
};

struct Comparison {
  std::vector<RecipeLine> recipe;
  /// What may change results: paper, trial, scale, seed, data digests, code version, libraries, ISA, deviations.
  std::vector<Difference> inputs;
  /// What must not change results: ranks, threads, binding, host, CPU model, dates.
  std::vector<Difference> circumstances;
  /// Weights first: the first epoch whose digest differs; then metrics, predictions, scalars, tables, images, stored weights.
  std::vector<Difference> results;

  bool same_inputs() const { return recipe.empty() && inputs.empty(); }
  bool same_results() const { return results.empty(); }
};

/// Values are compared by bits, so not-a-number equals itself and -0 is not 0. Timing is not compared.
Comparison compare(const RunRecord& a, const RunRecord& b);

/// True for provenance keys that promise 1 declares irrelevant to results.
bool is_circumstance(const std::string& provenance_key);

}  // namespace reprise::records
