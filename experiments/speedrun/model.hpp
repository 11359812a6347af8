#pragma once

#include <vector>

#include "experiments/catalog.hpp"

namespace reprise::experiments::speedrun {

/// The architectures; see README.md beside this file.
std::vector<Model> models();

}  // namespace reprise::experiments::speedrun
