#include "suite/records/hdf5_library.hpp"

#include <hdf5.h>

namespace reprise::records {

std::string hdf5_library_text() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

}  // namespace reprise::records
