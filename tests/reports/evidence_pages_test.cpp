#include "reports/formats/evidence_pages.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "made_up_runs.hpp"
#include "reports/build_report.hpp"
#include "reports/runs/run_groups.hpp"
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

Report report_of_one_paper() {
  std::vector<records::RunRecord> records;
  for (int seed : {1, 2, 3}) {
    made_up::RunSpec run;
    run.trial = "dropout", run.seed = seed, run.reports = {"table2-dropout"};
    records.push_back(made_up::record_of(run));
  }
  catalog::Paper other = made_up::paper();
  other.slug = "other", other.headline.clear();
  Report report = build_report(records, {made_up::paper(), other});
  for (const records::RunRecord& record : records) report.files[record.run_id] = file_name(record);
  return report;
}

TEST(ReadmeTable, has_a_line_a_paper_with_headline_scale_and_claims) {
  const Report report = report_of_one_paper();
  const std::string table = readme_table(report, "reports/evidence/");
  const std::string reproduced = report.papers.front().rows.front().reproduced_text();
  EXPECT_NE(table.find("| [made-up](reports/evidence/made-up/README.md) | A Paper & Its \\<Nets> | mnist test\\_error | 1.25 | " +
                       reproduced + " | desk | 0/0/0/5 |\n"),
            std::string::npos)
      << table;
  EXPECT_NE(table.find("| other | A Paper & Its \\<Nets> | - | - | - | - | 0/0/0/5 |\n"), std::string::npos) << table;
}

TEST(EvidencePages, are_an_index_and_a_page_for_each_paper_with_runs) {
  const Report report = report_of_one_paper();
  const std::vector<File> pages = evidence_pages(report);
  ASSERT_EQ(pages.size(), 2u);
  EXPECT_EQ(pages[0].name, "README.md");
  EXPECT_EQ(pages[1].name, "made-up/README.md");
  EXPECT_NE(pages[0].text.find("[made-up](made-up/README.md)"), std::string::npos) << pages[0].text;
  const auto& [seed, id] = report.papers.front().rows.front().runs.at(1);
  EXPECT_NE(pages[1].text.find(fmt::format("[{}](../made-up/dropout/{}.h5)", seed, id)), std::string::npos) << pages[1].text;
}

}  // namespace
}  // namespace reprise::reports
