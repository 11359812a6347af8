#include "reports/formats/writers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/formats/html_style.hpp"
#include "reports/pictures/png.hpp"
#include "reports/text.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::reports {
namespace {

constexpr std::int64_t kMaxImages = 64;  // of one grid; a page with more is slow to open

std::string e(const std::string& text) {
  return html_escaped(text);
}

std::string badge(const std::string& state, const std::string& text) {
  const bool good = state == "reproduced" || state == "same direction" || state == "equivalent" || state == "better";
  const bool bad = state == "not reproduced" || state == "opposite direction" || state == "worse";
  const char* sign = good ? "✓ " : bad ? "✗ " : state == "undecided" || state == "inconclusive" ? "? " : "";
  return fmt::format("<span class=\"badge {}\">{}{}</span>", canonical_name(state), sign, e(text));
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
  out += "</div>\n";
  if (report.papers.size() < 2) return out + "</header>\n";
  out += "<nav aria-label=\"Papers\"><ul>\n";
  for (const PaperReport& paper : report.papers) out += fmt::format("<li><a href=\"#{0}\">{0}</a></li>\n", e(paper.slug));
  return out + "</ul></nav>\n</header>\n";
}

std::string footnote_marks(const PaperReport& paper, const Row& row) {
  std::vector<std::string> marks;
  for (int number : row.footnotes) marks.push_back(fmt::format("<a href=\"#{}-note-{}\">{}</a>", e(paper.slug), number, number));
  return marks.empty() ? "" : "<sup>" + joined(marks, ", ") + "</sup>";
}

std::string published_cell(const Row& row) {
  if (!row.published) return "<td class=\"number\">-</td><td class=\"small\"></td>";
  const auto& number = row.published->number;
  std::vector<std::string> about{number.source, number.model};
  if (!number.variant.empty()) about.push_back(number.variant);
  about.push_back(number.dataset);
  if (number.role != "own" && !number.role.empty()) about.push_back(number.role + (number.origin.empty() ? "" : " from " + number.origin));
  std::string value = shortest_text(number.value) + (number.spread ? " ± " + shortest_text(*number.spread) : "");
  if (!row.published->verified) value = fmt::format("({})", value);
  return fmt::format("<td class=\"number\"><span class=\"main\">{}</span>{}</td><td class=\"small\">{}</td>", value,
                     row.published->verified ? "" : "<br/><span class=\"chip warn\">unverified</span>", e(joined(about, "; ")));
}

std::string reproduced_cell(const Row& row) {
  if (row.reproduced.n == 0) return "<td class=\"number\">-</td>";
  return fmt::format("<td class=\"number\"><span class=\"main\">{}</span><br/><span class=\"small\">n = {}</span></td>",
                     row.reproduced_value(), row.reproduced.n);
}

std::string comparison_cell(const Row& row) {
  if (!row.comparison) return fmt::format("<td class=\"small\">{}</td>", e(row.verdict()));
  const MeanEstimate& estimate = row.comparison->estimate;
  const double width = estimate.half_width(), wide = row.comparison->new_images_half_width;
  std::string text = fmt::format("better by {}; 95 % interval {}", signed_text(estimate.value, row.unit),
                                 interval_text(estimate.value - width, estimate.value + width, row.unit));
  if (wide > 0 && std::isfinite(wide)) text += ", for new images " + interval_text(estimate.value - wide, estimate.value + wide, row.unit);
  text += fmt::format("; margin {}{}; q = {}", shortest_text(rounded(row.margin)), row.margin_of_paper ? "" : " by rule", p_text(row.q));
  return fmt::format("<td>{}<br/><span class=\"small\">{}</span></td>", badge(row.word(), row.verdict()), e(text));
}

std::string table_row(const PaperReport& paper, const Row& row) {
  std::string trial = e(row.title) + footnote_marks(paper, row) + "<br/><code>" + e(row.trial) + "</code>";
  if (!row.variation.empty()) trial += " <span class=\"chip warn\">" + e(row.variation) + "</span>";
  const std::string metric = row.metric == "test_error"
                                 ? ""
                                 : "<br/><span class=\"small\">" + e(row.metric) + (row.unit.empty() ? "" : ", " + e(row.unit)) + "</span>";
  return fmt::format("<tr><th scope=\"row\">{}{}</th><td class=\"nowrap\">{}{}</td><td>{}</td>{}{}{}<td>{}</td></tr>\n", trial, metric,
                     e(row.dataset), row.substitute ? "<br/><span class=\"chip warn\">substitute</span>" : "", e(row.scale),
                     published_cell(row), reproduced_cell(row), comparison_cell(row), e(row.protocol_label));
}

std::string rows_table(const PaperReport& paper) {
  std::string out =
      "<div class=\"scroll\"><table>\n<caption>Test errors in percent unless a row says otherwise; ours are mean ± standard deviation over "
      "n "
      "seeds.</caption>\n<thead><tr><th scope=\"col\">Trial</th><th scope=\"col\">Data set</th><th scope=\"col\">Scale</th>"
      "<th scope=\"col\" class=\"number\">Published</th><th scope=\"col\">where</th><th scope=\"col\" class=\"number\">Reproduced</th>"
      "<th scope=\"col\">Comparison</th><th scope=\"col\"><abbr title=\"Protocol of our number, listed "
      "below\">Prot.</abbr></th></tr></thead>\n<tbody>\n";
  for (const Row& row : paper.rows) out += table_row(paper, row);
  out += "</tbody>\n</table></div>\n<dl class=\"facts\">\n";
  for (const auto& [label, text] : paper.protocols) out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", label, e(text));
  for (std::size_t i = 0; i < paper.footnotes.size(); ++i) {
    out += fmt::format("<dt id=\"{}-note-{}\">{}</dt><dd>{}</dd>\n", e(paper.slug), i + 1, i + 1, e(paper.footnotes[i]));
  }
  return out + "</dl>\n";
}

std::string claim_setting(const ClaimResult& claim) {
  std::string out = "<div class=\"setting\"><div class=\"meta\">" + badge(name_of(claim.status), claim.verdict());
  if (claim.is_decided() || claim.status == Status::undecided) out += "<span class=\"small\">q = " + p_text(claim.q) + "</span>";
  if (!claim.scale.empty()) {
    out += fmt::format("<span class=\"chip\">{}</span><span class=\"chip\">{}</span>", e(claim.scale), e(claim.dataset));
    if (claim.substitute) out += "<span class=\"chip warn\">substitute data set</span>";
    if (!claim.variation.empty()) out += "<span class=\"chip warn\">" + e(claim.variation) + "</span>";
  }
  out += "</div>\n";
  for (std::size_t i = 0; i < claim.tests.size(); ++i) {
    if (i < claim.pictures.size()) out += render_interval(claim.pictures[i]);
    out += "<p class=\"test\">" + e(claim.tests[i]) + "</p>\n";
  }
  return out + "</div>\n";
}

/// A card per claim, with a block for each setting it was tested on; they stand next to each other in paper.claims.
std::string claim_cards(const std::vector<ClaimResult>& claims) {
  std::string out;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const ClaimResult& claim = claims[i];
    const bool first = i == 0 || claims[i - 1].claim.id != claim.claim.id,
               last = i + 1 == claims.size() || claims[i + 1].claim.id != claim.claim.id;
    if (first) {
      const std::string state = last ? canonical_name(name_of(claim.status)) : "several";
      out += fmt::format("<article class=\"claim {}\">\n<h4>{}</h4>\n", state, e(claim.claim.statement));
      if (!claim.published.empty()) out += "<p class=\"test\"><b>Published:</b> " + e(joined(claim.published, "; ")) + "</p>\n";
      if (!claim.claim.note.empty()) out += "<p class=\"test\">" + e(claim.claim.note) + "</p>\n";
    }
    out += claim_setting(claim);
    if (last) out += "</article>\n";
  }
  return out;
}

