#pragma once
// The binary files of STL-10 (Coates, Ng, Lee 2011, https://cs.stanford.edu/~acoates/stl10): images of 3 x 96 x 96 bytes, plane by plane,
// each plane column by column; labels of a byte from 1 on; subsets of the training images as lines of numbers from 0 on.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/image_set.hpp"
#include "datasets/manifest.hpp"

namespace reprise::datasets {

/// "stl-10", and "stl-10-unlabelled": the images without labels, all of one class, and no test images.
std::vector<DatasetEntry> stl10_entries();

/// Appends `count` images of a file to `set`, whose size is given; labels are those of `labels`, or 0 if that is empty. Throws InputError
/// that names file, byte offset, expected, found and `fix`: for a file that is missing or of another size, and a label that is none of the
/// set's classes.
void append_stl10(const std::filesystem::path& images, const std::filesystem::path& labels, std::int64_t count, const std::string& fix,
                  ImageSet& set);

/// The subsets of the training images that a data set comes with, in the order of their file. Throws InputError for a set without any, and
/// for a file that is missing, has a number that is none of an image, or the same image twice in a subset.
std::vector<std::vector<std::int64_t>> folds_of(const std::string& name, const std::filesystem::path& data_directory);

}  // namespace reprise::datasets
