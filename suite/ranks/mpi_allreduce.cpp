#include "suite/ranks/mpi_allreduce.hpp"

#include "suite/errors.hpp"
#ifdef REPRISE_HAS_MPI
#include <mpi.h>
#endif

namespace reprise::ranks {

void mpi_allreduce_sum(float* values, std::int64_t count) {
#ifdef REPRISE_HAS_MPI
  MPI_Allreduce(MPI_IN_PLACE, values, static_cast<int>(count), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
#else
  (void)values, (void)count;
  throw RunError("this build has no MPI");
#endif
}

}  // namespace reprise::ranks
