#include "suite/text/wildcard.hpp"

#include <gtest/gtest.h>

namespace reprise::text {
namespace {

TEST(Wildcard, a_star_is_any_text_and_a_question_mark_one_character) {
  EXPECT_TRUE(matches("*/bias", "conv1/bias"));
  EXPECT_TRUE(matches("conv?/*", "conv1/weight"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("a*b*c", "a--b-b--c"));
  EXPECT_TRUE(matches("conv1/weight", "conv1/weight"));
  EXPECT_FALSE(matches("conv?/bias", "conv12/bias"));
  EXPECT_FALSE(matches("conv?/bias", "conv/bias"));
  EXPECT_FALSE(matches("*bias", "bias_"));
  EXPECT_FALSE(matches("a*b*c", "a--b--d"));
  EXPECT_FALSE(matches("", "a"));
}

}  // namespace
}  // namespace reprise::text
