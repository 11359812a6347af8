#include "suite/text/suggestion.hpp"

#include <gtest/gtest.h>

namespace reprise::text {
namespace {

TEST(Suggestion, edits_are_counted_by_hand) {
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("max_norm", "max_nrom"), 1);  // neighbours swapped
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
}

TEST(Suggestion, the_nearest_name_wins) {
  EXPECT_EQ(nearest("optimiser", {"dataset", "optimizer", "model"}), "optimizer");
  EXPECT_EQ(nearest("smok", {"smoke", "desk", "paper"}), "smoke");
}

TEST(Suggestion, far_names_are_not_suggested) {
  EXPECT_EQ(nearest("zebra", {"optimizer", "model"}), "");
  EXPECT_EQ(did_you_mean("zebra", {"model"}, "Remove it"), "Remove it");
}

}  // namespace
}  // namespace reprise::text
