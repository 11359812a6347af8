#pragma once

#include <string>

namespace reprise::command {

/// "reprise 0.1.0"
std::string version_line();

}  // namespace reprise::command
