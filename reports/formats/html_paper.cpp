#include "reports/formats/html_paper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "reports/formats/html_page.hpp"
#include "reports/pictures/plot.hpp"
#include "reports/pictures/png.hpp"
#include "reports/text.hpp"
#include "suite/metrics/metric.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::reports {
namespace {

constexpr std::int64_t kMaxImages = 64;  // of one grid; a page with more is slow to open

std::string e(const std::string& text) {
  return html_escaped(text);
}

std::string code(const std::string& text) {
  return "<code>" + e(text) + "</code>";
}

// ------------------------------------------------------------------------------------------------ numbers

std::string footnote_marks(const Row& row) {
  std::vector<std::string> marks;
  for (int number : row.footnotes) marks.push_back(fmt::format("<a href=\"#note-{0}\">{0}</a>", number));
  return marks.empty() ? "" : "<sup>" + joined(marks, ", ") + "</sup>";
}

std::string setting_cell(const Row& row) {
  std::string text = e(row.dataset) + ", " + e(row.scale);
  if (row.substitute) text += " " + html_chip("substitute", true);
  if (!row.variant.empty()) text += " " + html_chip(row.variant, true);
  return html_cell("setting", text);
}

std::string published_cell(const Row& row) {
  if (!row.published) return html_cell("published", "-", "number");
  const auto& number = row.published->number;
  std::string value = shortest_text(number.value) + (number.spread ? " ± " + shortest_text(*number.spread) : "");
  if (!row.published->verified) value = fmt::format("({})", value);
  const std::string mark = row.published->verified ? "" : " " + html_chip("unverified", true);
  return html_cell("published", fmt::format("<span class=\"main\">{}</span>{}", value, mark), "number", number.value);
}

std::string reproduced_cell(const Row& row) {
  std::string text = row.reproduced.n == 0 ? "-" : fmt::format("<span class=\"main\">{}</span> ", row.reproduced_value());
  if (row.reproduced.n > 0) text += html_small(fmt::format("n = {}", row.reproduced.n));
  if (row.failed > 0) text += " " + html_chip(fmt::format("{} failed", row.failed), true);
  if (!row.diverged.empty())
    text += " " + html_chip(fmt::format("{} of {} diverged", row.diverged.size(), row.diverged.size() + row.seeds.size()), true);
  return html_cell("reproduced", text, "number", row.reproduced.mean);
}

std::string comparison_cell(const Row& row) {
  if (!row.comparison) return html_cell("comparison", html_small(row.verdict()));
  const MeanEstimate& estimate = row.comparison->estimate;
  const double width = estimate.half_width(), wide = row.comparison->new_images_half_width;
  std::string text = fmt::format("better by {}; 95 % interval {}", signed_text(estimate.value, row.unit),
                                 interval_text(estimate.value - width, estimate.value + width, row.unit));
  if (wide > 0 && std::isfinite(wide)) text += ", for new images " + interval_text(estimate.value - wide, estimate.value + wide, row.unit);
  text += fmt::format("; margin {}{}; q = {}", shortest_text(rounded(row.margin)), row.margin_of_paper ? "" : " by rule", p_text(row.q));
  return html_cell("comparison", html_badge(row.word(), row.verdict()) + "<br/>" + html_small(text));
}

std::string source_text(const catalog::PublishedNumber& number) {
  std::vector<std::string> about{number.source, number.model};
  if (!number.variant.empty()) about.push_back(number.variant);
  about.push_back(number.dataset);
  if (number.role != "own" && !number.role.empty()) about.push_back(number.role + (number.origin.empty() ? "" : " from " + number.origin));
  return joined(about, "; ");
}

/// Where the published number stands, the result files, and the command that makes them.
std::string more_cell(const Report& report, const Row& row) {
  std::string out = "<details><summary>more</summary>";
  if (row.published) out += "<p class=\"small\">Published: " + e(source_text(row.published->number)) + "</p>";
  out += "<p class=\"small\">Protocol " + row.protocol_label + ". Seeds";
  for (const auto& [seed, id] : row.runs) {
    const auto file = report.files.find(id);
    out += file == report.files.end() ? fmt::format(" {}", seed) : fmt::format(" <a href=\"../{}\">{}</a>", e(file->second), seed);
  }
  out += ".</p>";
  if (!row.command.empty()) out += "<p>" + code(row.command) + "</p>";
  return html_cell("", out + "</details>", "more");
}

ForestLine forest_line(const Row& row) {
  ForestLine line;
  line.state = row.word();
  line.name =
      fmt::format("{}: published {}, reproduced {}", row.title, row.published ? row.published->text() : "nothing", row.reproduced_text());
  if (row.published) {
    line.published = row.published->number.value;
    line.published_spread = row.published->number.spread.value_or(0);
  }
  line.value = row.reproduced.mean;
  const double width = row.mean.half_width();
  if (std::isfinite(width)) line.low = row.mean.value - width, line.high = row.mean.value + width;
  return line;
}

/// The forest plot of one metric: a table whose lines share an axis.
std::string metric_table(const Report& report, const std::vector<const Row*>& rows) {
  const Row& first = *rows.front();
  const metrics::Metric* metric = metrics::find_if_known(first.metric);
  const std::string about = !metric || metric->better == metrics::Better::neither
                                ? ""
                                : fmt::format(": {}; {} is better", metric->long_name, metrics::name_of(metric->better));
  std::vector<ForestLine> lines;
  for (const Row* row : rows) lines.push_back(forest_line(*row));
  const ForestAxis axis = forest_axis(lines);
  std::string out = fmt::format("<h3 id=\"numbers-{0}\">{1}</h3>\n<table class=\"cards sortable\">\n<caption>{2}{3}</caption>\n",
                                canonical_name(first.metric + first.unit), e(first.metric),
                                e(first.unit.empty() ? "plain number" : first.unit), e(about));
  std::string head = html_head({"trial", "data set, scale", "published", "reproduced", "plot", "comparison", "more"}, {"plot", "more"});
  const std::string plain = "<th scope=\"col\" class=\"fixed plot\">plot</th>";
  head.replace(head.find(plain), plain.size(), "<th scope=\"col\" class=\"fixed plot\">" + render_forest_head(axis) + "</th>");
  out += head + "<tbody>\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = *rows[i];
    out += fmt::format("<tr><th scope=\"row\">{}{}<br/>{}</th>", e(row.title), footnote_marks(row), code(row.trial));
    out += setting_cell(row) + published_cell(row) + reproduced_cell(row) + html_cell("plot", render_forest_line(lines[i], axis), "plot") +
           comparison_cell(row) + more_cell(report, row) + "</tr>\n";
  }
  return out + "</tbody>\n</table>\n";
}

