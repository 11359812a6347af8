#pragma once
// Names with wildcards.

#include <string_view>

namespace reprise::text {

/// Whether the whole name is what the pattern says: '*' stands for any text, the empty one included, '?' for one character.
bool matches(std::string_view pattern, std::string_view name);

}  // namespace reprise::text
