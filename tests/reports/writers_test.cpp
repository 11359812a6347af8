#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "made_up_runs.hpp"
#include "reports/build_report.hpp"
#include "reports/formats/formats.hpp"
#include "reports/formats/writers.hpp"
#include "reports/text.hpp"

namespace reprise::reports {
namespace {

using made_up::text_of;

records::RunRecord record(const std::string& trial, const std::string& scale, const std::string& dataset, std::int64_t seed) {
  made_up::RunSpec run;
  run.trial = trial;
  run.scale = scale;
  run.dataset = dataset;
  run.seed = seed;
  run.reports = {"table2-" + trial};
  run.deviations = {"width 50 % & <less>_than $the {paper}'s #1"};
  return made_up::record_of(run);
}

Report small_report() {
  std::vector<records::RunRecord> records;
  for (const char* trial : {"plain", "dropout", "wide"}) {
    for (int seed : {1, 2, 3}) records.push_back(record(trial, "paper", "mnist", seed));
  }
  records::Images images;
  images.title = "Maps & <more>";
  images.captions = {"a < b", "\"c\""};
  images.count = 2;
  images.height = images.width = 2;
  images.channels = 3;
  images.pixels = std::vector<std::uint8_t>(24, 100);
  records.front().images["maps"] = images;
  records.front().tables["sweep"] = {"A sweep", "k", {{"k", {1, 10, 100}}, {"error", {3, 2, 1}}}};
  records.front().provenance["flags"] = "-O3 <&>";
  Report report = build_report(records, {made_up::paper()});
  report.left_out.push_back({"a&b.h5", "expected <seal>"});
  return report;
}

// Checks that elements nest, attributes are quoted and no bare & or < stands in the text. Returns what is wrong, or "".
std::string malformed(const std::string& page) {
  std::vector<std::string> open;
  std::set<std::string> ids;
  std::size_t at = page.find("<html");
  while (at < page.size()) {
    if (page[at] == '&') {
      const std::string entity = page.substr(at, page.find(';', at) - at + 1);
      static const std::set<std::string> kEntities{"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
      if (!kEntities.contains(entity)) return "bare & before: " + page.substr(at, 40);
      at += entity.size();
      continue;
    }
    if (page[at] != '<') {
      ++at;
      continue;
    }
    const std::size_t end = page.find('>', at);
    if (end == std::string::npos) return "unclosed tag: " + page.substr(at, 40);
    const std::string tag = page.substr(at + 1, end - at - 1);
    at = end + 1;
    if (tag.find('<') != std::string::npos) return "< inside a tag: " + tag;
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return "unbalanced quotes: " + tag;
    if (const std::size_t id = tag.find(" id=\""); id != std::string::npos) {
      const std::string name = tag.substr(id + 5, tag.find('"', id + 5) - id - 5);
      if (!ids.insert(name).second) return "id used twice: " + name;
    }
    const std::string name = tag.substr(tag.front() == '/' ? 1 : 0, tag.find_first_of(" \n/", 1) - (tag.front() == '/' ? 1 : 0));
    if (tag.front() == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return "closes what is not open: " + tag;
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : "left open: " + open.back();
}

TEST(Html, pages_are_well_formed_and_stand_alone) {
  const std::vector<File> pages = to_html(small_report());
  ASSERT_EQ(pages.size(), 2u);
  for (const auto& [name, page] : pages) {
    EXPECT_EQ(malformed(page), "") << name;
    EXPECT_EQ(page.find("<link"), std::string::npos) << name;
    for (std::size_t at = page.find("src=\""); at != std::string::npos; at = page.find("src=\"", at + 1)) {
      EXPECT_EQ(page.substr(at, 27), "src=\"data:image/png;base64,") << name;
    }
    EXPECT_NE(page.find("prefers-color-scheme: dark"), std::string::npos) << name;
  }
}

/// The addresses of a page, those of other files and those in it.
std::set<std::string> addresses_in(const std::string& page) {
  std::set<std::string> found;
  const std::string mark = "href=\"";
  for (std::size_t at = page.find(mark); at != std::string::npos; at = page.find(mark, at + 1))
    found.insert(page.substr(at + mark.size(), page.find('"', at + mark.size()) - at - mark.size()));
  return found;
}

TEST(Html, every_link_leads_somewhere) {
  Report report = small_report();
  const std::string run = report.papers.front().rows.front().runs.front().second;
  report.files[run] = "made-up/plain/" + run + ".h5";
  const std::vector<File> pages = to_html(report);
  const std::set<std::string> of_index = addresses_in(pages[0].text), of_paper = addresses_in(pages[1].text);
  EXPECT_EQ(of_index, (std::set<std::string>{"report/made-up.html"}));
  EXPECT_EQ(pages[1].name, "report/made-up.html");
  EXPECT_TRUE(of_paper.contains("../report.html"));
  EXPECT_TRUE(of_paper.contains("../made-up/plain/" + run + ".h5"));
  EXPECT_TRUE(of_paper.contains("#claim-dropout-helps"));
  for (const std::string& address : of_paper)
    EXPECT_TRUE(!address.starts_with("#") || pages[1].text.find("id=\"" + address.substr(1) + "\"") != std::string::npos) << address;
}

TEST(Html, rows_say_how_to_repeat_them_and_a_metric_has_a_table_of_its_own) {
  made_up::RunSpec run;
  run.trial = "maxnorm";
  records::RunRecord by_loss = made_up::record_of(run);
  by_loss.test_labels.clear(), by_loss.test_predictions.clear(), by_loss.metrics.erase("test_error");
  by_loss.metrics["test_loss"] = {"nats", {0.5}};
  const std::vector<records::RunRecord> records{record("plain", "paper", "mnist", 1), record("plain", "paper", "mnist", 3), by_loss};
  const std::string page = to_html(build_report(records, {made_up::paper()})).at(1).text;
  EXPECT_NE(page.find("<code>reprise run made-up/plain --scale paper --seeds 3</code>"), std::string::npos);
  EXPECT_NE(page.find("<h3 id=\"numbers-testerrorpercent\">test_error</h3>"), std::string::npos);
  EXPECT_NE(page.find("<h3 id=\"numbers-testlossnats\">test_loss</h3>"), std::string::npos);
}

TEST(Html, claims_that_were_not_run_stand_in_one_fold) {
  const std::string page = to_html(small_report()).at(1).text;
  const std::size_t fold = page.find("<details><summary>Not run (3)</summary>");
  ASSERT_NE(fold, std::string::npos);
  EXPECT_EQ(page.find("<details><summary>Not run", fold + 1), std::string::npos);
  EXPECT_GT(page.find("id=\"claim-order\""), fold);
  EXPECT_LT(page.find("id=\"claim-dropout-helps\""), fold);
}

TEST(Html, the_checker_finds_what_is_malformed) {
  EXPECT_NE(malformed("<html><p>a & b</p></html>"), "");
  EXPECT_NE(malformed("<html><p><b>a</p></b></html>"), "");
  EXPECT_NE(malformed("<html><p>a</p>"), "");
  EXPECT_NE(malformed("<html><p id=\"a\"></p><p id=\"a\"></p></html>"), "");
}

TEST(Html, escapes_every_name_that_comes_from_outside) {
  const std::string page = text_of(to_html(small_report()));
  for (const char* part : {"A Paper &amp; Its &lt;Nets&gt;", "Maps &amp; &lt;more&gt;", "a &lt; b", "-O3 &lt;&amp;&gt;", "a&amp;b.h5",
                           "expected &lt;seal&gt;", "width 50 % &amp; &lt;less&gt;_than $the {paper}&#39;s #1"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
}

TEST(Html, shows_rows_claims_curves_tables_and_images) {
  const std::string page = text_of(to_html(small_report()));
  for (const char* part : {"<table", "svg class=\"forest", "scope=\"col\"", "class=\"claim ", "<svg class=\"plot\"",
                           "<svg class=\"interval", "A sweep", "unverified"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
}

TEST(Html, images_with_repeating_captions_stand_in_sets) {
  records::RunRecord run = record("plain", "paper", "mnist", 1);
  records::Images images;
  images.captions = {"cat", "gradient", "guided", "dog", "gradient", "guided"};
  images.count = 6;
  images.height = images.width = images.channels = 1;
  images.pixels = std::vector<std::uint8_t>(6, 9);
  run.images["maps"] = images;
  const auto sets = [](const std::string& page) {
    std::size_t found = 0;
    for (std::size_t at = page.find("<div class=\"set\">"); at != std::string::npos; at = page.find("<div class=\"set\">", at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(sets(text_of(to_html(build_report({run}, {made_up::paper()})))), 2u);
  run.images["maps"].captions[4] = "guided";
  EXPECT_EQ(sets(text_of(to_html(build_report({run}, {made_up::paper()})))), 0u);
}

TEST(Json, has_exactly_the_documented_fields) {
  const auto json = nlohmann::json::parse(text_of(to_json(small_report())));
  const auto keys = [](const nlohmann::json& object) {
    std::set<std::string> names;
    for (const auto& [name, value] : object.items()) names.insert(name);
    return names;
  };
  using Names = std::set<std::string>;
  EXPECT_EQ(keys(json), (Names{"papers", "summary", "counts", "superseded"}));
  const auto& paper = json["papers"][0];
  EXPECT_EQ(keys(paper), (Names{"slug", "rows", "claims"}));
  const Names row{"id",
                  "trial",
                  "variation",
                  "dataset",
                  "scale",
                  "metric",
                  "unit",
                  "published",
                  "published_spread",
                  "published_runs",
                  "published_verified",
                  "published_dataset",
                  "published_model",
                  "published_variant",
                  "source",
                  "mean",
                  "sd",
                  "n",
                  "failed",
                  "diverged",
                  "seeds",
                  "values",
                  "mean95_low",
                  "mean95_high",
                  "files",
                  "variance",
                  "variance_degrees_of_freedom",
                  "lower_bound",
                  "substitute",
                  "status",
                  "why_not_compared",
                  "verdict",
                  "reproduced",
                  "protocol",
                  "deviations"};
  const Names estimate{"effect",
                       "standard_error",
                       "degrees_of_freedom",
                       "interval95_low",
                       "interval95_high",
                       "interval_of_level_low",
                       "interval_of_level_high",
                       "new_images95_low",
                       "new_images95_high",
                       "level",
                       "look",
                       "p",
                       "obstacle"};
  Names compared = row;
  compared.insert(estimate.begin(), estimate.end());
  for (const char* name : {"margin", "margin_of_rule", "q"}) compared.insert(name);
  EXPECT_EQ(keys(paper["rows"][0]), compared);
  EXPECT_EQ(keys(paper["rows"][2]), row) << "unverified, so not compared";
  EXPECT_EQ(keys(paper["rows"][0]["reproduced"]), (Names{"mean", "sd", "n"}));
  EXPECT_EQ(keys(paper["claims"][0]), (Names{"id",
                                             "statement",
                                             "definition",
                                             "since",
                                             "kind",
                                             "metric",
                                             "margin",
                                             "scale",
                                             "dataset",
                                             "variation",
                                             "substitute",
                                             "status",
                                             "verdict",
                                             "seeds",
                                             "look",
                                             "level",
                                             "p",
                                             "q",
                                             "forecast_seeds",
                                             "published_effect",
                                             "prediction95_low",
                                             "prediction95_high",
                                             "size_as_published",
                                             "test",
                                             "comparisons",
                                             "history"}));
  EXPECT_EQ(paper["rows"][0]["published"], 1.6);
  EXPECT_EQ(paper["rows"][0]["reproduced"]["n"], 3);
  const auto& comparison = paper["claims"][0]["comparisons"][0];
  EXPECT_EQ(comparison["left"], "dropout");
  EXPECT_EQ(comparison["right_seeds"], (std::vector<int>{1, 2, 3}));
  EXPECT_TRUE(comparison["effect"].is_number());
}

TEST(Json, one_seed_has_no_deviation) {
  const Report report = build_report({record("plain", "paper", "mnist", 1)}, {made_up::paper()});
  EXPECT_TRUE(nlohmann::json::parse(text_of(to_json(report)))["papers"][0]["rows"][0]["reproduced"]["sd"].is_null());
}

TEST(Csv, has_as_many_fields_in_each_line_as_in_its_heading) {
  const std::string csv = text_of(to_csv(small_report()));
  std::vector<int> counts{1};
  bool quoted = false;
  for (char c : csv) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) ++counts.back();
    if (c == '\n' && !quoted) counts.push_back(1);
  }
  counts.pop_back();
  EXPECT_EQ(counts.size(), 1u + 3 + 5);  // a heading, three rows, two claims of one comparison and three that were not run
  for (int count : counts) EXPECT_EQ(count, counts.front());
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

/// What is wrong with a LaTeX file as far as braces and environments go, or "".
std::string unbalanced(const std::string& tex) {
  int depth = 0;
  std::vector<std::string> open;
  for (std::size_t at = 0; at < tex.size(); ++at) {
    if (tex[at] == '%' && (at == 0 || tex[at - 1] != '\\')) at = tex.find('\n', at);
    if (tex[at] == '\\') {
      for (const char* name : {"begin", "end"}) {
        if (tex.compare(at + 1, std::string(name).size() + 1, std::string(name) + "{") != 0) continue;
        const std::size_t from = at + 2 + std::string(name).size();
        const std::string environment = tex.substr(from, tex.find('}', from) - from);
        if (name == std::string("begin")) {
          open.push_back(environment);
        } else {
          if (open.empty() || open.back() != environment) return "ends what is not begun: " + environment;
          open.pop_back();
        }
      }
      ++at;  // what is escaped counts for nothing
      continue;
    }
    depth += (tex[at] == '{') - (tex[at] == '}');
    if (depth < 0) return "a } too many before: " + tex.substr(at, 40);
  }
  return depth != 0 ? "a { is left open" : open.empty() ? "" : "left open: " + open.back();
}

TEST(Latex, can_be_input_and_has_tables_with_captions_and_labels) {
  const std::vector<File> files = to_latex(small_report());
  const std::string& tex = files.at(0).text;
  EXPECT_EQ(unbalanced(tex), "");
  EXPECT_NE(unbalanced("\\begin{a}\\end{b}"), "");
  EXPECT_NE(unbalanced("{\\}"), "");
  for (const char* part : {"\\documentclass", "\\begin{document}", "\\hline", "\\section"})
    EXPECT_EQ(tex.find(part), std::string::npos) << part;
  for (const char* part :
       {"\\toprule", "\\midrule", "\\bottomrule", "\\label{tab:made-up-numbers}", "\\label{tab:made-up-claims}", "\\cite{made-up}"})
    EXPECT_NE(tex.find(part), std::string::npos) << part;
  EXPECT_EQ(count_of(tex, "\\caption{"), count_of(tex, "\\begin{table}"));
  EXPECT_EQ(files.at(1).name, "report.bib");
  EXPECT_EQ(unbalanced(files[1].text), "");
  EXPECT_NE(files[1].text.find(
                "@article{made-up,\n  title = {{A Paper \\& Its \\textless{}Nets\\textgreater{}}},\n  author = {A. Author and B. Author},"),
            std::string::npos)
      << files[1].text;
}

TEST(Latex, every_number_is_a_macro_of_its_own) {
  const Report report = small_report();
  const std::string tex = to_latex(report).at(0).text;
  const Row& row = report.papers.front().rows.front();
  EXPECT_NE(tex.find("\\expandafter\\def\\csname reprise:made-up/table2-plain/paper/mean\\endcsname{" +
                     number_text(row.reproduced.mean, "percent") + "}\n"),
            std::string::npos);
  EXPECT_NE(tex.find("reprise:made-up/table2-plain/paper/published\\endcsname{1.6}"), std::string::npos);
  EXPECT_NE(tex.find("reprise:made-up/claim-dropout-helps/paper/effect\\endcsname{"), std::string::npos);
  std::set<std::string> names;
  for (std::size_t at = tex.find("\\csname reprise:made"); at != std::string::npos; at = tex.find("\\csname reprise:made", at + 1))
    EXPECT_TRUE(names.insert(tex.substr(at, tex.find("\\endcsname", at) - at)).second) << tex.substr(at, 60);
  EXPECT_GT(names.size(), 20u);
}

TEST(Latex, escapes_specials_and_balances_its_tables) {
  const std::string tex = to_latex(small_report()).at(0).text;
  EXPECT_NE(tex.find("width 50 \\% \\& \\textless{}less\\textgreater{}\\_than \\$the \\{paper\\}'s \\#1"), std::string::npos);
  EXPECT_NE(tex.find("$\\pm$"), std::string::npos);
  EXPECT_EQ(tex.find("±"), std::string::npos);
  const auto separators_of = [&](const std::string& label) {
    const std::size_t begin = tex.find("\\label{" + label), end = tex.find("\\end{tabular}", begin);
    std::vector<int> counts;
    for (std::size_t at = tex.find(" \\\\\n", begin); at < end; at = tex.find(" \\\\\n", at + 1)) {
      counts.push_back(0);
      for (std::size_t i = tex.rfind('\n', at) + 1; i < at; ++i) counts.back() += tex[i] == '&' && tex[i - 1] != '\\';
    }
    return counts;
  };
  EXPECT_EQ(separators_of("tab:made-up-numbers"), (std::vector<int>{5, 5, 5, 5}));  // the heading and three rows
  EXPECT_EQ(separators_of("tab:made-up-claims"), (std::vector<int>{3, 3, 3, 3, 3, 3}));
}

TEST(Latex, a_backslash_is_escaped_once) {
  EXPECT_EQ(latex_escaped("a\\b{c}~^"), "a\\textbackslash{}b\\{c\\}\\textasciitilde{}\\textasciicircum{}");
}

TEST(Markdown, keeps_its_tables_whole) {
  EXPECT_EQ(markdown_escaped("a|b\nc"), "a\\|b c");
  const std::string text = text_of(to_markdown(small_report()));
  EXPECT_NE(text.find("[^made-up-1]: width 50 %"), std::string::npos);
  EXPECT_NE(text.find("(1.04) unverified"), std::string::npos);
}

// The difference to the published value, as any format would print it.
bool prints_a_difference(const Report& report) {
  const Row& row = report.papers.front().rows.front();
  const double difference = row.reproduced.mean - row.published->number.value;
  std::vector<std::string> texts{terminal_details(report)};
  for (const Format* format : parse_formats(format_names(",")))
    for (const File& file : format->write(report)) texts.push_back(file.text);
  for (std::string& text : texts) {
    if (const std::size_t style = text.find("</style>"); style != std::string::npos) text.erase(0, style);
    for (const char* word : {"better by", "worse by", "equivalent within", "inconclusive"}) {
      if (text.find(word) != std::string::npos) return true;
    }
    if (text.find(signed_text(difference, "percent")) != std::string::npos) return true;
  }
  return false;
}

TEST(Writers, print_a_difference_for_like_only) {
  const auto report_of = [](const std::string& scale, const std::string& dataset) {
    std::vector<records::RunRecord> records;
    for (int seed : {1, 2, 3}) records.push_back(record("plain", scale, dataset, seed));
    return build_report(records, {made_up::paper()});
  };
  EXPECT_TRUE(prints_a_difference(report_of("paper", "mnist")));
  EXPECT_FALSE(prints_a_difference(report_of("paper", "fashion-mnist")));
  EXPECT_FALSE(prints_a_difference(report_of("desk", "mnist")));
  EXPECT_FALSE(prints_a_difference(report_of("smoke", "fashion-mnist")));
}

TEST(Terminal, lines_columns_up_by_characters) {
  EXPECT_EQ(aligned({{"a", "b"}, {"1 ± 2", "c"}}, "-"), "a      b\n-----  -\n1 ± 2  c\n");
  const std::string text = terminal_details(small_report());
  EXPECT_NE(text.find("Claims not run: "), std::string::npos) << text;
  EXPECT_NE(text.find("(1.04)"), std::string::npos);
}

std::size_t widest(const std::string& text) {
  std::size_t most = 0, width = 0;
  for (char c : text) {
    width = c == '\n' ? 0 : width + ((static_cast<unsigned char>(c) & 0xC0) != 0x80);
    most = std::max(most, width);
  }
  return most;
}

TEST(Terminal, a_table_that_is_too_wide_goes_over_several_lines) {
  const std::vector<std::vector<std::string>> rows{{"name", "what it is"}, {"a-long-name", "some words ± more"}};
  EXPECT_EQ(aligned(rows, "-", 100), "name         what it is\n-----------  -----------------\na-long-name  some words ± more\n");
  EXPECT_EQ(aligned(rows, "-", 20),
            "name       what it\n           is\n---------  ---------\na-long-    some\nname       words ±\n           more\n");
  EXPECT_EQ(wrapped("abcdefgh", 3), (std::vector<std::string>{"abc", "def", "gh"}));
  EXPECT_EQ(wrapped("ab cd", 2), (std::vector<std::string>{"ab", "cd"}));
}

TEST(Terminal, the_summary_has_a_line_a_paper_and_fits_a_hundred_columns) {
  const Report report = small_report();
  const std::string text = terminal_summary(report);
  EXPECT_LE(widest(text), 100u) << text;
  EXPECT_LE(widest(terminal_details(report)), 100u);
  const Row& row = report.papers.front().rows[1];
  ASSERT_EQ(row.id, made_up::paper().headline);
  EXPECT_NE(text.find("made-up  mnist test_error  1.25       " + row.reproduced_text() + "  paper  1/0/1/3\n"), std::string::npos) << text;
}

TEST(Terminal, settings_are_letters_with_a_legend) {
  made_up::RunSpec run;
  run.deviations = {"set by hand: optimizer.max_norm=3", "set by hand: optimizer.weight_decay=0.5"};
  const std::string text = terminal_details(build_report({made_up::record_of(run)}, {made_up::paper()}));
  EXPECT_NE(text.find("mnist, desk, a"), std::string::npos) << text;
  EXPECT_NE(text.find("  a: optimizer.max_norm=3; optimizer.weight_decay=0.5\n"), std::string::npos) << text;
}

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
