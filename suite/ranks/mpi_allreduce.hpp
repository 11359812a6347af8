#pragma once
// What MPI itself would do, to be measured beside our own exchange. Its sums depend on the number of ranks.

#include <cstdint>

#include "suite/ranks/team.hpp"

namespace reprise::ranks {

/// MPI_Allreduce over all ranks of this mpirun, in place. Collective. Throws RunError in a build without MPI.
void mpi_allreduce_sum(float* values, std::int64_t count);

}  // namespace reprise::ranks