std::string plot_figure(const Picture& picture) {
  return fmt::format("<figure><figcaption>{}<span class=\"small\">{}</span></figcaption>\n{}</figure>\n", e(picture.title), e(picture.note),
                     render_svg(picture.plot));
}

std::string plots(const std::string& heading, const std::string& words, const std::vector<Picture>& pictures, bool wide, bool grouped) {
  if (pictures.empty()) return "";
  std::string out = fmt::format("<h3>{}</h3>\n{}", heading, words.empty() ? "" : "<p class=\"small\">" + words + "</p>\n");
  const std::string open = wide ? "<div class=\"plots wide\">\n" : "<div class=\"plots\">\n";
  std::string group;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    if (i == 0 || (grouped && pictures[i].group != group)) {
      out += (i == 0 ? "" : "</div>\n") + (grouped ? "<h4>" + e(pictures[i].group) + "</h4>\n" : std::string()) + open;
    }
    group = pictures[i].group;
    out += plot_figure(pictures[i]);
  }
  return out + "</div>\n";
}

/// Pictures that belong together: captions that repeat every so many pictures, the first of each set aside (the image itself
/// and its maps). 1 if there is no such number.
std::int64_t set_size(const records::Images& images) {
  const auto count = static_cast<std::size_t>(images.count);
  if (images.captions.size() != count) return 1;
  for (std::size_t size = 2; size <= 8 && size * 2 <= count; ++size) {
    bool repeats = count % size == 0;
    for (std::size_t i = size; repeats && i < count; ++i) repeats = i % size == 0 || images.captions[i] == images.captions[i - size];
    if (repeats) return static_cast<std::int64_t>(size);
  }
  return 1;
}

