#include "suite/evaluations/labelled_images.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "suite/errors.hpp"

namespace reprise::evaluations {
namespace {

/// Classes 0, 1, 2, 0, 1, 2 ...
LabelledImages thirty() {
  auto set = std::make_shared<datasets::ImageSet>();
  set->name = "made", set->count = 30, set->classes = 3;
  for (int i = 0; i < 30; ++i) set->labels.push_back(i % 3);
  return {set, set};
}

std::vector<std::int64_t> of_class(const std::vector<std::int64_t>& subset, int label) {
  std::vector<std::int64_t> chosen;
  for (const std::int64_t place : subset)
    if (place % 3 == label) chosen.push_back(place);
  return chosen;
}

TEST(Subsets, have_as_many_images_of_each_class_and_differ) {
  const LabelledImages images = thirty();
  const auto subsets = subsets_of({.name = "svm", .labelled = 4, .subsets = 5}, images);
  ASSERT_EQ(subsets.size(), 5u);
  for (const auto& subset : subsets) {
    EXPECT_TRUE(std::is_sorted(subset.begin(), subset.end()));
    for (int label = 0; label < 3; ++label) EXPECT_EQ(of_class(subset, label).size(), 4u);
    EXPECT_EQ(std::count(subsets.begin(), subsets.end(), subset), 1);
  }
  // The first subsets are the same however many there are.
  EXPECT_EQ(subsets_of({.name = "svm", .labelled = 4, .subsets = 2}, images)[1], subsets[1]);
}

TEST(Subsets, all_images_or_the_folds_of_the_set) {
  LabelledImages images = thirty();
  const auto all = subsets_of({.name = "svm"}, images);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].size(), 30u);
  EXPECT_EQ(std::set<std::int64_t>(all[0].begin(), all[0].end()).size(), 30u);
  images.folds = {{1, 5}, {2, 3}};
  EXPECT_EQ(subsets_of({.name = "svm", .folds = true}, images), images.folds);
}

TEST(Subsets, refuse_more_images_than_a_class_has) {
  EXPECT_NO_THROW(subsets_of({.name = "svm", .labelled = 10}, thirty()));
  EXPECT_THROW(subsets_of({.name = "svm", .labelled = 11}, thirty()), InputError);
}

TEST(Cut, holds_every_fifth_image_of_each_class_out) {
  const LabelledImages images = thirty();
  std::vector<std::int64_t> all(21);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  const CutSubset parts = cut(all, images.train->labels, 3);
  EXPECT_EQ(parts.held_out, (std::vector<std::int64_t>{0, 1, 2, 15, 16, 17}));
  EXPECT_EQ(parts.learned.size(), 15u);
}

}  // namespace
}  // namespace reprise::evaluations
