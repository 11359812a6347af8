#pragma once
// One digest for a whole run record, independent of the file format that carries it.

#include <string>

#include "suite/records/run_record.hpp"

namespace reprise::records {

enum class Part {
  everything,  ///< every field
  repeatable,  ///< what must come out again on any number of ranks and threads: all but `timing`, `provenance` and `deviations`
};

/// SHA-256 over the fields in a fixed order, each with its name and length, numbers by their bits (so not-a-number equals itself).
std::string record_digest(const RunRecord& record, Part part);

}  // namespace reprise::records
