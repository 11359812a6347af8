#pragma once
// Which MPI this program was built with. suite/ranks is the only place that includes mpi.h.

#include <string>

namespace reprise::ranks {

/// "Open MPI v4.1.4", or "none: built without MPI". May be called without MPI_Init. Not collective.
std::string mpi_library_text();

}  // namespace reprise::ranks
