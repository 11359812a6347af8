// Average precision, by hand.

#include "suite/metrics/detection.hpp"

#include <gtest/gtest.h>

namespace reprise::metrics {
namespace {

constexpr double kRounding = 1e-12;  // a few operations on numbers up to 1

/// Of 40 x 40 pixels at `left`.
LabelledBox at(const std::string& label, double left) {
  return {label, {left, 1, left + 39, 40}};
}

Detection found(const std::string& label, double left, double confidence) {
  return {at(label, left), confidence};
}

double average(const std::vector<SearchedImage>& images, const std::string& label) {
  for (const ClassPrecision& one : score_detection(images, OverlapRule::half).classes)
    if (one.label == label) return one.average_precision;
  return -1;
}

/// Right, wrong, right, wrong, right of four objects: precisions 1, 2/3, 3/5 at recalls 1/4, 2/4, 3/4.
TEST(Detection, average_precision_is_the_area_under_the_curve) {
  const SearchedImage image{
      {found("cat", 1, 0.9), found("cat", 700, 0.8), found("cat", 101, 0.7), found("cat", 800, 0.6), found("cat", 201, 0.5)},
      {at("cat", 1), at("cat", 101), at("cat", 201), at("cat", 301)}};
  EXPECT_NEAR(average({image}, "cat"), (1 + 2.0 / 3 + 3.0 / 5) / 4, kRounding);
}

/// Wrong, right, right: precision 1/2, then 2/3, which counts from the first recall on.
TEST(Detection, the_largest_precision_at_a_recall_or_beyond_counts) {
  const SearchedImage image{{found("cat", 700, 0.9), found("cat", 1, 0.8), found("cat", 101, 0.7)}, {at("cat", 1), at("cat", 101)}};
  EXPECT_NEAR(average({image}, "cat"), 2.0 / 3, kRounding);
}

TEST(Detection, an_object_is_found_once_by_the_surest) {
  const SearchedImage twice{{found("cat", 5, 0.5), found("cat", 1, 0.4), found("cat", 101, 0.3)}, {at("cat", 1), at("cat", 101)}};
  EXPECT_NEAR(average({twice}, "cat"), (1 + 2.0 / 3) / 2, kRounding);
}

/// Objects at 1 and 15, detections at 10, then at 1: the first could have either, and takes the second, which it overlaps more.
TEST(Detection, takes_the_free_object_that_it_overlaps_most) {
  const SearchedImage image{{found("cat", 10, 0.9), found("cat", 1, 0.8)}, {at("cat", 1), at("cat", 15)}};
  EXPECT_NEAR(average({image}, "cat"), 1, kRounding);
  const SearchedImage second_choice{{found("cat", 4, 0.9), found("cat", 3, 0.8)}, {at("cat", 1), at("cat", 10)}};
  EXPECT_NEAR(average({second_choice}, "cat"), 1, kRounding) << "the best is taken, the next is good enough";
}

TEST(Detection, confidences_are_compared_over_all_images) {
  const SearchedImage right{{found("cat", 1, 0.3)}, {at("cat", 1)}}, wrong{{found("cat", 700, 0.4)}, {at("cat", 1)}};
  EXPECT_NEAR(average({right, wrong}, "cat"), 0.5 / 2, kRounding);
  const SearchedImage sure{{found("cat", 1, 0.5)}, {at("cat", 1)}};
  EXPECT_NEAR(average({sure, wrong}, "cat"), 1.0 / 2, kRounding);
  const SearchedImage equal{{found("cat", 1, 0.4)}, {at("cat", 1)}};
  EXPECT_NEAR(average({equal, wrong}, "cat"), 1.0 / 2, kRounding) << "equal ones in the order of images";
  EXPECT_NEAR(average({wrong, equal}, "cat"), 0.5 / 2, kRounding);
}

TEST(Detection, is_a_mean_over_classes_with_objects) {
  const SearchedImage image{{found("cat", 1, 0.9), found("horse", 1, 0.9)}, {at("cat", 1), at("dog", 101)}};
  const DetectionScore score = score_detection({image}, OverlapRule::half);
  ASSERT_EQ(score.classes.size(), 2u);
  EXPECT_EQ(score.classes[0].label, "cat");
  EXPECT_EQ(score.classes[1].average_precision, 0);
  EXPECT_EQ(score.classes[1].objects, 1);
  EXPECT_NEAR(score.mean_average_precision, 0.5, kRounding);
  EXPECT_EQ(score.others, 1);
  EXPECT_EQ(score_detection({}, OverlapRule::half).mean_average_precision, 0);
}

TEST(Detection, ignored_classes_of_an_image_count_neither_way) {
  SearchedImage image{{found("cat", 700, 0.9), found("cat", 1, 0.8)}, {at("cat", 1), at("cat", 101)}};
  const SearchedImage other{{found("cat", 1, 0.5)}, {at("cat", 1)}};
  image.ignored = {"cat"};
  EXPECT_NEAR(average({image, other}, "cat"), 1, kRounding);
}

/// Ten pixels square: 100 / 400 suffices, which a box of twice the sides around it has.
TEST(Detection, small_objects_need_less_overlap_under_the_rule_of_imagenet) {
  const SearchedImage image{{{{"cat", {1, 1, 20, 20}}, 0.9}}, {{"cat", {6, 6, 15, 15}}}};
  EXPECT_EQ(score_detection({image}, OverlapRule::imagenet).mean_average_precision, 1);
  EXPECT_EQ(score_detection({image}, OverlapRule::half).mean_average_precision, 0);
  // 40 pixels square would need 1600 / 2500, so that a half is enough.
  const SearchedImage large{{{{"cat", {1, 1, 40, 20}}, 0.9}}, {at("cat", 1)}};
  EXPECT_EQ(score_detection({large}, OverlapRule::imagenet).mean_average_precision, 1);
}

}  // namespace
}  // namespace reprise::metrics
