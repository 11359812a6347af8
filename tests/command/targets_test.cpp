// Papers, trials, patterns, tables, claims and swept settings of a command line.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "suite/command/run_forecast.hpp"
#include "suite/command/target.hpp"
#include "suite/errors.hpp"

namespace reprise::command {
namespace {

std::vector<std::string> names(const std::vector<Target>& targets) {
  std::vector<std::string> names;
  for (const Target& target : targets)
    for (const std::string& trial : target.trials) names.push_back(target.paper.slug + "/" + trial);
  return names;
}

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing was refused";
}

void expect(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(Targets, may_be_several_and_patterns_each_trial_once_in_the_order_of_the_catalog) {
  const auto of_pattern = names(find_targets({"dropout/table2-dropout-*"}));
  ASSERT_GE(of_pattern.size(), 2u);
  for (const std::string& name : of_pattern) EXPECT_TRUE(name.starts_with("dropout/table2-dropout-")) << name;
  const auto whole = names(find_targets({"dropout"}));
  EXPECT_EQ(names(find_targets({"dropout/table2-dropout-relu", "drop*"})), whole);
  const auto two = names(find_targets({of_pattern.back(), "all-cnn/allcnn-c", of_pattern.front()}));
  EXPECT_EQ(two, (std::vector<std::string>{of_pattern.front(), of_pattern.back(), "all-cnn/allcnn-c"}));
  EXPECT_EQ(names(find_targets({"*/allcnn-c"})), std::vector<std::string>{"all-cnn/allcnn-c"});
  expect(refusal([] { find_targets({"dropout/tabel2-*"}); }), "pattern 'dropout/tabel2-*'");
  expect(refusal([] { find_targets({"dropuot"}); }), "Did you mean 'dropout'");
}

TEST(Targets, of_a_table_are_the_trials_that_reproduce_a_number_of_it) {
  std::vector<Target> targets = find_targets({"dropout"});
  keep_table(targets, "table 2");
  const auto kept = names(targets);
  ASSERT_FALSE(kept.empty());
  EXPECT_NE(std::find(kept.begin(), kept.end(), "dropout/table2-dropout-relu"), kept.end());
  for (const std::string& name : kept) EXPECT_EQ(name.find("table9"), std::string::npos) << name;
  targets = find_targets({"dropout"});
  expect(refusal([&] { keep_table(targets, "Table 77"); }), "Table 2");
}

TEST(Targets, of_a_claim_are_its_sides) {
  const catalog::Paper paper = catalog::load_paper("dropout");
  for (const catalog::Claim& claim : paper.claims) {
    std::vector<Target> targets = find_targets({"dropout"});
    keep_claim(targets, claim.id);
    const auto kept = names(targets);
    const bool is_sequence = !claim.sequence.empty();
    EXPECT_EQ(kept.size(), is_sequence ? claim.sequence.size() : claim.right.empty() ? 1u : 2u) << claim.id;
    EXPECT_NE(std::find(kept.begin(), kept.end(), "dropout/" + (is_sequence ? claim.sequence.front() : claim.left)), kept.end())
        << claim.id;
  }
  std::vector<Target> targets = find_targets({"dropout"});
  expect(refusal([&] { keep_claim(targets, "none"); }), paper.claims.front().id);
}

TEST(Targets, take_settings_with_several_values_one_after_the_other) {
  EXPECT_EQ(swept_values("k", "64,128"), (std::vector<std::string>{"64", "128"}));
  EXPECT_EQ(swept_values("k", "[1, 2],[3]"), (std::vector<std::string>{"[1, 2]", "[3]"}));
  EXPECT_EQ(swept_values("k", "{ a = [1, 2], b = 3 }"), (std::vector<std::string>{"{ a = [1, 2], b = 3 }"}));
  EXPECT_EQ(swept_values("k", "\"a,b\",'c,d'"), (std::vector<std::string>{"\"a,b\"", "'c,d'"}));
  EXPECT_EQ(swept_values("k", ""), std::vector<std::string>{""});
  expect(refusal([] { swept_values("model.width", "64,,128"); }), "--set model.width=64,,128");

  RecipeFlags flags;
  flags.targets = {"dropout/table2-dropout-relu"};
  flags.settings = {"optimizer.momentum=0.5,0.75", "dataset=fashion-mnist", "batch=10,20,30"};
  const std::vector<Chosen> chosen = flags.resolve();
  ASSERT_EQ(chosen.size(), 6u);
  EXPECT_EQ(chosen[0].variant, "optimizer.momentum=0.5, batch=10");
  EXPECT_EQ(chosen[5].name(), "dropout/table2-dropout-relu, optimizer.momentum=0.75, batch=30");
  EXPECT_EQ(chosen[5].recipe.batch, 30);
  EXPECT_EQ(chosen[5].recipe.dataset, "fashion-mnist");
}

TEST(RunForecast, gives_each_node_the_longest_run_that_is_left) {
  EXPECT_EQ(seconds_on_nodes({1, 2, 3, 4}, 1), 10);
  EXPECT_EQ(seconds_on_nodes({1, 2, 3, 4}, 2), 5);
  EXPECT_EQ(seconds_on_nodes({1, 2, 3, 4}, 9), 4);
  EXPECT_EQ(seconds_on_nodes({}, 3), 0);
}

}  // namespace
}  // namespace reprise::command