std::string image_tile(const records::Images& images, std::int64_t i) {
  const std::int64_t size = images.height * images.width * images.channels;
  const auto index = static_cast<std::size_t>(i);
  const bool captioned = index < images.captions.size() && !images.captions[index].empty();
  return fmt::format("<figure><img alt=\"{}\" src=\"{}\"/>{}</figure>\n",
                     captioned ? e(images.captions[index]) : fmt::format("image {}", i + 1),
                     png_data_address(images.pixels.data() + i * size, static_cast<int>(images.height), static_cast<int>(images.width),
                                      static_cast<int>(images.channels)),
                     captioned ? "<figcaption>" + e(images.captions[index]) + "</figcaption>" : "");
}

std::string image_grid(const ImageGrid& grid) {
  const std::int64_t shown = std::min(grid.images.count, kMaxImages), set = set_size(grid.images);
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

std::string provenance(const PaperReport& paper) {
  std::string out =
      "<details><summary>Where the runs come from</summary>\n<table><thead><tr><th scope=\"col\">fact</th><th scope=\"col\">value</th>"
      "<th scope=\"col\" class=\"number\">runs</th></tr></thead><tbody>\n";
  for (const ProvenanceLine& line : paper.provenance) {
    for (const auto& [value, count] : line.values) {
      out += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"number\">{}</td></tr>\n", e(line.key), e(value), count);
    }
  }
  return paper.provenance.empty() ? "" : out + "</tbody></table></details>\n";
}

std::string paper_section(const PaperReport& paper) {
  std::string out = fmt::format(
      "<section class=\"paper\" id=\"{}\" aria-labelledby=\"{}-title\">\n<h2 id=\"{}-title\">{}</h2>\n<p class=\"small\">{}{}</p>\n",
      e(paper.slug), e(paper.slug), e(paper.slug), e(paper.title), e(paper.citation),
      paper.address.empty() ? "" : fmt::format(". <a href=\"{0}\">{0}</a>", e(paper.address)));
  if (!paper.note.empty()) out += "<p class=\"small\">" + e(paper.note) + "</p>\n";
  out += fmt::format("<p class=\"small\">{}{}</p>\n", text::plural(paper.run_count, "run", "runs"),
                     paper.training_seconds > 0 ? ", " + text::duration_text(paper.training_seconds) + " of training in all" : "");
  out += "<h3>Published and reproduced</h3>\n" + rows_table(paper);
  if (!paper.claims.empty()) {
    out +=
        "<h3>Claims</h3>\n<p class=\"small\">The dot is what was measured, the bar its 95 % interval, the shaded part what the claim "
        "allows.</p>\n<div class=\"claims\">\n";
    out += claim_cards(paper.claims) + "</div>\n";
  }
  out += plots("Figures", "", paper.figures, true, false);
  out += plots("Analyses", "", paper.tables, true, false);
  if (!paper.images.empty()) out += "<h3>Images</h3>\n";
  for (const ImageGrid& grid : paper.images) out += image_grid(grid);
  out += plots("Training curves",
               "One line per seed: on the test split solid, on the training split dashed. Plots of one data set and scale share their "
               "vertical range.",
               paper.curves, false, true);
  if (!paper.missing.empty()) {
    out += "<h3>Not available from the paper</h3>\n<ul>\n";
    for (const auto& missing : paper.missing) {
      out += fmt::format("<li class=\"small\">{} ({}): {}</li>\n", e(missing.what), e(missing.source), e(missing.reason));
    }
    out += "</ul>\n";
  }
  return out + provenance(paper) + "</section>\n";
}

