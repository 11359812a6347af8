#pragma once
// CIFAR-10-C and CIFAR-100-C (Hendrycks & Dietterich 2019, arXiv 1903.12261; https://zenodo.org/records/2535967 and 3555552): the test
// images of a set, corrupted in many ways. A folder has CORRUPTION.npy, bytes [5 N, height, width, channels], for each way: all N test
// images at severity 1, then all of them at severity 2, up to 5; labels.npy [5 N] has the labels of all of these files.

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/image_set.hpp"
#include "datasets/manifest.hpp"

namespace reprise::datasets {

inline constexpr int kSeverities = 5;

/// Sets of the test images of these two: "NAME-c" has the 15 corruptions that mean errors are over, "NAME-c-extra" the other four. No
/// training images.
std::vector<DatasetEntry> corrupted_entries(const DatasetEntry& cifar10, const DatasetEntry& cifar100);

/// Test images of the set that a corrupted one is made from.
std::int64_t clean_count(const DatasetEntry& entry);

/// Every corruption of the clean test images at these places (none: of all), in groups: the first corruption at severities 1 to 5, the
/// second one, and so on. Pixels stay in the files, from which they are read when they are asked for; each file is read once here, for the
/// digest. Throws InputError that names file, expected, found and the fix: for a file that is missing or NpyFile refuses, another type or
/// shape, a label that is none of the set's, labels that are not the same at all severities or not as many of each class.
ImageSet corrupted_images(const DatasetEntry& entry, const std::filesystem::path& data_directory,
                          const std::vector<std::int64_t>& places = {});

}  // namespace reprise::datasets
