#include "suite/ranks/mpi_library.hpp"

#ifdef REPRISE_HAS_MPI
#include <mpi.h>
#endif

namespace reprise::ranks {

std::string mpi_library_text() {
#ifdef REPRISE_HAS_MPI
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  const std::string whole(text, static_cast<std::size_t>(length));
  return whole.substr(0, whole.find(','));  // what follows is who packaged it, on which machine
#else
  return "none: built without MPI";
#endif
}

}  // namespace reprise::ranks
