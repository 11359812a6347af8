#pragma once

#include <vector>

#include "experiments/catalog.hpp"

namespace reprise::experiments::mocapsnet {

/// The architectures of the paper and of its baseline; see README.md beside this file.
std::vector<Model> models();

}  // namespace reprise::experiments::mocapsnet
