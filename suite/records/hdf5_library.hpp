#pragma once

#include <string>

namespace reprise::records {

/// "1.10.8": the HDF5 that this program runs with.
std::string hdf5_library_text();

}  // namespace reprise::records
