// Overlaps and errors of localisation, by hand.

#include "suite/metrics/localisation.hpp"

#include <gtest/gtest.h>

namespace reprise::metrics {
namespace {

constexpr double kRounding = 1e-12;  // a few operations on numbers up to 100

TEST(Overlap, counts_the_pixels_of_both_corners) {
  EXPECT_EQ(overlap({1, 1, 1, 1}, {1, 1, 1, 1}), 1);
  EXPECT_NEAR(overlap({1, 1, 10, 10}, {6, 1, 15, 10}), 50.0 / 150, kRounding);
  EXPECT_NEAR(overlap({1, 1, 10, 10}, {1, 1, 20, 20}), 100.0 / 400, kRounding);
  EXPECT_NEAR(overlap({1, 1, 10, 10}, {10, 10, 19, 19}), 1.0 / 199, kRounding) << "one pixel in common";
  EXPECT_EQ(overlap({1, 1, 10, 10}, {11, 1, 20, 10}), 0) << "side by side";
  EXPECT_EQ(overlap({1, 1, 10, 10}, {1, 30, 10, 40}), 0);
}

/// A cat at 1..10 x 1..10 and one at 31..40 x 31..40.
const std::vector<LabelledBox> kCats{{"cat", {1, 1, 10, 10}}, {"cat", {31, 31, 40, 40}}};

TEST(Localisation, a_guess_must_have_the_class_and_half_of_an_object) {
  const std::vector<LocalisedImage> images{
      {{{"cat", {31, 31, 40, 35}}}, kCats},                            // half of the second cat
      {{{"cat", {31, 31, 40, 34}}}, kCats},                            // less than half
      {{{"dog", {1, 1, 10, 10}}, {"cat", {1, 1, 10, 9}}}, kCats},      // the wrong class, then the right one
      {{{"dog", {1, 1, 10, 10}}, {"dog", {31, 31, 40, 40}}}, kCats}};  // boxes alone
  const LocalisationScore score = score_localisation(images, 2);
  ASSERT_EQ(score.errors.size(), 2u);
  EXPECT_EQ(score.errors[0].guesses, 1);
  EXPECT_NEAR(score.errors[0].localisation, 75, kRounding);
  EXPECT_NEAR(score.errors[0].classification, 50, kRounding);
  EXPECT_NEAR(score.errors[0].boxes, 25, kRounding);
  EXPECT_NEAR(score.errors[1].localisation, 50, kRounding);
  EXPECT_NEAR(score.errors[1].classification, 25, kRounding);
  EXPECT_NEAR(score.errors[1].boxes, 25, kRounding);
  EXPECT_NEAR(score.mean_overlap, (0.5 + 0.4 + 1 + 1) / 4, kRounding);
}

TEST(Localisation, guesses_beyond_the_last_that_counts_do_not_count) {
  LocalisedImage image{{}, kCats};
  for (int g = 0; g < 5; ++g) image.guesses.push_back({"dog", {90, 90, 99, 99}});
  image.guesses.push_back({"cat", {1, 1, 10, 10}});
  const LocalisationScore score = score_localisation({image}, 5);
  EXPECT_EQ(score.errors.size(), 5u);
  EXPECT_EQ(score.errors.back().localisation, 100);
  EXPECT_EQ(score_localisation({image}, 6).errors.back().localisation, 0);
}

TEST(Localisation, an_image_without_guesses_is_missed) {
  const LocalisationScore score = score_localisation({{{}, kCats}}, 5);
  EXPECT_EQ(score.errors.back().localisation, 100);
  EXPECT_EQ(score.errors.back().classification, 100);
  EXPECT_EQ(score.errors.back().boxes, 100);
  EXPECT_EQ(score.mean_overlap, 0);
}

TEST(Localisation, of_several_classes_each_counts) {
  const LocalisedImage image{{{"cat", {1, 1, 10, 10}}, {"dog", {1, 1, 10, 10}}}, {{"cat", {1, 1, 10, 10}}, {"dog", {50, 50, 60, 60}}}};
  const LocalisationScore score = score_localisation({image}, 2);
  EXPECT_NEAR(score.errors[0].localisation, 50, kRounding);
  EXPECT_NEAR(score.errors[0].classification, 50, kRounding);
  EXPECT_NEAR(score.errors[1].localisation, 50, kRounding) << "the dog is elsewhere";
  EXPECT_NEAR(score.errors[1].classification, 0, kRounding);
}

}  // namespace
}  // namespace reprise::metrics
