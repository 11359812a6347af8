#pragma once
// Images that are distorted when they are asked for: anew in every epoch of training, and once for tests.

#include <cstdint>
#include <vector>

#include "datasets/derived_sets.hpp"
#include "datasets/distortion.hpp"
#include "datasets/image_set.hpp"

namespace reprise::datasets {

/// `base`: chosen images of a split of grey images, `indices` their places in it. What is drawn for an image depends on the key, its split
/// and its place (Purpose::distortion; seed 0 without a key), its partner or the origin of the clutter on which images were chosen, too.
/// Returns a set without pixels of its own. Throws InputError for images of another shape than [1, 28, 28].
ImageSet distorted(ImageSet base, std::vector<std::int64_t> indices, Split split, Distortion distortion);

}  // namespace reprise::datasets
