#include <gtest/gtest.h>

#include "reports/text.hpp"

namespace reprise::reports {
namespace {

TEST(Text, numbers_have_one_form) {
  EXPECT_EQ(number_text(1.055, "percent"), "1.05");  // 1.055 is stored a little below
  EXPECT_EQ(number_text(-0.001, "percent"), "0.00");
  EXPECT_EQ(number_text(0.123456, ""), "0.1235");
  EXPECT_EQ(signed_text(0.2, "points"), "+0.20");
  EXPECT_EQ(signed_text(-0.2, "points"), "-0.20");
  EXPECT_EQ(p_text(0.00004), "4e-05");
  EXPECT_EQ(p_text(0.0321), "0.032");
  EXPECT_EQ(csv_quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
  EXPECT_EQ(canonical_name("CIFAR-10"), canonical_name("cifar_10"));
}

}  // namespace
}  // namespace reprise::reports