std::string facts(const std::vector<std::pair<std::string, std::string>>& labels) {
  std::string out;
  for (const auto& [label, text] : labels) out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", label, e(text));
  return out;
}

std::string numbers(const Report& report, const PaperReport& paper) {
  std::string out =
      "<p class=\"small\">Ours are mean ± standard deviation over n seeds. In the plot the diamond is the published value, its bar the "
      "published spread; the dot is ours, its bar the 95 % interval of the mean. Colours say what the comparison found; values of another "
      "data set or a smaller scale are not compared and stay grey.</p>\n<div data-filter=\"filter numbers\">\n";
  for (const auto& rows : paper.rows_by_metric()) out += metric_table(report, rows);
  out += "</div>\n<dl class=\"facts\">\n" + facts(paper.protocols) + facts(paper.variants);
  for (std::size_t i = 0; i < paper.footnotes.size(); ++i)
    out += fmt::format("<dt id=\"note-{0}\">{0}</dt><dd>{1}</dd>\n", i + 1, e(paper.footnotes[i]));
  return out + "</dl>\n";
}

// ------------------------------------------------------------------------------------------------ claims

std::string claim_setting(const ClaimResult& claim) {
  std::string out = "<div class=\"setting\"><div class=\"meta\">" + html_badge(name_of(claim.status), claim.verdict());
  if (claim.has_q()) out += html_small("q = " + p_text(claim.q));
  out += html_chip(claim.scale) + html_chip(claim.dataset);
  if (claim.substitute) out += html_chip("substitute data set", true);
  if (!claim.variant.empty()) out += html_chip(claim.variant, true);
  out += "</div>\n";
  for (std::size_t i = 0; i < claim.tests.size(); ++i) {
    if (i < claim.pictures.size()) out += render_interval(claim.pictures[i]);
    out += "<p class=\"test\">" + e(claim.tests[i]) + "</p>\n";
  }
  return out + "</div>\n";
}

