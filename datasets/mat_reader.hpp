#pragma once
// Reader of MATLAB files (versions 5 and 7.3) with labelled images, in the layout of SVHN's cropped digits: X [height, width, channels,
// count] of bytes and y [count, 1] with classes from 1 on, of which the last is stored here as 0 (SVHN: label 10 is the digit 0).

#include <filesystem>
#include <string>

#include "datasets/image_set.hpp"

namespace reprise::datasets {

/// Parsed in a child process, since damage may crash matio. Appends the images of a file to `set`, whose size and number of classes are
/// given. Returns the file's SHA-256. A file whose SHA-256 is not `sha256` (unless that is empty) is refused before it is parsed. Throws
/// InputError that names the file, the variable, expected, found and `fix`: for a file that is missing or no MATLAB file, a variable that
/// is missing or of another type or size, and a label that is none of the classes.
std::string append_mat(const std::filesystem::path& path, const std::string& sha256, const std::string& fix, ImageSet& set);

}  // namespace reprise::datasets
