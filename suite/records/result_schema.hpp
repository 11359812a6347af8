#pragma once
// What a run record must satisfy before it is written and after it was read.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "suite/records/run_record.hpp"

namespace reprise::records {

inline constexpr const char* kSchema = "reprise result";
inline constexpr std::int64_t kSchemaVersion = 4;
inline constexpr std::int64_t kOldestSchemaVersion = 1;  ///< that is still read; see run_record.hpp for what it lacks

/// One way in which a record contradicts itself.
struct Fault {
  std::string object;  ///< path in the result file: "/metrics/test_error"
  std::string expected, found;
};

/// The first fault, if any: lengths that do not match, shapes that do not fit their values, names that cannot be paths
/// (empty, ".", "..", with '/'), texts that are not UTF-8 or contain a zero byte.
std::optional<Fault> find_fault(const RunRecord& record);

/// Removes each result, table, stack of images and tensor that has a fault of its own, and says which: what was trained for hours is not
/// lost with a picture. Faults of the rest stay.
std::vector<Fault> drop_faulty_parts(RunRecord& record);

}  // namespace reprise::records
