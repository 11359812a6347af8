#include "suite/errors.hpp"

namespace reprise {

std::string Complaint::text() const {
  std::string line = thing;
  if (!expected.empty()) line += ": expected " + expected;
  if (!found.empty()) line += (expected.empty() ? ": found " : ", found ") + found;
  if (!fix.empty()) line += ". " + fix;
  return line;
}

}  // namespace reprise
