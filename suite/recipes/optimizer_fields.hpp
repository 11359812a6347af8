#pragma once
// The rows of the table of recipe fields that are the optimizer's: its own and those of its schedules.

#include <vector>

#include "suite/recipes/fields.hpp"

namespace reprise::recipes {

void add_optimizer_fields(std::vector<Field>& rows);

}  // namespace reprise::recipes
