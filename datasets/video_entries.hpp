#pragma once
// The sets of videos that reprise knows.

#include <string>
#include <vector>

#include "datasets/manifest.hpp"

namespace reprise::datasets {

/// UCF-101, each of its three splits a set, and Sports-1M.
std::vector<DatasetEntry> video_entries();

/// What a user can do to get the frames of such a set.
std::string how_to_get_videos(const DatasetEntry& entry);

}  // namespace reprise::datasets
