#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "made_up_runs.hpp"
#include "reports/build_report.hpp"
#include "reports/formats/writers.hpp"

namespace reprise::reports {
namespace {

TEST(Json, has_exactly_the_documented_fields) {
  const auto json = nlohmann::json::parse(made_up::text_of(to_json(made_up::awkward_report())));
  const auto keys = [](const nlohmann::json& object) {
    std::set<std::string> names;
    for (const auto& [name, value] : object.items()) names.insert(name);
    return names;
  };
  using Names = std::set<std::string>;
  EXPECT_EQ(keys(json), (Names{"papers", "summary", "counts", "unfinished", "left_out", "superseded"}));
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
  const Report report = build_report({made_up::awkward_record("plain", "paper", "mnist", 1)}, {made_up::paper()});
  EXPECT_TRUE(nlohmann::json::parse(made_up::text_of(to_json(report)))["papers"][0]["rows"][0]["reproduced"]["sd"].is_null());
}

TEST(Json, names_runs_that_are_not_finished_and_files_left_out) {
  Report report = made_up::awkward_report();
  report.unfinished = {{.file = "a.checkpoint", .name = "made-up/a, desk, seed 1", .state = "running", .progress = "56 %", .share = 0.56},
                       {.file = "b.jsonl", .name = "made-up/b, desk, seed 2", .state = "failed", .progress = ""}};
  report.left_out = {{"c.h5", "damaged"}};
  const auto json = nlohmann::json::parse(made_up::text_of(to_json(report)));
  ASSERT_EQ(json["unfinished"].size(), 2u);
  EXPECT_EQ(json["unfinished"][0],
            (nlohmann::json{{"file", "a.checkpoint"}, {"run", "made-up/a, desk, seed 1"}, {"state", "running"}, {"share", 0.56}}));
  EXPECT_TRUE(json["unfinished"][1]["share"].is_null());
  EXPECT_EQ(json["left_out"][0]["reason"], "damaged");
}

}  // namespace
}  // namespace reprise::reports
