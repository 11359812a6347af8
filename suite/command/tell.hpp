#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace reprise::command {

/// Prints to standard error. If that fails (full disk, closed pipe), the text is lost and the work continues; fmt::print would throw.
template <typename... Args>
void tell(fmt::format_string<Args...> format, Args&&... args) {
  std::fputs(fmt::format(format, std::forward<Args>(args)...).c_str(), stderr);
}

}  // namespace reprise::command
