#pragma once
// Lists of processor cores as Linux writes them: "0-3,8".

#include <set>
#include <string>

namespace reprise::text {

std::set<int> read_core_list(const std::string& list);
std::string core_list(const std::set<int>& cores);

}  // namespace reprise::text
