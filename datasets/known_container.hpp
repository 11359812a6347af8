#pragma once
// A container of a set that the manifest knows is held to what it says: whoever wrote the file may have meant another.

#include <filesystem>

#include "datasets/image_set.hpp"
#include "datasets/manifest.hpp"

namespace reprise::datasets {

/// Throws InputError that names file, expected and found unless size, channels, classes and numbers of images are those of the entry, of
/// each class too where they are known.
void require_as_in_manifest(const DatasetEntry& entry, const Dataset& data, const std::filesystem::path& path);

}  // namespace reprise::datasets
