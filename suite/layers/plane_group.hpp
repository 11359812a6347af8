#pragma once
// The turns and mirrorings of the plane that map a grid of pixels onto itself, and what they do to small square patches.
//
// Element g = 4 m + r turns by r quarters of a circle, counter-clockwise as an image is shown, and then, if m = 1, exchanges top and
// bottom. p4 has the four turns, p4m all eight elements. An orientation is an element, too: that in which a map has seen its input. Order
// and action are those of GrouPy (github.com/tscohen/GrouPy).

#include <cstdint>
#include <string_view>
#include <vector>

namespace reprise::layers {

enum class PlaneGroup { p4, p4m };

std::string_view name_of(PlaneGroup group);
/// Throws InputError listing "p4" and "p4m".
PlaneGroup plane_group(std::string_view name);

/// Elements, which is also the number of orientations: 4 or 8.
int orientations(PlaneGroup group);
/// First h, then g.
int product(int g, int h);
int inverse(int g);

/// cells[i]: the cell of a side x side patch, row by row, whose value cell i has once g has acted on the patch.
std::vector<std::int32_t> moved_cells(int g, std::int64_t side);

}  // namespace reprise::layers
