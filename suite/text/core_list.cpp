#include "suite/text/core_list.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <sstream>

namespace reprise::text {

std::set<int> read_core_list(const std::string& list) {
  std::set<int> cores;
  std::istringstream stream(list);
  for (std::string part; std::getline(stream, part, ',');) {
    int first = 0, last = 0;
    const int read = std::sscanf(part.c_str(), "%d-%d", &first, &last);
    for (int core = first; read > 0 && core <= (read == 2 ? last : first); ++core) cores.insert(core);
  }
  return cores;
}

std::string core_list(const std::set<int>& cores) {
  std::string list;
  for (auto core = cores.begin(); core != cores.end();) {
    const int first = *core;
    int last = first;
    while (++core != cores.end() && *core == last + 1) ++last;
    list += fmt::format("{}{}", list.empty() ? "" : ",", first);
    if (last > first) list += fmt::format("-{}", last);
  }
  return list;
}

}  // namespace reprise::text
