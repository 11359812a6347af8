#include "datasets/distortion.hpp"

#include <algorithm>
#include <array>

namespace reprise::datasets {

const DistortionEntry& entry_of(Distortion distortion) {
  static constexpr std::array kEntries{
      DistortionEntry{Distortion::rotation, "r", "turned at random", 28, 1},
      DistortionEntry{Distortion::pose, "rts", "turned, scaled and moved at random on 42x42 pixels", 42, 1},
      DistortionEntry{Distortion::projective, "p", "in a random perspective", 28, 1},
      DistortionEntry{Distortion::elastic, "e", "bent at random", 28, 1},
      DistortionEntry{Distortion::clutter, "tc", "at random places of 60x60 pixels, among pieces of others", 60, 1},
      DistortionEntry{Distortion::addition, "addition", "in pairs to be added, turned, scaled and moved at random on 42x42 pixels", 42, 2}};
  return *std::find_if(kEntries.begin(), kEntries.end(), [&](const DistortionEntry& entry) { return entry.distortion == distortion; });
}

}  // namespace reprise::datasets
