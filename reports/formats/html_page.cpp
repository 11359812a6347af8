#include "reports/formats/html_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/text.hpp"

namespace reprise::reports {
namespace {

const char* const kStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #171a1f; --ink2: #4c5561; --ink3: #68717e; --line: #dde1e7; --grid: #e9ecf0; --axis: #9aa3ae;
  --accent: #1f5fbf; --good: #12734a; --good-bg: #dff3e8; --bad: #b02a37; --bad-bg: #fbe4e6; --open: #8a5a00; --open-bg: #fdf0d0;
  --none: #56606c; --none-bg: #e8ebef; --region: #12734a22;
  --c0: #2166c4; --c1: #d26a00; --c2: #128a5f; --c3: #8046c0; --c4: #c5304f; --c5: #0f8699; --c6: #857a00; --c7: #626a75;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12151a; --card: #1a1e25; --ink: #e8ebef; --ink2: #b3bbc6; --ink3: #929ba8; --line: #2e343e; --grid: #272d36; --axis: #6c7683;
    --accent: #7db2ff; --good: #6fd6a5; --good-bg: #143626; --bad: #ff9aa4; --bad-bg: #43191f; --open: #f2c25c; --open-bg: #3c2d0b;
    --none: #aab3be; --none-bg: #2a3039; --region: #6fd6a52b;
    --c0: #6ba7ff; --c1: #ff9f45; --c2: #45c795; --c3: #b98cf0; --c4: #ff7f96; --c5: #4cc3d6; --c6: #d1c445; --c7: #a7afba;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main, header, footer { max-width: 1280px; margin: 0 auto; padding: 0 24px; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
code { font: 0.88em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; color: var(--ink2); overflow-wrap: anywhere; }
h1 { font-size: 30px; line-height: 1.2; margin: 40px 0 6px; letter-spacing: -0.02em; }
h2 { font-size: 23px; line-height: 1.25; margin: 0 0 4px; letter-spacing: -0.01em; }
h3 { font-size: 16.5px; margin: 32px 0 10px; } h4 { font-size: 13.5px; margin: 18px 0 8px; color: var(--ink2); font-weight: 600; }
p { margin: 0 0 8px; } .lead { color: var(--ink2); max-width: 78ch; }
.small { font-size: 12.5px; line-height: 1.45; color: var(--ink3); } .nowrap { white-space: nowrap; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin: 22px 0 10px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 18px; border-top: 3px solid var(--none); }
.tile b { display: block; font-size: 32px; line-height: 1.15; font-weight: 650; font-variant-numeric: tabular-nums; }
.tile span { color: var(--ink2); font-size: 13.5px; }
.tile.reproduced { border-top-color: var(--good); } .tile.samedirection { border-top-color: var(--good); } .tile.notreproduced, .tile.oppositedirection { border-top-color: var(--bad); } .tile.undecided { border-top-color: var(--open); }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 8px; padding: 0; margin: 16px 0 0; }
nav a { display: block; padding: 6px 12px; border: 1px solid var(--line); border-radius: 999px; background: var(--card); font-size: 13.5px; }
section.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 22px 28px 26px; margin: 22px 0; }
.crumbs { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin: 22px 0 -18px; } .crumbs .end { margin-left: auto; display: flex; gap: 8px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
caption { text-align: left; color: var(--ink3); font-size: 12.5px; padding: 0 0 8px; }
th { text-align: left; font-weight: 600; font-size: 12.5px; color: var(--ink2); border-bottom: 2px solid var(--line); padding: 6px 14px 6px 0; vertical-align: bottom; }
table.papers tbody th { min-width: 230px; }
td, tbody th { border-bottom: 1px solid var(--line); padding: 9px 14px 9px 0; vertical-align: top; }
tbody th { font-weight: 500; font-size: 14px; color: var(--ink); } tbody th code { overflow-wrap: normal; }
tbody tr:last-child > * { border-bottom: 0; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td .main { font-weight: 600; font-variant-numeric: tabular-nums; }
th [role=button] { cursor: pointer; }
th [role=button]::after { content: "\a0↕"; color: var(--axis); } th[aria-sort=ascending] [role=button]::after { content: "\a0↑"; } th[aria-sort=descending] [role=button]::after { content: "\a0↓"; }
label { display: block; margin: 0 0 12px; font-size: 13.5px; color: var(--ink3); }
input[type=search] { font: inherit; font-size: 13.5px; width: min(100%, 320px); margin-left: 10px; padding: 6px 11px; color: var(--ink); background: var(--page); border: 1px solid var(--line); border-radius: 8px; }
[hidden] { display: none !important; }
td details { margin: 0; } td summary { font-weight: 500; font-size: 12.5px; white-space: nowrap; } td details p { margin: 4px 0 0; }
th.plot, td.plot { width: 236px; } th.plot { font-weight: 400; }
sup { font-size: 11px; line-height: 0; }
.chip { display: inline-block; border-radius: 5px; padding: 0 6px; font-size: 11.5px; line-height: 18px; background: var(--none-bg); color: var(--none); white-space: nowrap; vertical-align: 1px; }
.chip.warn { background: var(--open-bg); color: var(--open); white-space: normal; }
.badge { display: inline-block; border-radius: 6px; padding: 2px 9px; font-size: 12.5px; font-weight: 650; background: var(--none-bg); color: var(--none); }
.badge.reproduced, .badge.samedirection, .badge.equivalent, .badge.better { background: var(--good-bg); color: var(--good); }
.badge.notreproduced, .badge.oppositedirection, .badge.worse { background: var(--bad-bg); color: var(--bad); } .badge.undecided, .badge.inconclusive { background: var(--open-bg); color: var(--open); }
.claims { columns: 2 400px; column-gap: 16px; }
.claim { border: 1px solid var(--line); border-left: 4px solid var(--none); border-radius: 8px; padding: 13px 16px 12px; margin: 0 0 16px; break-inside: avoid; }
.claim.reproduced, .claim.samedirection { border-left-color: var(--good); } .claim.notreproduced, .claim.oppositedirection { border-left-color: var(--bad); } .claim.undecided { border-left-color: var(--open); }
.claim h3 { font-size: 15px; color: var(--ink); margin: 0 0 6px; line-height: 1.35; }
.setting { margin-top: 10px; } .setting + .setting { border-top: 1px solid var(--line); padding-top: 11px; margin-top: 12px; }
.claim .test { font-size: 12.5px; line-height: 1.5; color: var(--ink2); margin: 4px 0 0; }
.claim .test + .test { margin-top: 8px; } .claim .meta { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); gap: 18px 16px; align-items: end; }
.plots.wide { grid-template-columns: repeat(auto-fill, minmax(430px, 1fr)); }
figure { margin: 0; break-inside: avoid; } figcaption { font-size: 13.5px; margin: 0 0 4px; } figcaption .small { display: block; }
svg { max-width: 100%; height: auto; display: block; }
svg text { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--ink3); }
svg text.label, svg text.key { fill: var(--ink2); } svg text.x, svg text.label { text-anchor: middle; } svg text.tick.y { text-anchor: end; }
svg .grid { stroke: var(--grid); fill: none; } svg .axis { stroke: var(--axis); fill: none; }
svg .line { stroke: var(--s); stroke-width: 1.8; fill: none; stroke-linejoin: round; stroke-linecap: round; }
svg .bar { stroke: var(--s); stroke-width: 1.2; fill: none; } svg .mark { fill: var(--s); stroke: var(--card); stroke-width: 1; }
svg .faint .line { stroke-width: 1.2; opacity: 0.6; } svg .faint .mark { opacity: 0.6; } svg .dashed .line { stroke-dasharray: 4 3; }
svg .hollow .mark { fill: var(--card); stroke: var(--s); stroke-width: 1.6; } svg .hollow .line { stroke-width: 1.2; opacity: 0.75; }
svg .s0 { --s: var(--c0); } svg .s1 { --s: var(--c1); } svg .s2 { --s: var(--c2); } svg .s3 { --s: var(--c3); }
svg .s4 { --s: var(--c4); } svg .s5 { --s: var(--c5); } svg .s6 { --s: var(--c6); } svg .s7 { --s: var(--c7); }
svg.interval, svg.forest { --s: var(--none); } svg.interval { margin: 8px 0 2px; }
svg.reproduced, svg.samedirection, svg.equivalent, svg.better { --s: var(--good); } svg.notreproduced, svg.oppositedirection, svg.worse { --s: var(--bad); }
svg.undecided, svg.inconclusive { --s: var(--open); } svg .diamond { fill: var(--card); stroke: var(--ink2); stroke-width: 1.5; } svg .published .span { stroke: var(--ink3); stroke-width: 1.3; } svg .region { fill: var(--region); } svg .bound { stroke: var(--good); stroke-dasharray: 3 2; fill: none; }
svg .span { stroke: var(--s); stroke-width: 2.2; fill: none; } svg .value { fill: var(--s); stroke: var(--card); stroke-width: 1.5; }
.tiles-of-images { display: flex; flex-wrap: wrap; gap: 10px 8px; margin: 6px 0 4px; }
.tiles-of-images .set { display: flex; flex-wrap: wrap; gap: 6px; padding: 7px; border: 1px solid var(--line); border-radius: 8px; }
.tiles-of-images figure { width: 74px; } .tiles-of-images img { width: 74px; height: 74px; object-fit: contain; image-rendering: pixelated; border-radius: 4px; display: block; background: var(--none-bg); }
.tiles-of-images figure.whole, .tiles-of-images figure.whole img { width: auto; height: auto; max-width: 100%; }
.tiles-of-images figcaption { font-size: 11px; line-height: 1.3; color: var(--ink3); margin: 3px 0 0; overflow-wrap: anywhere; }
details { margin: 18px 0 0; } summary { cursor: pointer; color: var(--ink2); font-weight: 600; font-size: 14px; }
details table { font-size: 12.5px; margin-top: 8px; } details td { overflow-wrap: anywhere; padding-top: 4px; padding-bottom: 4px; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 12px; font-size: 12.5px; color: var(--ink2); margin: 12px 0 0; }
dl.facts dt { font-weight: 600; font-variant-numeric: tabular-nums; } dl.facts dd { margin: 0; }
.leftout { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--open); border-radius: 8px; padding: 14px 20px; margin: 20px 0; }
.leftout li { font-size: 13px; overflow-wrap: anywhere; }
footer { color: var(--ink3); font-size: 12.5px; padding-bottom: 40px; } footer p { max-width: 92ch; }
@media (max-width: 720px) {
  main, header, footer { padding: 0 12px; } section.card { padding: 16px 14px; } .tiles { grid-template-columns: repeat(2, 1fr); }
  .claims { columns: 1; } .plots, .plots.wide { grid-template-columns: 1fr; } h1 { font-size: 24px; }
  table.cards, table.cards tbody, table.cards tr, table.cards td, table.cards th { display: block; width: auto; } table.cards caption, table.cards thead, table.cards thead tr { display: block; }
  table.cards thead tr { border: 0; padding: 0 12px; margin: 0; } table.cards thead th { display: none; } table.cards thead th.plot { display: block; border: 0; padding: 0; }
  table.cards tr { border: 1px solid var(--line); border-radius: 8px; padding: 8px 12px; margin: 0 0 12px; }
  table.cards td, table.cards tbody th { border: 0; padding: 3px 0; text-align: left; white-space: normal; }
  table.cards td::before { content: attr(data-label) ": "; color: var(--ink3); font-size: 12.5px; } table.cards td.plot::before, table.cards td[data-label=""]::before, table.cards td:empty { display: none; }
  dl.facts { grid-template-columns: 1fr; } dl.facts dt { margin-top: 4px; }
}
@media print {
  :root { --page: #fff; --card: #fff; --ink: #000; --ink2: #333; --ink3: #555; --line: #ccc; --grid: #e6e6e6; --axis: #888; color-scheme: light; }
  @page { margin: 14mm; }
  body { font-size: 9.5pt; } main, header, footer { max-width: none; padding: 0; } nav, label, td details { display: none; }
  section.card { border: 0; padding: 0; } tr, .claim, figure { break-inside: avoid; } h2, h3 { break-after: avoid; } .scroll { overflow: visible; }
  table { font-size: 8.5pt; } td, th, tbody th { padding: 4px 8px 4px 0; font-size: 8.5pt; } th [role=button]::after { content: none; }
  th.plot, td.plot { width: 150px; } th.more, td.more { display: none; } .claims { columns: 1; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
)css";

/// Without "<" and "&", so that the page stays well-formed XML.
const char* const kScript = R"js(
(function () {
  const compare = function (a, b) {
    if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
    return typeof a === 'number' ? a - b : a.localeCompare(b);
  };
  const key = function (cell) {
    const number = parseFloat(cell.dataset.value);
    return isNaN(number) ? cell.textContent.trim().toLowerCase() : number;
  };
  for (const table of document.querySelectorAll('table.sortable')) {
    table.querySelectorAll('thead th').forEach(function (head, column) {
      if (head.classList.contains('fixed')) return;
      const button = document.createElement('span');
      button.setAttribute('role', 'button');
      button.tabIndex = 0;
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('keydown', function (event) {
        if (event.key === 'Enter') button.click();
      });
      button.addEventListener('click', function () {
        const falling = head.getAttribute('aria-sort') === 'ascending';
        for (const other of table.querySelectorAll('thead th')) other.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', falling ? 'descending' : 'ascending');
        const rows = Array.from(table.tBodies[0].rows).sort((a, b) => compare(key(a.cells[column]), key(b.cells[column])));
        table.tBodies[0].append(...(falling ? rows.reverse() : rows));
      });
    });
  }
  for (const place of document.querySelectorAll('[data-filter]')) {
    const input = document.createElement('input');
    input.type = 'search';
    const label = document.createElement('label');
    label.append(place.dataset.filter, input);
    place.prepend(label);
    input.addEventListener('input', function () {
      const words = input.value.toLowerCase().split(' ');
      for (const item of place.querySelectorAll('tbody tr, article, li')) {
        const text = item.textContent.toLowerCase();
        item.hidden = !words.every((word) => text.includes(word));
      }
    });
  }
  window.addEventListener('beforeprint', function () {
    for (const fold of document.querySelectorAll('section details')) fold.open = true;
  });
})();
)js";

const char* const kFooter =
    "<footer>\n<p>Verdicts rest on seeds, on the test images as they are: Welch&#39;s interval of a difference of two means, with the "
    "spread of "
    "two or three seeds borrowed in part from the paper&#39;s other trials (Smyth 2004), at the level of the look that the number of seeds "
    "allows. Intervals for new images add the variance over images. q is the false discovery rate of Benjamini and Hochberg.</p>\n"
    "<p>Written by reprise.</p>\n</footer>\n";

}  // namespace

