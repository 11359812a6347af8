#pragma once
// Recipes as result files of answer version 1 hold them: the one place that knows how they were written.

#include "suite/catalog/toml_plus_plus.hpp"

namespace reprise::catalog {

/// Those have a list `reports` at the top; today's have a table [words].
bool is_old_form(const toml::table& recipe);

/// Title, published ids and deviations go to [words]; a deviation "set by hand: key=value" goes to its table by_hand. "crop(pad=4)" becomes
/// { crop = { pad = 4 } }.
void to_present_form(toml::table& recipe);

}  // namespace reprise::catalog
