#include "reports/formats/evidence_pages.hpp"

#include <fmt/format.h>

#include "reports/text.hpp"
#include "suite/errors.hpp"

namespace reprise::reports {
namespace {

const std::string kBegin = "<!-- evidence:begin -->";
const std::string kEnd = "<!-- evidence:end -->";
const std::string kGenerated = "<!-- Written by `reprise report`; do not edit. -->\n";

const char* const kHowToRead =
    R"(*Published* is the paper's number, in parentheses if it could not be verified. *Reproduced* is our mean ± standard deviation over n seeds at the
scale beside it: `desk` takes minutes on two cores, `night` about an hour at full width, `paper` is the published recipe. Only `paper` on
the paper's own data set is compared with the published number.)";

std::string index_page(const Report& report) {
  return fmt::format(
      "{}\n# Evidence\n\nResult files of {} runs, and what they say. {}\nClaims are counted as {}, each once.\n\n{}\nClaims: {}. {}\n{}",
      kGenerated, report.run_count(), kHowToRead, kStandings, markdown_summary(report, ""), report.counts_text(),
      report.false_verdicts_text(), markdown_rest(report));
}

std::string paper_page(const Report& report, const PaperReport& paper) {
  return fmt::format(
      "{0}\n# {1}\n\n[All papers](../README.md) · `reprise run {2}/TRIAL --scale SCALE --seeds N` makes "
      "the runs of a row, `reprise verify FILE` repeats one.\n\n{3}",
      kGenerated, markdown_escaped(paper.title), paper.slug, markdown_paper(report, paper, "../"));
}

}  // namespace

std::vector<File> evidence_pages(const Report& report) {
  std::vector<File> files{{"README.md", index_page(report)}};
  for (const PaperReport& paper : report.papers) files.push_back({paper.slug + "/README.md", paper_page(report, paper)});
  return files;
}

std::string readme_table(const Report& report, const std::string& folder) {
  return "\n" + markdown_summary(report, folder) + "\n";
}

std::string with_section(const std::string& text, const std::string& section, const std::filesystem::path& file) {
  const std::size_t begin = text.find(kBegin);
  const std::size_t end = text.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    throw InputError(Complaint{file.string(), fmt::format("a line {} and after it a line {}", kBegin, kEnd), "no such pair",
                               "Add them where the table shall stand"});
  }
  return text.substr(0, begin + kBegin.size()) + "\n" + section + text.substr(end);
}

}  // namespace reprise::reports
