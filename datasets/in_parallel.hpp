#pragma once

#include <cstdint>
#include <functional>

namespace reprise::datasets {

/// Calls work(first, last) for blocks of at most `block` of the numbers below `count`, on as many threads as there are cores; what it does
/// must not depend on which thread it is on. Throws the exception of the lowest block that threw one, after all have ended.
void in_parallel(std::int64_t count, std::int64_t block, const std::function<void(std::int64_t first, std::int64_t last)>& work);

}  // namespace reprise::datasets
