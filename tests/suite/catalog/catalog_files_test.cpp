// The catalog's files are read strictly: each kind of mistake is an error that names file, line, key and a way out.

#include "suite/catalog/catalog_files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "suite/errors.hpp"
#include "suite/recipes/fields.hpp"
#include "tests/support/temporary_folder.hpp"

namespace reprise::catalog {
namespace {

const char* const kPublished = R"([paper]
slug = "tiny"
title = "A tiny paper"

[[result]]
id = "table1-a"
source = "Table 1"
dataset = "mnist"
model = "A"
metric = "test_error"
value = 1.5
unit = "percent"
role = "own"
status = "verified"
seen_in = "the text"
)";

const char* const kExperiment = R"([defaults]
dataset = "mnist"
model = { name = "mlp", width = 8 }
optimizer.learning_rate = { kind = "inverse_decay", value = 0.1, decay_steps = 100 }
deviations = ["one"]
[defaults.desk]
epochs = 3
deviations = ["two"]
[group.wide]
model.width = 64
desk.epochs = 5
[trial.plain]
title = "Plain"
reproduces = ["table1-a"]
[trial.wide]
group = "wide"
scales = ["desk", "paper"]
desk.batch = 50
[[claim]]
id = "1"
statement = "wide is better"
kind = "better"
left = "wide"
right = "plain"
published = ["table1-a"]
)";

class CatalogFiles : public ::testing::Test {
 protected:
  void SetUp() override { write(kPublished, kExperiment); }

  void write(const std::string& published, const std::string& experiment) {
    std::ofstream(folder_ / "published.toml") << published;
    std::ofstream(folder_ / "experiment.toml") << experiment;
  }

  /// The message after replacing `old` by `text` in experiment.toml (or published.toml).
  std::string message_with(const std::string& old, const std::string& text, bool in_published = false) {
    std::string published = kPublished, experiment = kExperiment;
    std::string& changed = in_published ? published : experiment;
    changed.replace(changed.find(old), old.size(), text);
    write(published, experiment);
    try {
      read_paper_files(folder_);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }

  const tests::TemporaryFolder temporary_;
  const std::filesystem::path& folder_ = temporary_.path();
};

void expect_parts(const std::string& message, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) EXPECT_NE(message.find(part), std::string::npos) << part << "\nis not in\n" << message;
}

TEST_F(CatalogFiles, good_files_are_read_in_order) {
  const Paper paper = read_paper_files(folder_);
  ASSERT_EQ(paper.trials.size(), 2u);
  EXPECT_EQ(paper.trials[0].name, "plain");
  EXPECT_EQ(paper.trials[0].title, "Plain");
  EXPECT_EQ(paper.trials[1].scales, (std::vector<std::string>{"desk", "paper"}));
  EXPECT_EQ(paper.find_published("table1-a")->value, 1.5);
  EXPECT_EQ(paper.claims.at(0).right, "plain");
}

TEST_F(CatalogFiles, layers_apply_defaults_scale_group_scale_trial_scale) {
  const recipes::Recipe desk = read_recipe(folder_, "tiny", "wide", "desk");
  EXPECT_EQ(desk.epochs, 5);                                                            // the group's desk, over the default's
  EXPECT_EQ(desk.batch, 50);                                                            // the trial's desk
  EXPECT_EQ(desk.model_options.get_int("width", 0), 64);                                // the group's, over the default's
  EXPECT_EQ(recipes::deviation_texts(desk), (std::vector<std::string>{"one", "two"}));  // deviations add up
  const recipes::Recipe paper = read_recipe(folder_, "tiny", "wide", "paper");
  EXPECT_EQ(paper.epochs, 1);
  EXPECT_EQ(paper.batch, 128);
}

TEST_F(CatalogFiles, unknown_key_names_file_line_and_the_key_that_was_meant) {
  expect_parts(message_with("desk.batch = 50", "desk.bacth = 50"),
               {"experiment.toml:18", "trial.wide.desk.bacth", "Did you mean 'batch'?", "dataset"});
  expect_parts(message_with("kind = \"inverse_decay\", value", "kind = \"inverse_decay\", valeu"),
               {"experiment.toml:4", "Did you mean 'value'?"});
  expect_parts(message_with("[[claim]]", "[[claims]]"), {"claims", "Did you mean 'claim'?"});
}