std::string html_page(const std::string& title, const std::string& body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\"/>\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}{}<script>{}</script>\n</body>\n</html>\n",
      html_escaped(title), kStyle, body, kFooter, kScript);
}

std::string html_badge(const std::string& state, const std::string& text) {
  const bool good = state == "reproduced" || state == "same direction" || state == "equivalent" || state == "better";
  const bool bad = state == "not reproduced" || state == "opposite direction" || state == "worse";
  const char* sign = good ? "✓ " : bad ? "✗ " : state == "undecided" || state == "inconclusive" ? "? " : "";
  return fmt::format("<span class=\"badge {}\">{}{}</span>", canonical_name(state), sign, html_escaped(text));
}

std::string html_chip(const std::string& text, bool warning) {
  return fmt::format("<span class=\"chip{}\">{}</span>", warning ? " warn" : "", html_escaped(text));
}

std::string html_section(const std::string& id, const std::string& title, const std::string& content) {
  if (content.empty()) return "";
  return fmt::format("<section class=\"card\" id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>\n{2}</section>\n",
                     id, title, content);
}

std::string html_small(const std::string& text) {
  return "<span class=\"small\">" + html_escaped(text) + "</span>";
}

std::string html_cell(const std::string& label, const std::string& content, const std::string& css, double value) {
  return fmt::format("<td data-label=\"{}\"{}{}>{}</td>", html_escaped(label), css.empty() ? "" : fmt::format(" class=\"{}\"", css),
                     std::isfinite(value) ? fmt::format(" data-value=\"{}\"", value) : "", content);
}

std::string html_head(const std::vector<std::string>& names, const std::vector<std::string>& fixed) {
  std::string out = "<thead><tr>";
  for (const std::string& name : names) {
    const bool stays = std::find(fixed.begin(), fixed.end(), name) != fixed.end();
    out += fmt::format("<th scope=\"col\"{}>{}</th>", stays ? " class=\"fixed " + name + "\"" : "", html_escaped(name));
  }
  return out + "</tr></thead>\n";
}

}  // namespace reprise::reports