/// A card per claim with a block for each setting it was tested in; those that were not stand in one fold.
std::string claims(const PaperReport& paper) {
  std::string cards, not_run;
  int count = 0;
  for (std::size_t i = 0; i < paper.claims.size(); ++i) {
    const ClaimResult& claim = paper.claims[i];
    const std::string id = "claim-" + claim.claim.id;
    if (claim.status == Status::not_run) {
      not_run += fmt::format("<li id=\"{}\" class=\"small\">{} {} {}</li>\n", e(id), code(claim.claim.id), e(claim.claim.statement),
                             e(joined(claim.tests, " ")));
      ++count;
      continue;
    }
    const bool first = i == 0 || paper.claims[i - 1].claim.id != claim.claim.id;
    const bool last = i + 1 == paper.claims.size() || paper.claims[i + 1].claim.id != claim.claim.id;
    if (first) {
      cards += fmt::format("<article id=\"{0}\" class=\"claim {1}\">\n<h3><a href=\"#{0}\">{2}</a> {3}</h3>\n", e(id),
                           last ? canonical_name(name_of(claim.status)) : "several", e(claim.claim.id), e(claim.claim.statement));
      if (!claim.published.empty()) cards += "<p class=\"test\"><b>Published:</b> " + e(joined(claim.published, "; ")) + "</p>\n";
      if (!claim.claim.note.empty()) cards += "<p class=\"test\">" + e(claim.claim.note) + "</p>\n";
    }
    cards += claim_setting(claim);
    if (last) cards += "</article>\n";
  }
  std::string out =
      "<p class=\"small\">The dot is what was measured, the bar its 95 % interval, the shaded part what the claim allows, the diamond the "
      "published effect.</p>\n<div data-filter=\"filter claims\">\n<div class=\"claims\">\n" +
      cards + "</div>\n";
  if (count > 0) out += fmt::format("<details><summary>Not run ({})</summary>\n<ul>\n{}</ul></details>\n", count, not_run);
  return out + "</div>\n";
}

// ------------------------------------------------------------------------------------------------ pictures

std::string plot_figure(const Picture& picture) {
  return fmt::format("<figure><figcaption>{}{}</figcaption>\n{}</figure>\n", e(picture.title), html_small(picture.note),
                     render_svg(picture.plot));
}

std::string plots(const std::vector<Picture>& pictures, bool wide, bool grouped) {
  std::string out, group;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    if (i == 0 || (grouped && pictures[i].group != group)) {
      out += (i == 0 ? "" : "</div>\n") + (grouped ? "<h3>" + e(pictures[i].group) + "</h3>\n" : std::string()) +
             (wide ? "<div class=\"plots wide\">\n" : "<div class=\"plots\">\n");
    }
    group = pictures[i].group;
    out += plot_figure(pictures[i]);
  }
  return out.empty() ? out : out + "</div>\n";
}

/// Few large pictures, as mosaics are, keep their size; others become tiles.
bool keep_their_size(const records::Images& images) {
  constexpr std::int64_t kFew = 4, kTileWidth = 74;  // as in html_page.cpp
  return images.count <= kFew && images.width > kTileWidth;
}

std::string image_tile(const records::Images& images, std::int64_t i) {
  const std::int64_t size = images.height * images.width * images.channels;
  const auto index = static_cast<std::size_t>(i);
  const bool captioned = index < images.captions.size() && !images.captions[index].empty();
  return fmt::format("<figure{}><img alt=\"{}\" src=\"{}\"/>{}</figure>\n", keep_their_size(images) ? " class=\"whole\"" : "",
                     captioned ? e(images.captions[index]) : fmt::format("image {}", i + 1),
                     png_data_address(images.pixels.data() + i * size, static_cast<int>(images.height), static_cast<int>(images.width),
                                      static_cast<int>(images.channels)),
                     captioned ? "<figcaption>" + e(images.captions[index]) + "</figcaption>" : "");
}

std::string image_grid(const ImageGrid& grid) {
  const std::int64_t set = grid.images.set;
  const std::int64_t shown = std::min(grid.images.count, set <= kMaxImages ? kMaxImages / set * set : kMaxImages);  // whole sets
  std::string out = fmt::format(
      "<figure><figcaption><b>{}</b><span class=\"small\">{}{}</span></figcaption>\n<div class=\"tiles-of-images\">\n", e(grid.title),
      e(grid.note), shown < grid.images.count ? fmt::format("; the first {} of {}", shown, grid.images.count) : "");
  for (std::int64_t i = 0; i < shown; ++i) {
    if (set > 1 && i % set == 0) out += "<div class=\"set\">";
    out += image_tile(grid.images, i);
    if (set > 1 && (i % set == set - 1 || i + 1 == shown)) out += "</div>\n";
  }
  return out + "</div></figure>\n";
}

