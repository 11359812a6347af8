#pragma once
// A curve in characters, for a terminal.

#include <string>
#include <utility>
#include <vector>

namespace reprise::command {

using Points = std::vector<std::pair<double, double>>;

/// `points` (by ascending x) in `width` x `height` characters, axes included: the mean of the points of each column, as '*'. The vertical
/// axis is logarithmic if all values are positive and span more than a factor of 20. Points that are not finite are left out; "" if none is
/// left, or the room is too small.
std::vector<std::string> chart(const Points& points, int width, int height);

}  // namespace reprise::command
