#include "reports/report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "made_up_runs.hpp"
#include "reports/build_report.hpp"
#include "reports/formats/formats.hpp"
#include "reports/formats/writers.hpp"
#include "suite/errors.hpp"
#include "tests/support/temporary_folder.hpp"

namespace reprise::reports {
namespace {

using made_up::text_of;

namespace fs = std::filesystem;

records::RunRecord record(const std::string& trial, std::int64_t seed) {
  made_up::RunSpec run;
  run.trial = trial;
  run.seed = seed;
  run.reports = {"table2-" + trial};
  return made_up::record_of(run);
}

std::vector<records::RunRecord> records() {
  return {record("plain", 1), record("plain", 2), record("dropout", 1), record("dropout", 2), record("maxnorm", 1)};
}

TEST(Report, does_not_depend_on_the_order_of_the_files) {
  auto forward = records();
  forward.push_back(record("plain", 1));
  forward.back().run_id = "ffffffffffffffff";  // a second run of the same recipe and seed: one of the two is left out
  forward.back().test_predictions[0] ^= 1;
  forward.push_back(record("plain", 3));
  forward.back().paper = "unheard-of";
  forward.push_back(record("plain", 4));
  forward.back().paper = "unheard-of";
  auto backward = forward;
  std::reverse(backward.begin(), backward.end());
  const Report one = build_report(forward, {made_up::paper()}), other = build_report(backward, {made_up::paper()});
  EXPECT_EQ(text_of(to_html(one)), text_of(to_html(other)));
  EXPECT_EQ(text_of(to_markdown(one)), text_of(to_markdown(other)));
  EXPECT_EQ(text_of(to_csv(one)), text_of(to_csv(other)));
  EXPECT_EQ(text_of(to_latex(one)), text_of(to_latex(other)));
  EXPECT_EQ(text_of(to_json(one)), text_of(to_json(other)));
}

TEST(Report, leaves_out_and_names_what_it_cannot_use) {
  auto runs = records();
  runs.push_back(record("plain", 1));
  runs.back().run_id = "ffffffffffffffff";  // the same recipe and seed by another version of the code
  runs.push_back(record("plain", 3));
  runs.back().paper = "unheard-of";
  runs.push_back(record("plain", 4));
  runs.back().recipe_toml = "dataset = ";
  const Report report = build_report(runs, {made_up::paper()});
  ASSERT_EQ(report.left_out.size(), 3u);
  EXPECT_EQ(report.run_count(), 5);
  EXPECT_EQ(report.left_out[0].file.substr(0, 17), "unheard-of/plain/");
  const std::string html = text_of(to_html(report));
  for (const LeftOut& file : report.left_out) EXPECT_NE(html.find(file.file), std::string::npos);
}

TEST(Report, a_papers_line_has_its_headline_at_the_largest_scale_and_each_claim_once) {
  std::vector<records::RunRecord> runs;
  for (const char* scale : {"desk", "paper"})
    for (const char* trial : {"plain", "dropout"})
      for (int seed : {1, 2, 3}) {
        made_up::RunSpec run;
        run.trial = trial, run.scale = scale, run.seed = seed;
        run.error_percent = trial == std::string("plain") ? 8 : 2;
        if (trial == std::string("dropout")) run.reports = {"table2-dropout"};
        runs.push_back(made_up::record_of(run));
      }
  const Report report = build_report(runs, {made_up::paper()});
  ASSERT_EQ(report.lines.size(), 1u);
  const PaperLine& line = report.lines.front();
  EXPECT_EQ(line.row->scale, "paper");
  EXPECT_EQ(line.published->number.value, 1.25);
  int claims = 0;
  for (int count : line.claims) claims += count;
  EXPECT_EQ(claims, static_cast<int>(made_up::paper().claims.size()));
  EXPECT_GE(line.claims[static_cast<std::size_t>(Standing::same_direction)], 1);
  ASSERT_EQ(report.papers.front().scales.size(), 2u);
  EXPECT_EQ(report.papers.front().scales[0].scale, "paper");
  EXPECT_EQ(report.papers.front().scales[0].trials, 2);
  EXPECT_EQ(report.papers.front().scales[0].runs, 6);
}

TEST(Report, a_papers_line_takes_the_largest_scale_where_nothing_is_compared) {
  std::vector<records::RunRecord> runs;
  for (const char* scale : {"desk", "paper", "smoke"}) {
    made_up::RunSpec run;
    run.trial = "dropout", run.scale = scale, run.dataset = "fashion-mnist", run.reports = {"table2-dropout"};
    runs.push_back(made_up::record_of(run));
  }
  const Report report = build_report(runs, {made_up::paper()});
  EXPECT_EQ(report.lines.front().row->scale, "paper");
  EXPECT_EQ(report.lines.front().setting(), "paper, fashion-mnist");
  EXPECT_FALSE(report.lines.front().row->comparison);
}

TEST(Report, counts_verdicts) {
  const Report report = build_report(records(), {made_up::paper()});
  int sum = 0;
  for (int i = 0; i <= static_cast<int>(Status::not_run); ++i) sum += report.count(static_cast<Status>(i));
  EXPECT_EQ(sum, static_cast<int>(report.papers.front().claims.size()));
  EXPECT_EQ(report.count(Status::undecided), sum) << "two seeds decide nothing";
  EXPECT_EQ(report.false_verdicts_text(), "");
}

TEST(Report, curves_have_a_line_per_seed_and_figures_a_point_per_trial) {
  const Report report = build_report(records(), {made_up::paper()});
  const PaperReport& paper = report.papers.front();
  ASSERT_EQ(paper.curves.size(), 3u);
  EXPECT_EQ(paper.curves.front().plot.lines.size(), 4u);  // two seeds, test and training
  ASSERT_EQ(paper.figures.size(), 1u);
  ASSERT_EQ(paper.figures.front().plot.lines.size(), 2u);
  EXPECT_EQ(paper.figures.front().plot.lines[0].x, (std::vector<double>{100, 200, 400}));
  EXPECT_EQ(paper.figures.front().plot.lines[1].y, (std::vector<double>{1.6, 1.25, 1.06}));  // published
}

TEST(Report, a_figure_shows_the_published_numbers_that_its_lines_list_beside_a_single_run) {
  catalog::Paper paper = made_up::paper();
  paper.figures.front().lines = {
      {"nets", {"plain", "wide"}, {100, 800}, {"table2-plain", "table2-maxnorm", "table2-wide"}, {100, 400, 800}}};
  made_up::RunSpec run;
  run.trial = "plain";
  const auto lines = build_report({made_up::record_of(run)}, {paper}).papers.front().figures.front().plot.lines;
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].x, (std::vector<double>{100}));
  EXPECT_EQ(lines[1].x, (std::vector<double>{100, 400}));  // the third is unverified
  EXPECT_EQ(lines[1].y, (std::vector<double>{1.6, 1.06}));
  run.dataset = "fashion-mnist";
  EXPECT_TRUE(build_report({made_up::record_of(run)}, {paper}).papers.front().figures.empty());
}

