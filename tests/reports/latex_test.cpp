#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "made_up_runs.hpp"
#include "reports/formats/writers.hpp"
#include "reports/text.hpp"

namespace reprise::reports {
namespace {

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
  const std::vector<File> files = to_latex(made_up::awkward_report());
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
  const Report report = made_up::awkward_report();
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
  const std::string tex = to_latex(made_up::awkward_report()).at(0).text;
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

}  // namespace
}  // namespace reprise::reports