// ------------------------------------------------------------------------------------------------ the page

std::string provenance(const PaperReport& paper) {
  std::string out =
      "<table><thead><tr><th scope=\"col\">fact</th><th scope=\"col\">value</th>"
      "<th scope=\"col\" class=\"number\">runs</th></tr></thead><tbody>\n";
  for (const ProvenanceLine& line : paper.provenance) {
    for (const auto& [value, count] : line.values) {
      out += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"number\">{}</td></tr>\n", e(line.key), e(value), count);
    }
  }
  return paper.provenance.empty() ? "" : out + "</tbody></table>\n";
}

std::string scales(const PaperReport& paper) {
  std::string out = "<table class=\"cards\">\n" +
                    html_head({"scale", "trials", "runs", "published numbers", "compared", "claims: " + kStandings}) + "<tbody>\n";
  for (const ScaleLine& line : paper.scales)
    out +=
        fmt::format("<tr><th scope=\"row\">{}</th>{}{}{}{}{}</tr>\n", e(line.scale), html_cell("trials", fmt::format("{}", line.trials)),
                    html_cell("runs", fmt::format("{}", line.runs)), html_cell("published numbers", fmt::format("{}", line.numbers)),
                    html_cell("compared", fmt::format("{}", line.compared)), html_cell("claims: " + kStandings, counts_text(line.claims)));
  return out + "</tbody>\n</table>\n";
}

std::string missing(const PaperReport& paper) {
  std::string out;
  for (const auto& number : paper.missing)
    out += fmt::format("<li class=\"small\">{} ({}): {}</li>\n", e(number.what), e(number.source), e(number.reason));
  return out.empty() ? out : "<ul>\n" + out + "</ul>\n";
}

std::string grids(const PaperReport& paper) {
  std::string out;
  for (const ImageGrid& grid : paper.images) out += image_grid(grid);
  return out;
}

struct Section {
  std::string id, title, content;
};

std::string neighbour(const Report& report, std::size_t number, const char* mark) {
  if (number >= report.papers.size()) return "";
  return fmt::format("<a href=\"{0}.html\">{1} {0}</a>", e(report.papers[number].slug), mark);
}

}  // namespace

std::string html_paper(const Report& report, std::size_t number) {
  const PaperReport& paper = report.papers[number];
  std::string body = fmt::format(
      "<header>\n<nav class=\"crumbs\" aria-label=\"Papers\"><a href=\"../report.html\">All papers</a><span class=\"end\">{} "
      "{}</span></nav>\n<h1>{}</h1>\n<p class=\"small\">{}{}</p>\n",
      neighbour(report, number - 1, "←"), neighbour(report, number + 1, "→"), e(paper.title), e(paper.citation),
      paper.address.empty() ? "" : fmt::format(". <a href=\"{0}\">{0}</a>", e(paper.address)));
  if (!paper.note.empty()) body += "<p class=\"small\">" + e(paper.note) + "</p>\n";
  body += fmt::format("<p class=\"small\">{}{}{}</p>\n", text::plural(paper.run_count, "run", "runs"),
                      paper.training_seconds > 0 ? ", " + text::duration_text(paper.training_seconds) + " of training in all" : "",
                      paper.diverged_count > 0 ? fmt::format(", {} diverged", paper.diverged_count) : "");
  const std::vector<Section> sections{
      {"scales", "What was run", scales(paper)},
      {"numbers", "Published and reproduced", numbers(report, paper)},
      {"claims", "Claims", paper.claims.empty() ? "" : claims(paper)},
      {"figures", "Figures", plots(paper.figures, true, false)},
      {"analyses", "Analyses", plots(paper.tables, true, false)},
      {"images", "Images", grids(paper)},
      {"curves", "Training curves",
       paper.curves.empty()
           ? ""
           : "<p class=\"small\">One line per seed: on the test split solid, on the training split dashed. Plots of one data "
             "set and scale share their vertical range.</p>\n" +
                 plots(paper.curves, false, true)},
      {"missing", "Not available from the paper", missing(paper)},
      {"runs", "Where the runs come from", provenance(paper)}};
  std::string links, content;
  for (const Section& section : sections) {
    if (section.content.empty()) continue;
    links += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id, section.title);
    content += html_section(section.id, section.title, section.content);
  }
  body += "<nav aria-label=\"Sections\"><ul>\n" + links + "</ul></nav>\n</header>\n<main>\n" + content + "</main>\n";
  return html_page(paper.slug + ": " + paper.title, body);
}

}  // namespace reprise::reports
