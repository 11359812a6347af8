#include "suite/text/core_list.hpp"

#include <gtest/gtest.h>

namespace reprise::text {
namespace {

TEST(CoreList, is_read_as_ranges_and_single_cores) {
  EXPECT_EQ(read_core_list("0"), (std::set<int>{0}));
  EXPECT_EQ(read_core_list("0-3,8,10-11"), (std::set<int>{0, 1, 2, 3, 8, 10, 11}));
  EXPECT_EQ(read_core_list(""), std::set<int>{});
}

TEST(CoreList, is_written_as_it_is_read) {
  for (const char* list : {"", "5", "0-3,8,10-11"}) EXPECT_EQ(core_list(read_core_list(list)), list);
}

}  // namespace
}  // namespace reprise::text
