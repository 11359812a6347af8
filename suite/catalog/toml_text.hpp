#pragma once
// Single values as TOML.

#include <string>

namespace reprise::catalog {

std::string quoted(const std::string& text);

/// Shortest text that reads back as the same double; a whole number gets ".0" so that it stays a float.
std::string number_toml(double value);

}  // namespace reprise::catalog
