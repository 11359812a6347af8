#pragma once

#include <vector>

#include "experiments/catalog.hpp"

namespace reprise::experiments::wrn {

/// The architectures of the paper; see README.md beside this file.
std::vector<Model> models();

}  // namespace reprise::experiments::wrn
