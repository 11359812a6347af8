#include <gtest/gtest.h>

#include <string>

#include "made_up_runs.hpp"
#include "reports/formats/writers.hpp"
#include "reports/text.hpp"

namespace reprise::reports {
namespace {

TEST(Markdown, keeps_its_tables_whole) {
  EXPECT_EQ(markdown_escaped("a|b\nc"), "a\\|b c");
  const std::string text = made_up::text_of(to_markdown(made_up::awkward_report()));
  EXPECT_NE(text.find("[^made-up-1]: width 50 %"), std::string::npos);
  EXPECT_NE(text.find("(1.04) unverified"), std::string::npos);
}

}  // namespace
}  // namespace reprise::reports
