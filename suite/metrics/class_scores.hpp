#pragma once
// Scores of classes, logits or probabilities: what they guess.

#include <cstdint>
#include <vector>

namespace reprise::metrics {

/// How many guesses "top 5" means.
inline constexpr std::int64_t kGuesses = 5;

/// Logits of one sample into probabilities, in place.
void make_probabilities(float* scores, std::int64_t classes);

/// The class with the largest score, the first of several.
std::int32_t first_guess(const float* scores, std::int64_t classes);

/// Whether five classes or more come before `label`: those with a larger score, and earlier ones with the same.
bool is_beyond_five(const float* scores, std::int64_t classes, std::int64_t label);

/// What scores [count, classes] guess of samples with these labels.
struct Guesses {
  std::vector<std::int32_t> first;
  double error_percent = 0, top5_error_percent = 0;
};
Guesses guesses_of(const std::vector<float>& scores, std::int64_t classes, const std::vector<std::int32_t>& labels);

/// Hit@k: the percentage of rows of scores [count, classes] with a right class among the first k, equal scores in the order of classes.
/// Right are the label and `others` of the row (empty: none has any).
double hit_percent(const std::vector<float>& scores, std::int64_t classes, const std::vector<std::int32_t>& labels,
                   const std::vector<std::vector<std::int32_t>>& others, std::int64_t k);

}  // namespace reprise::metrics
