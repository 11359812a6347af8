#pragma once
// What can be measured: each metric's name, unit, meaning and which way is better. Published numbers, series of a run and results of
// analyses are named by this table; nothing is read out of a name.

#include <string>
#include <string_view>
#include <vector>

namespace reprise::metrics {

enum class Better { lower, higher, neither };

std::string_view name_of(Better better);
/// "lower", "higher" or "neither"; anything else is neither.
Better better_named(std::string_view name);

struct Metric {
  std::string_view name;  ///< "test_error"
  std::string_view unit;  ///< as CF writes it: "percent", "s"; "1" for a plain number
  Better better;
  std::string_view long_name;  ///< "share of test images classified wrongly"
};

/// Throws InputError, with the nearest name, for one that is not in the table.
const Metric& find(std::string_view name);
/// Null where there is none.
const Metric* find_if_known(std::string_view name);
const std::vector<Metric>& all();

}  // namespace reprise::metrics
