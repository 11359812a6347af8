#include "reports/formats/readme_section.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"

namespace reprise::reports {
namespace {

const std::string kReadme = "# Title\n<!-- evidence:begin -->\nold\n<!-- evidence:end -->\nrest\n";

TEST(ReadmeSection, replaces_what_stands_between_the_markers_and_nothing_else) {
  EXPECT_EQ(with_section(kReadme, "new\n", "README.md"), "# Title\n<!-- evidence:begin -->\nnew\n<!-- evidence:end -->\nrest\n");
}

TEST(ReadmeSection, replacing_twice_is_replacing_once) {
  const std::string once = with_section(kReadme, "new\n", "README.md");
  EXPECT_EQ(with_section(once, "new\n", "README.md"), once);
}

TEST(ReadmeSection, refuses_a_file_without_the_pair_of_markers) {
  for (const char* text : {"", "<!-- evidence:begin -->", "<!-- evidence:end --><!-- evidence:begin -->"}) {
    EXPECT_THROW(with_section(text, "new\n", "README.md"), InputError) << text;
  }
}

TEST(ReadmeSection, table_has_published_rows_and_tested_claims_only) {
  Report report;
  PaperReport& paper = report.papers.emplace_back();
  paper.slug = "dropout";
  Row& row = paper.rows.emplace_back();
  row.title = "Net | A";
  row.dataset = "mnist", row.scale = "paper", row.unit = "percent", row.likeness = Likeness::equivalent, row.margin = 0.1;
  row.published.emplace().number.value = 1.06;
  row.published->verified = true;
  row.reproduced = {3, 1.07, 0.02};
  const Row again = row;  // the same number in another table of the paper
  paper.rows.push_back(again);
  paper.rows.emplace_back().title = "unpublished";
  ClaimResult& claim = paper.claims.emplace_back();
  claim.claim.statement = "A is better than B";
  claim.status = Status::reproduced;
  claim.p = 0.01, claim.q = 0.02;
  claim.seeds = 3;
  paper.claims.emplace_back().claim.statement = "never tested";
  paper.claims.back().claim.id = "7b";
  const std::string table = readme_table(report);
  EXPECT_NE(table.find("| dropout | Net \\| A | mnist, paper | 1.06 percent | 1.07 ± 0.02 (n = 3) | equivalent within ±0.1 |\n"),
            std::string::npos)
      << table;
  EXPECT_EQ(table.find("1.06 percent"), table.rfind("1.06 percent")) << table;
  EXPECT_NE(table.find("| dropout | A is better than B |  | reproduced | 0.02 |"), std::string::npos) << table;
  EXPECT_EQ(table.find("never tested"), std::string::npos) << table;
  EXPECT_NE(table.find("Claims: 1 reproduced, 1 not run."), std::string::npos) << table;
  EXPECT_NE(table.find("Not run: dropout (7b).\n"), std::string::npos) << table;
  EXPECT_EQ(table.find("unpublished"), std::string::npos) << table;
}

}  // namespace
}  // namespace reprise::reports