TEST_F(CatalogFiles, wrong_type_names_expected_and_found) {
  expect_parts(message_with("desk.batch = 50", "desk.batch = \"many\""), {"experiment.toml:18", "an integer", "the string \"many\""});
  expect_parts(message_with("epochs = 3", "epochs = [3]"), {"experiment.toml:7", "a number", "a list"});
  expect_parts(message_with("[\"one\"]", "[1]"), {"a list of strings", "the integer 1"});
}

TEST_F(CatalogFiles, values_out_of_range_are_refused) {
  expect_parts(message_with("desk.batch = 50", "desk.batch = 0"), {"at least 1", "found 0"});
  expect_parts(message_with("kind = \"inverse_decay\"", "kind = \"inverse_deacy\""), {"Did you mean 'inverse_decay'?"});
}

TEST_F(CatalogFiles, unknown_references_are_refused) {
  expect_parts(message_with("right = \"plain\"", "right = \"plian\""), {"experiment.toml:24", "claim[0].right", "Did you mean 'plain'?"});
  expect_parts(message_with("published = [\"table1-a\"]", "published = [\"table1-b\"]"), {"published number", "Did you mean 'table1-a'?"});
  expect_parts(message_with("reproduces = [\"table1-a\"]", "reproduces = [\"table2-a\"]"), {"reproduces", "Did you mean 'table1-a'?"});
  expect_parts(message_with("title = \"A tiny paper\"", "title = \"A tiny paper\"\nheadline = \"table1-c\"", true),
               {"published.toml", "headline", "Did you mean 'table1-a'?"});
  expect_parts(message_with("group = \"wide\"", "group = \"wider\""), {"trial.wide.group", "Did you mean 'wide'?"});
  expect_parts(message_with("[\"desk\", \"paper\"]", "[\"desk\", \"papers\"]"), {"trial.wide.scales", "Did you mean 'paper'?"});
}

TEST_F(CatalogFiles, a_claim_needs_scales_at_which_its_trials_exist) {
  expect_parts(message_with("kind = \"better\"", "kind = \"better\"\nscales = [\"smoke\"]"), {"claim[0].scales", "unknown to 'wide'"});
}

TEST_F(CatalogFiles, a_group_that_no_trial_names_is_refused) {
  expect_parts(message_with("group = \"wide\"\n", ""), {"group.wide", "one that none does"});
}

TEST_F(CatalogFiles, broken_toml_names_the_line) {
  expect_parts(message_with("desk.batch = 50", "desk.batch = = 50"), {"experiment.toml:18", "valid TOML"});
}

TEST_F(CatalogFiles, published_ids_are_unique_and_fields_are_checked) {
  const std::string twice = std::string(kPublished).substr(std::string(kPublished).find("[[result]]"));
  expect_parts(message_with("seen_in = \"the text\"\n", "seen_in = \"the text\"\n" + twice, true),
               {"published.toml", "\"table1-a\" again"});
  expect_parts(message_with("status = \"verified\"", "status = \"verifed\"", true), {"Did you mean 'verified'?"});
  expect_parts(message_with("value = 1.5", "value = \"1.5\"", true), {"published.toml:11", "a number"});
  expect_parts(message_with("value = 1.5\n", "", true), {"published.toml:5", "'value'"});
  expect_parts(message_with("seen_in = \"the text\"\n", "", true), {"seen_in", "unverified"});
}

TEST_F(CatalogFiles, unknown_trial_and_scale_are_refused) {
  const auto message = [&](const char* trial, const char* scale) -> std::string {
    try {
      read_recipe(folder_, "tiny", trial, scale);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  };
  expect_parts(message("plane", "desk"), {"tiny/plane", "Did you mean 'plain'?"});
  expect_parts(message("wide", "smoke"), {"'smoke'", "desk, paper"});
  expect_parts(message("wide", "dekc"), {"Did you mean 'desk'?"});
}

TEST_F(CatalogFiles, a_missing_file_is_an_error) {
  std::filesystem::remove(folder_ / "experiment.toml");
  EXPECT_THROW(read_paper_files(folder_), InputError);
}

}  // namespace
}  // namespace reprise::catalog
