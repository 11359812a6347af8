#pragma once
// A data set in one HDF5 file, for data that has no format of its own here:
//   /train/images, /test/images   uint8 [count, channels, height, width], or [count, height, width, channels] if their attribute `layout`
//   is
//                                 "NHWC"; "NCHW" is taken without that attribute, too, unless the shape looks like the other one
//   /train/labels, /test/labels   any integer type [count], from 0
//   class_names                   attribute of the root: array of strings, optional

#include <filesystem>
#include <string>

#include "datasets/image_set.hpp"

namespace reprise::datasets {

/// Reads both splits; digests are left empty. `fix` ends each message. Throws InputError that names file, data set, expected and found
/// for a file that is no HDF5 or is damaged, a missing or wrongly shaped data set, splits of different image shapes, labels
/// below 0 or not below the number of class names (without names: of classes, largest label + 1, at most 65536). The HDF5 library reads the
/// file in a child process: whatever damage does to it (crash, endless loop) is an InputError here.
Dataset read_hdf5_container(const std::filesystem::path& path, const std::string& fix);

}  // namespace reprise::datasets
