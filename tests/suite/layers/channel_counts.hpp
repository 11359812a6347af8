#pragma once
// Channel counts with and without remainders of sixteen lanes.

namespace reprise::tests {
inline constexpr long kChannelCounts[] = {1, 3, 10, 17, 24, 64};
}
