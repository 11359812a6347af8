#pragma once

#include <map>
#include <string>

namespace reprise::runs {

/// What ran a trial: build facts and what was built beyond the commit, libraries, processor, instruction sets, ranks, threads, cores, host,
/// command line. No digest and no run id covers any of it.
std::map<std::string, std::string> provenance(int threads);

/// As the system names it; "unknown" if it does not.
std::string processor_name();

/// What a step's bits depend on beside recipe, data and state: the instruction set of own kernels, oneDNN and, for whitened images,
/// OpenBLAS.
std::string arithmetic(bool whitened);

/// The environment that gives the lowest arithmetic, which every machine has.
inline const std::string kLowestArithmetic = "REPRISE_ISA=avx2 ONEDNN_MAX_CPU_ISA=AVX2 OPENBLAS_CORETYPE=Haswell";

}  // namespace reprise::runs
