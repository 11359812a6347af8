#pragma once
// Reads one split of a known data set from its files and checks it against the manifest.

#include <cstdint>
#include <filesystem>
#include <vector>

#include "datasets/image_set.hpp"
#include "datasets/manifest.hpp"

namespace reprise::datasets {

/// The whole split in the order of its files, with classes and class names; digest left empty.
/// Checks, in this order: the files are there, their structure, image count and shape, labels, SHA-256, class histogram.
/// Throws InputError that names the file (and byte offset where there is one), expected, found and the fix.
ImageSet read_split(const DatasetEntry& entry, const SplitEntry& split, const std::filesystem::path& data_directory);

/// Images a class.
std::vector<std::int64_t> class_histogram(const ImageSet& set);

/// The histogram that the manifest expects: the one given, or equal shares; empty for an .amat file.
std::vector<std::int64_t> expected_histogram(const DatasetEntry& entry, const SplitEntry& split);

}  // namespace reprise::datasets
