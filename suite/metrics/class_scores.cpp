#include "suite/metrics/class_scores.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace reprise::metrics {

void make_probabilities(float* scores, std::int64_t classes) {
  const double largest = *std::max_element(scores, scores + classes);
  double sum = 0;
  for (std::int64_t k = 0; k < classes; ++k) sum += std::exp(scores[k] - largest);
  for (std::int64_t k = 0; k < classes; ++k) scores[k] = static_cast<float>(std::exp(scores[k] - largest) / sum);
}

std::int32_t first_guess(const float* scores, std::int64_t classes) {
  return static_cast<std::int32_t>(std::max_element(scores, scores + classes) - scores);
}

namespace {

/// Classes with a larger score than `label`, and earlier ones with the same.
std::int64_t classes_before(const float* scores, std::int64_t classes, std::int64_t label) {
  std::int64_t before = 0;
  for (std::int64_t k = 0; k < classes; ++k) before += scores[k] > scores[label] || (scores[k] == scores[label] && k < label) ? 1 : 0;
  return before;
}

}  // namespace

bool is_beyond_five(const float* scores, std::int64_t classes, std::int64_t label) {
  return classes_before(scores, classes, label) >= kGuesses;
}

Guesses guesses_of(const std::vector<float>& scores, std::int64_t classes, const std::vector<std::int32_t>& labels) {
  Guesses guesses;
  double wrong = 0, beyond = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const float* row = scores.data() + static_cast<std::int64_t>(i) * classes;
    guesses.first.push_back(first_guess(row, classes));
    wrong += guesses.first.back() != labels[i] ? 1 : 0;
    beyond += is_beyond_five(row, classes, labels[i]) ? 1 : 0;
  }
  const auto count = static_cast<double>(labels.size());
  guesses.error_percent = 100 * wrong / count;
  guesses.top5_error_percent = 100 * beyond / count;
  return guesses;
}

double hit_percent(const std::vector<float>& scores, std::int64_t classes, const std::vector<std::int32_t>& labels,
                   const std::vector<std::vector<std::int32_t>>& others, std::int64_t k) {
  double hits = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const float* row = scores.data() + static_cast<std::int64_t>(i) * classes;
    bool hit = classes_before(row, classes, labels[i]) < k;
    if (!others.empty())
      for (const std::int32_t label : others[i]) hit = hit || classes_before(row, classes, label) < k;
    hits += hit ? 1 : 0;
  }
  return 100 * hits / static_cast<double>(labels.size());
}

}  // namespace reprise::metrics