std::string scaling_section(const Scaling& scaling) {
  if (scaling.empty()) return "";
  std::string out = fmt::format(
      "<section class=\"paper\" id=\"scaling\" aria-labelledby=\"scaling-title\">\n<h2 id=\"scaling-title\">Scaling</h2>\n"
      "<p class=\"small\">One step of {}, {} scale, on ranks of one machine with {} cores, and what the model behind <code>reprise plan "
      "--nodes</code> said after a look at one rank.</p>\n<table>\n<thead><tr><th scope=\"col\">batch</th><th scope=\"col\">ranks × "
      "threads</th>"
      "<th scope=\"col\">step</th><th scope=\"col\">forecast</th><th scope=\"col\">images/s over one rank's</th></tr></thead>\n<tbody>\n",
      e(scaling.trial), e(scaling.scale), scaling.cores);
  for (const ScalingRow& row : scaling.rows)
    out += fmt::format("<tr><th scope=\"row\">{}, {}</th><td>{} × {}</td><td>{:.2f} ms</td><td>{:.2f} ms</td><td>{:.2f}</td></tr>\n",
                       row.batch, row.kind == "strong" ? "the recipe's" : "a share for each rank", row.ranks, row.threads,
                       1e3 * row.seconds, 1e3 * row.forecast_seconds, scaling.speedup(row));
  return out + "</tbody>\n</table>\n</section>\n";
}

std::string left_out(const Report& report) {
  if (report.left_out.empty()) return "";
  std::string out = "<section class=\"leftout\"><h2>Left out</h2>\n<ul>\n";
  for (const LeftOut& file : report.left_out) out += fmt::format("<li><code>{}</code>: {}</li>\n", e(file.file), e(file.reason));
  return out + "</ul></section>\n";
}

}  // namespace

namespace {

std::string superseded(const Report& report) {
  if (report.superseded.empty()) return "";
  std::string out = "<section class=\"leftout\"><h2>Superseded</h2>\n<p class=\"small\">Runs that no longer count, and why.</p>\n<ul>\n";
  for (const Superseded& run : report.superseded)
    out += fmt::format("<li><code>{}</code>: {}: {}</li>\n", e(run.file), e(run.number), e(run.reason));
  return out + "</ul></section>\n";
}

}  // namespace

std::string to_html(const Report& report) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\"/>\n"
      "<title>Published and reproduced</title>\n<style>";
  out += std::string(kStyleSheet) + "</style>\n</head>\n<body>\n" + header(report) + "<main>\n";
  for (const PaperReport& paper : report.papers) out += paper_section(paper);
  out += scaling_section(report.scaling);
  out += superseded(report);
  out += left_out(report);
  out +=
      "</main>\n<footer>\n<p>Verdicts rest on seeds, on the test images as they are: Welch&#39;s interval of a difference of two means, "
      "with the "
      "spread of two or three seeds borrowed in part from the paper&#39;s other trials (Smyth 2004), at the level of the look that the "
      "number "
      "of seeds allows. Intervals for new images add the variance over images. q is the false discovery rate of Benjamini and "
      "Hochberg.</p>\n"
      "<p>Written by reprise.</p>\n</footer>\n</body>\n</html>\n";
  return out;
}

}  // namespace reprise::reports
