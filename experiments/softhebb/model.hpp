#pragma once

#include <vector>

#include "experiments/catalog.hpp"

namespace reprise::experiments::softhebb {

std::vector<Model> models();

}  // namespace reprise::experiments::softhebb
