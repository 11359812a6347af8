// What `list`, `show` and `plan` print.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "suite/catalog/catalog.hpp"
#include "tests/command/process.hpp"

namespace reprise::command {
namespace {

TEST(List, has_a_line_for_every_paper_and_one_for_every_trial_of_a_paper) {
  const TemporaryFolder folder;
  const Finished finished = shell("reprise list", folder.path());
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(std::count(finished.out.begin(), finished.out.end(), '\n'), static_cast<std::ptrdiff_t>(catalog::paper_slugs().size()) + 4);
  for (const std::string& slug : catalog::paper_slugs()) {
    EXPECT_NE(finished.out.find(slug), std::string::npos) << slug;
    const Finished trials = shell("reprise list " + slug, folder.path());
    for (const catalog::Trial& trial : catalog::load_paper(slug).trials)
      EXPECT_NE(trials.out.find(trial.name), std::string::npos) << trial.name;
  }
}

TEST(List, and_show_and_plan_fit_a_narrow_terminal) {
  const TemporaryFolder folder;
  for (const char* command : {"list", "list dropout", "show dropout", "plan dropout/figure8-none --scale smoke"}) {
    const Finished finished = shell(fmt::format("COLUMNS=80 reprise {}", command), folder.path());
    ASSERT_EQ(finished.exit_code, 0) << finished.err;
    std::istringstream lines(finished.out);
    for (std::string line; std::getline(lines, line);) {
      const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };  // of a character of several bytes
      EXPECT_LE(static_cast<std::ptrdiff_t>(line.size()) - std::count_if(line.begin(), line.end(), continues), 80) << line;
    }
  }
}

TEST(List, json_gives_data_set_parameters_and_steps_of_every_scale) {
  const TemporaryFolder folder;
  const Finished finished = shell("reprise list dropout --json", folder.path());
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  const nlohmann::json papers = nlohmann::json::parse(finished.out).at("papers");
  ASSERT_EQ(papers.size(), 1u);
  EXPECT_GT(papers[0].at("trials").size(), 40u);
  for (const nlohmann::json& trial : papers[0].at("trials")) {
    for (const nlohmann::json& scale : trial.at("scales")) {
      EXPECT_FALSE(scale.at("dataset").get<std::string>().empty());
      EXPECT_GT(scale.at("parameters").get<std::int64_t>(), 0);
      EXPECT_GT(scale.at("steps").get<std::int64_t>(), 0);
      EXPECT_GT(scale.at("training_operations").get<double>(), 0);
    }
  }
}

TEST(Show, paper_prints_published_numbers_claims_and_trials) {
  const TemporaryFolder folder;
  const Finished finished = shell("reprise show dropout", folder.path());
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  const catalog::Paper paper = catalog::load_paper("dropout");
  for (const auto& number : paper.published) EXPECT_NE(finished.out.find(number.id), std::string::npos) << number.id;
  for (const auto& claim : paper.claims) EXPECT_NE(finished.out.find(claim.statement), std::string::npos) << claim.id;
  for (const auto& trial : paper.trials) EXPECT_NE(finished.out.find(trial.name), std::string::npos) << trial.name;
}

TEST(Show, paper_at_a_scale_leaves_out_trials_that_do_not_have_it) {
  const TemporaryFolder folder;
  const Finished desk = shell("reprise show googlenet --scale desk", folder.path());
  ASSERT_EQ(desk.exit_code, 0) << desk.err;
  EXPECT_NE(desk.out.find("dense-end "), std::string::npos) << desk.out;
  EXPECT_EQ(desk.out.find("googlenet-polynomial "), std::string::npos) << desk.out;
}

TEST(Show, trial_counts_the_parameters_of_the_papers_net) {
  const TemporaryFolder folder;
  const Finished finished = shell("reprise show dropout/table2-dropout-relu --scale paper", folder.path());
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  // 784*1024 + 1024 + 2*(1024*1024 + 1024) + 1024*10 + 10 = 2 913 290
  EXPECT_NE(finished.out.find("parameters 2.91 M"), std::string::npos) << finished.out;
  EXPECT_NE(finished.out.find("max_norm"), std::string::npos) << finished.out;
}

TEST(Plan, and_show_and_list_name_all_data_sets_that_a_run_reads) {
  const TemporaryFolder folder;
  const std::string trial = "regularization/augmix-wrn-40-2-none";
  const Finished shown = shell("reprise show " + trial, folder.path());
  EXPECT_NE(shown.out.find("data sets at scale paper: cifar-10, cifar-10-c\n"), std::string::npos) << shown.out;
  const Finished listed = shell("reprise list regularization", folder.path());
  EXPECT_NE(listed.out.find("cifar-10-c"), std::string::npos) << listed.out;
  const Finished planned = shell("REPRISE_DATA=" + folder.path().string() + " reprise plan " + trial + " --scale paper", folder.path());
  ASSERT_EQ(planned.exit_code, 0) << planned.err;
  for (const char* part : {"data set cifar-10. Get it", "data set cifar-10-c. Get", "reprise data fetch cifar-10-c"})
    EXPECT_NE(planned.out.find(part), std::string::npos) << planned.out;
}

TEST(Plan, lists_the_runs_whose_weights_others_need) {
  const TemporaryFolder folder;
  const Finished alone = shell("reprise plan vgg/cifar-d --scale smoke", folder.path());
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  EXPECT_NE(alone.out.find("vgg/cifar-a, whose weights others need"), std::string::npos) << alone.out;
  EXPECT_NE(alone.out.find("2 runs, 0 finished"), std::string::npos) << alone.out;
  const Finished both = shell("reprise plan vgg/cifar-d vgg/cifar-a --scale smoke", folder.path());
  ASSERT_EQ(both.exit_code, 0) << both.err;
  EXPECT_EQ(both.out.find("whose weights others need"), std::string::npos) << both.out;
  EXPECT_NE(both.out.find("2 runs, 0 finished"), std::string::npos) << both.out;
}

TEST(Plan, forecasts_without_data_and_writes_nothing) {
  const TemporaryFolder folder;
  const Finished finished = shell("reprise plan dropout/table2-dropout-relu --scale paper", folder.path());
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_NE(finished.out.find("1.00 M"), std::string::npos) << finished.out;  // a million updates
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace reprise::command
