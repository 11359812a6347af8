#include "suite/command/version.hpp"

namespace reprise::command {

std::string version_line() { return "reprise " REPRISE_VERSION; }

}  // namespace reprise::command
