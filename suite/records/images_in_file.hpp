#pragma once
// Pictures of a result file, a data set of /images each.

#include <string>

#include "suite/records/hdf5_reader.hpp"
#include "suite/records/hdf5_writer.hpp"
#include "suite/records/run_record.hpp"

namespace reprise::records {

/// Attributes CLASS, IMAGE_VERSION, IMAGE_SUBCLASS and INTERLACE_MODE as in the HDF5 image specification 1.2, for a stack of images.
void write_images(hdf5::Writer& file, const std::string& path, const Images& images);

/// Throws hdf5::Error if what is there are no pictures.
Images read_images(const hdf5::Reader& file, const std::string& path);

}  // namespace reprise::records
