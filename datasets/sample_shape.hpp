#pragma once
// The shapes of what is trained on, known before any data are loaded.

#include <string>
#include <vector>

#include "datasets/manifest.hpp"
#include "suite/tensor/shape.hpp"

namespace reprise::datasets {

/// Of the images of a set: of photographs what their frame shows, of clips all frames, one below the other.
SampleShape image_shape(const DatasetEntry& entry, const std::vector<std::string>& preprocessing);
/// Of a sample, which is what a net sees: a part of the image where augmentation crops.
SampleShape sample_shape(const DatasetEntry& entry, const std::vector<std::string>& preprocessing,
                         const std::vector<std::string>& augmentation);

}  // namespace reprise::datasets