TEST(Report, a_figure_may_measure_what_lies_along_x_and_joins_no_points_then) {
  catalog::Paper paper = made_up::paper();
  paper.figures.front().x_metric = "mean_activation";
  paper.figures.front().lines = {{"nets", {"dropout", "plain"}, {}, {}, {}}};
  std::vector<records::RunRecord> runs;
  for (const char* trial : {"plain", "dropout"})
    for (const int seed : {1, 3}) {
      made_up::RunSpec run;
      run.trial = trial, run.seed = seed;
      run.error_percent = trial == std::string("plain") ? 1.5 : 1.0;
      runs.push_back(made_up::record_of(run));
    }
  const auto lines = build_report(runs, {paper}).papers.front().figures.front().plot.lines;
  ASSERT_EQ(lines.size(), 1u);
  // Half the error and a hundredth of the seed, mean over the seeds.
  ASSERT_EQ(lines[0].x.size(), 2u);
  EXPECT_DOUBLE_EQ(lines[0].x[0], 0.5 + 0.02);
  EXPECT_DOUBLE_EQ(lines[0].x[1], 0.75 + 0.02);
  EXPECT_FALSE(lines[0].line);
  runs.back().results.clear();  // one of two is enough
  EXPECT_EQ(build_report(runs, {paper}).papers.front().figures.front().plot.lines[0].x.size(), 2u);
  paper.figures.front().x_metric = "sparsity";
  EXPECT_TRUE(build_report(runs, {paper}).papers.front().figures.empty()) << "no run has it";
}

