#pragma once
// Where two executions of one run part: the work of `reprise verify`.

#include <optional>
#include <string>

#include "suite/records/run_record.hpp"

namespace reprise::records {

/// What of two records was compared, and the first place where they differ.
struct Divergence {
  std::int64_t rows = 0;   ///< rows of the history that both have, from `from_epoch` on
  std::int64_t steps = 0;  ///< the last step whose losses were compared
  bool differs = false;
  double epoch = -1;                           ///< of the first row that differs; -1: none does
  std::int64_t after_step = -1, by_step = -1;  ///< losses first differ in (after_step, by_step]; -1: they do not
  std::string layer;                           ///< first layer, in the graph's order, whose weights differ in that row; "" if none is known
  std::string what;                            ///< "weights", "optimizer state", "metric test_error", "losses"
};

/// `again` may be shorter than `then`: a part that was executed again.
Divergence find_divergence(const RunRecord& then, const RunRecord& again, double from_epoch);

/// One line: "identical: ..." or "differs: ...".
std::string divergence_text(const Divergence& divergence);

}  // namespace reprise::records
