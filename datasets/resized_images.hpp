#pragma once
// The images of a set at another size.

#include <memory>

#include "datasets/image_set.hpp"

namespace reprise::datasets {

/// The same images, the shorter side resized to `side`, of which the central square is seen; resized in whole numbers, as photographs are
/// (photograph_frame.hpp). Photographs are resized from their own size, any others from the set's. Keeps a reference to `set`. Throws
/// InputError for a side below 1.
std::shared_ptr<const ImageSet> resized(const ImageSet& set, int side);

}  // namespace reprise::datasets
