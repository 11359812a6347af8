#pragma once
// SHA-256 of image sets.

#include <string>

#include "datasets/image_set.hpp"

namespace reprise::datasets {

/// SHA-256 over the text "channels height width classes count\n", the pixels and the labels (int32, little endian).
std::string image_set_digest(const ImageSet& set);

/// SHA-256 over the sorted SHA-256 of each image (its label as one byte, then its pixels): the same for any order of the
/// images. Needs classes <= 256.
std::string order_free_digest(const ImageSet& set);

}  // namespace reprise::datasets
