#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace reprise::command {

/// Text to standard error. Where that cannot be written (a full disk, a closed pipe) the text is lost, not the work it is about:
/// fmt::print would throw.
template <typename... Args>
void tell(fmt::format_string<Args...> format, Args&&... args) {
  std::fputs(fmt::format(format, std::forward<Args>(args)...).c_str(), stderr);
}

}  // namespace reprise::command
