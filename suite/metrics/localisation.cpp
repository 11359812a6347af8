#include "suite/metrics/localisation.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace reprise::metrics {

namespace {

/// What the first guesses of an image miss, from 0 to 1.
struct Missed {
  double localisation = 0, classification = 0, boxes = 0;
};

double largest_overlap(const Box& guess, const std::vector<LabelledBox>& objects) {
  double largest = 0;
  for (const LabelledBox& object : objects) largest = std::max(largest, overlap(guess, object.box));
  return largest;
}

/// Whether the guess lies on an object of its class.
bool is_right(const LabelledBox& guess, const std::vector<LabelledBox>& objects) {
  return std::any_of(objects.begin(), objects.end(), [&](const LabelledBox& object) {
    return object.label == guess.label && overlap(guess.box, object.box) >= kRightOverlap;
  });
}

Missed missed_by(const LocalisedImage& image, int guesses) {
  std::set<std::string> classes;
  for (const LabelledBox& object : image.objects) classes.insert(object.label);
  std::set<std::string> unnamed = classes, unfound = classes;
  Missed missed{0, 0, 1};
  for (std::size_t g = 0; g < std::min(static_cast<std::size_t>(guesses), image.guesses.size()); ++g) {
    const LabelledBox& guess = image.guesses[g];
    unnamed.erase(guess.label);
    if (is_right(guess, image.objects)) unfound.erase(guess.label);
    if (largest_overlap(guess.box, image.objects) >= kRightOverlap) missed.boxes = 0;
  }
  missed.localisation = static_cast<double>(unfound.size()) / static_cast<double>(classes.size());
  missed.classification = static_cast<double>(unnamed.size()) / static_cast<double>(classes.size());
  return missed;
}

}  // namespace

LocalisationScore score_localisation(const std::vector<LocalisedImage>& images, int max_guesses) {
  LocalisationScore score;
  const double percent = 100 / static_cast<double>(images.size());
  for (int guesses = 1; guesses <= max_guesses; ++guesses) {
    Missed sums;
    for (const LocalisedImage& image : images) {
      const Missed missed = missed_by(image, guesses);
      sums.localisation += missed.localisation, sums.classification += missed.classification, sums.boxes += missed.boxes;
    }
    score.errors.push_back({guesses, percent * sums.localisation, percent * sums.classification, percent * sums.boxes});
  }
  double overlaps = 0;
  for (const LocalisedImage& image : images)
    if (!image.guesses.empty()) overlaps += largest_overlap(image.guesses.front().box, image.objects);
  score.mean_overlap = overlaps / static_cast<double>(images.size());
  return score;
}

}  // namespace reprise::metrics
