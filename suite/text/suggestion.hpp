#pragma once
// Finds what somebody probably meant by a misspelt name.

#include <string>
#include <string_view>
#include <vector>

namespace reprise::text {

/// Number of insertions, deletions, replacements and swaps of neighbours that turn one word into the other
/// (optimal string alignment).
int edit_distance(std::string_view left, std::string_view right);

/// The candidate nearest to `name`, or "" when none is near: at most one edit per three letters, rounded up.
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

/// "Did you mean 'max_norm'?", or `otherwise` when nothing is near.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates, const std::string& otherwise);

}  // namespace reprise::text
