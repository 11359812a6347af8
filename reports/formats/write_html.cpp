#include <fmt/format.h>

#include <cmath>

#include "reports/formats/html_page.hpp"
#include "reports/formats/html_paper.hpp"
#include "reports/formats/writers.hpp"
#include "reports/text.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::reports {
namespace {

std::string e(const std::string& text) {
  return html_escaped(text);
}

std::string header(const Report& report) {
  std::string out = fmt::format(
      "<header>\n<h1>Published and reproduced</h1>\n<p class=\"lead\">{} of {}. A claim is decided when the interval of what was measured "
      "lies inside what it allows, or outside, at the level of its look; it is tested once for each scale and data set with runs, and "
      "reproduced or not at the paper&#39;s own scale only. Published values are compared with ours only on the same data set and at the "
      "paper&#39;s own scale. {}</p>\n<div class=\"tiles\">\n",
      text::plural(report.run_count(), "run", "runs"), text::plural(static_cast<std::int64_t>(report.papers.size()), "paper", "papers"),
      e(report.false_verdicts_text()));
  for (int i = 0; i <= static_cast<int>(Status::not_run); ++i) {
    const auto status = static_cast<Status>(i);
    const int count = report.count(status);
    if (count > 0 || status == Status::reproduced || status == Status::not_reproduced)
      out += fmt::format("<div class=\"tile {}\"><b>{}</b><span>{}</span></div>\n", canonical_name(name_of(status)), count,
                         status == Status::reproduced ? "claims reproduced" : name_of(status));
  }
  return out + "</div>\n</header>\n";
}

std::string paper_line(const PaperLine& line) {
  const std::string& slug = line.paper.slug;
  const bool linked = line.runs > 0 || line.row;
  std::string out =
      fmt::format("<tr><th scope=\"row\">{}{}{}<br/><span class=\"small\">{}</span></th>",
                  linked ? fmt::format("<a href=\"report/{}.html\">", e(slug)) : "", e(slug), linked ? "</a>" : "", e(line.paper.title));
  out += html_cell("headline", e(line.headline()));
  out += html_cell("published", line.published ? e(line.published->text()) : "-", "number",
                   line.published ? line.published->number.value : NAN);
  out += html_cell("reproduced", e(line.reproduced()), "number", line.row ? line.row->reproduced.mean : NAN);
  out += html_cell("scale", e(line.setting()));
  out += html_cell("comparison", !line.row              ? ""
                                 : line.row->comparison ? html_badge(line.row->word(), line.row->verdict())
                                                        : html_small(line.row->verdict()));
  const char* const names[] = {"same direction", "opposite", "undecided", "not run"};
  for (std::size_t i = 0; i < line.claims.size(); ++i)
    out += html_cell(names[i], fmt::format("{}", line.claims[i]), "number", line.claims[i]);
  return out + "</tr>\n";
}

std::string papers(const Report& report) {
  std::string out =
      "<p class=\"small\">The number that each paper is known for, and its claims, each counted once, as the first setting that decides it "
      "says.</p>\n<div class=\"scroll\" data-filter=\"filter papers\">\n<table class=\"cards sortable papers\">\n" +
      html_head(
          {"paper", "headline", "published", "reproduced", "scale", "comparison", "same direction", "opposite", "undecided", "not run"}) +
      "<tbody>\n";
  for (const PaperLine& line : report.lines) out += paper_line(line);
  return out + "</tbody>\n</table>\n</div>\n";
}

std::string scaling(const Scaling& scaling) {
  if (scaling.empty()) return "";
  std::string out = fmt::format(
      "<p class=\"small\">One step of {}, {} scale, on ranks of one machine with {} cores, and what the model behind <code>reprise plan "
      "--nodes</code> said after a look at one rank.</p>\n<table class=\"cards\">\n",
      e(scaling.trial), e(scaling.scale), scaling.cores);
  out += html_head({"batch", "ranks × threads", "step", "forecast", "images/s over one rank's"}) + "<tbody>\n";
  for (const ScalingRow& row : scaling.rows)
    out += fmt::format("<tr><th scope=\"row\">{}, {}</th>{}{}{}{}</tr>\n", row.batch,
                       row.kind == "strong" ? "the recipe's" : "a share for each rank",
                       html_cell("ranks × threads", fmt::format("{} × {}", row.ranks, row.threads)),
                       html_cell("step", fmt::format("{:.2f} ms", 1e3 * row.seconds)),
                       html_cell("forecast", fmt::format("{:.2f} ms", 1e3 * row.forecast_seconds)),
                       html_cell("images/s over one rank's", fmt::format("{:.2f}", scaling.speedup(row))));
  return out + "</tbody>\n</table>\n";
}

std::string superseded(const Report& report) {
  if (report.superseded.empty()) return "";
  std::string out = fmt::format("<details><summary>{} that no longer count, and why</summary>\n<ul>\n",
                                text::plural(static_cast<std::int64_t>(report.superseded.size()), "run", "runs"));
  for (const Superseded& run : report.superseded)
    out += fmt::format("<li><code>{}</code>: {}: {}</li>\n", e(run.file), e(run.number), e(run.reason));
  return out + "</ul></details>\n";
}

std::string unfinished(const Report& report) {
  if (report.unfinished.empty()) return "";
  std::string out = "<p class=\"small\">Their numbers are missing above.</p>\n<table class=\"cards\">\n" +
                    html_head({"run", "state", "how far", "file"}) + "<tbody>\n";
  for (const UnfinishedRun& run : report.unfinished)
    out += fmt::format("<tr><th scope=\"row\">{}</th>{}{}{}</tr>\n", e(run.name), html_cell("state", e(run.state)),
                       html_cell("how far", e(run.progress)), html_cell("file", "<code>" + e(run.file) + "</code>"));
  return out + "</tbody>\n</table>\n";
}

std::string left_out(const Report& report) {
  if (report.left_out.empty()) return "";
  std::string out = "<ul>\n";
  for (const LeftOut& file : report.left_out) out += fmt::format("<li><code>{}</code>: {}</li>\n", e(file.file), e(file.reason));
  return out + "</ul>\n";
}

}  // namespace

std::vector<File> to_html(const Report& report) {
  const std::string index =
      header(report) + "<main>\n" + html_section("papers", "Papers", papers(report)) +
      html_section("scaling", "Scaling", scaling(report.scaling)) + html_section("unfinished", "Not finished", unfinished(report)) +
      html_section("superseded", "Superseded", superseded(report)) + html_section("left-out", "Left out", left_out(report)) + "</main>\n";
  std::vector<File> files{{"report.html", html_page("Published and reproduced", index)}};
  for (std::size_t i = 0; i < report.papers.size(); ++i)
    files.push_back({"report/" + report.papers[i].slug + ".html", html_paper(report, i)});
  return files;
}

}  // namespace reprise::reports
