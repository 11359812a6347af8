#pragma once

#include <vector>

#include "experiments/catalog.hpp"

namespace reprise::experiments::logavgexp {

/// The architectures of the paper; see README.md beside this file.
std::vector<Model> models();

}  // namespace reprise::experiments::logavgexp
