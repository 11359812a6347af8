#pragma once

#include <map>
#include <string>

namespace reprise::experiments {

/// What ran a trial: build facts, libraries, processor, instruction sets, ranks, threads, cores. No machine names, no paths.
std::map<std::string, std::string> provenance(int threads);

}  // namespace reprise::experiments
