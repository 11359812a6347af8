#pragma once

#include <vector>

namespace reprise::geometry {

using Matrix = std::vector<std::vector<double>>;  ///< rows

/// x of a x = b for each column of b, by elimination with pivots: for systems of some twenty unknowns. a [n, n], b [n, m] -> [n, m].
/// Of a singular system the result is not finite.
Matrix solve(Matrix a, Matrix b);

}  // namespace reprise::geometry