TEST(Report, figures_of_a_substitute_data_set_show_no_published_values) {
  std::vector<records::RunRecord> runs;
  for (const char* trial : {"plain", "dropout"}) {
    made_up::RunSpec run;
    run.trial = trial;
    run.dataset = "fashion-mnist";
    run.reports = {std::string("table2-") + trial};
    runs.push_back(made_up::record_of(run));
  }
  const Report report = build_report(runs, {made_up::paper()});
  EXPECT_EQ(report.papers.front().figures.front().plot.lines.size(), 1u);
}

TEST(Report, a_deviation_column_becomes_the_bars_of_the_error) {
  auto runs = records();
  runs[0].tables["sweep"] = {"A sweep", "k", {{"k", {1, 2}}, {"error", {3, 2}}, {"deviation", {0.2, 0.1}}, {"other", {1, 1}}}};
  const Report report = build_report(runs, {made_up::paper()});
  const auto& lines = report.papers.front().tables.front().plot.lines;
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].name, "error");
  EXPECT_EQ(lines[0].error, (std::vector<double>{0.2, 0.1}));
  EXPECT_TRUE(lines[1].error.empty());
}

TEST(Report, images_of_the_wrong_size_are_not_shown) {
  auto runs = records();
  records::Images images;
  images.count = 2;
  images.height = images.width = 2;
  images.channels = 1;
  images.pixels = std::vector<std::uint8_t>(8, 7);
  runs[0].images["whole"] = images;
  images.pixels.pop_back();
  runs[0].images["short"] = images;
  EXPECT_EQ(build_report(runs, {made_up::paper()}).papers.front().images.size(), 1u);
}

TEST(Report, files_are_written_whole_and_identical_each_time) {
  const tests::TemporaryFolder temporary;
  const fs::path& folder = temporary.path();
  const auto formats = parse_formats(format_names(","));
  const auto read = [](const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const Report report = build_report(records(), {made_up::paper()});
  const auto first = write_report(report, formats, folder / "a");
  const auto second = write_report(build_report(records(), {made_up::paper()}), formats, folder / "b");
  ASSERT_EQ(first.size(), 5u);
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_FALSE(read(first[i]).empty());
    EXPECT_EQ(read(first[i]), read(second[i]));
  }
  std::set<std::string> names;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder / "a"))
    names.insert(fs::relative(entry.path(), folder / "a").generic_string());
  EXPECT_EQ(names, (std::set<std::string>{"report", "report.bib", "report.csv", "report.html", "report.json", "report.md", "report.tex",
                                          "report/made-up.html"}))
      << "and no temporary files stay";
}

TEST(Report, a_folder_that_cannot_be_written_is_a_run_error) {
  const Report report = build_report(records(), {made_up::paper()});
  EXPECT_THROW(write_report(report, parse_formats("json"), "/proc/no-such-folder"), RunError);
}

TEST(Report, unknown_formats_are_refused_with_the_known_ones) {
  try {
    parse_formats("md,pdf");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("md, html, csv, tex, json"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("'pdf'"), std::string::npos);
  }
  EXPECT_EQ(parse_formats("json,json,md").size(), 2u);
}

}  // namespace
}  // namespace reprise::reports
