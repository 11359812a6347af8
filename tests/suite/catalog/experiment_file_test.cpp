// Templates and extended trials of an experiment.toml, and papers that are a folder of data alone.

#include "suite/catalog/experiment_file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "suite/catalog/catalog.hpp"
#include "suite/catalog/catalog_files.hpp"
#include "suite/catalog/trial_lists.hpp"
#include "suite/errors.hpp"
#include "tests/support/temporary_folder.hpp"

namespace reprise::catalog {
namespace {

const char* const kDefaults = R"([defaults]
dataset = "mnist"
model = { name = "mlp" }
optimizer.learning_rate = 0.1
)";

class ExperimentFiles : public ::testing::Test {
 protected:
  ExperimentFile read(const std::string& text) {
    const std::filesystem::path file = folder_.path() / "experiment.toml";
    std::ofstream(file) << kDefaults << text;
    return ExperimentFile(file);
  }

  std::string message_of(const std::string& text) {
    try {
      const ExperimentFile file = read(text);
      for (const std::string& name : file.trial_names())
        for (const std::string& scale : file.scales_of(name)) file.resolve("tiny", name, scale);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }

  const tests::TemporaryFolder folder_;
};

TEST_F(ExperimentFiles, a_template_makes_a_trial_of_each_combination_the_last_axis_fastest) {
  const ExperimentFile file = read(R"(
[trial.first]
[[matrix]]
name = "{net}-{depth}"
title = "{net.title} of {depth} layers"
reproduces = ["table1-{net}-{depth}"]
model = { depth = "{depth}", share = "{net.share}" }
desk.epochs = 3
[matrix.axes]
net = [{ id = "a", title = "Net A", share = 0.5 }, { id = "b", title = "Net B", share = 0.25, set = { batch = 32, desk.epochs = 4 } }]
depth = [16, 22]
[trial.last]
)");
  EXPECT_EQ(file.trial_names(), (Strings{"first", "a-16", "a-22", "b-16", "b-22", "last"}));
  const recipes::Recipe recipe = file.resolve("tiny", "b-22", "desk");
  EXPECT_EQ(recipe.title, "Net B of 22 layers");
  EXPECT_EQ(recipe.reproduces, Strings{"table1-b-22"});
  EXPECT_EQ(recipe.model_options.get_int("depth", 0), 22);
  EXPECT_EQ(recipe.model_options.get_double("share", 0), 0.25);
  EXPECT_EQ(recipe.batch, 32);
  EXPECT_EQ(recipe.epochs, 4) << "what a value sets comes after the template";
  EXPECT_EQ(file.resolve("tiny", "a-16", "desk").epochs, 3);
  EXPECT_EQ(file.resolve("tiny", "a-16", "desk").batch, 128);
}

TEST_F(ExperimentFiles, a_trial_that_extends_another_inherits_all_but_its_heading) {
  const ExperimentFile file = read(R"(
[group.wide]
model.width = 64
[trial.one]
group = "wide"
title = "One"
scales = ["desk", "paper"]
reproduces = ["table1-one"]
batch = 50
deviations = ["one"]
desk.epochs = 3
[trial.two]
extends = "one"
dataset = "fashion-mnist"
deviations = ["two"]
paper.batch = 10
[[matrix]]
name = "two-{n}"
extends = "{base}"
axes = { n = [1, 2], base = ["two"] }
)");
  EXPECT_EQ(file.scales_of("two-1"), (Strings{"desk", "paper"}));
  const recipes::Recipe desk = file.resolve("tiny", "two-1", "desk"), paper = file.resolve("tiny", "two", "paper");
  EXPECT_EQ(desk.title, "two-1");
  EXPECT_TRUE(desk.reproduces.empty());
  EXPECT_EQ(desk.dataset, "fashion-mnist");
  EXPECT_EQ(desk.epochs, 3);
  EXPECT_EQ(desk.batch, 50);
  EXPECT_EQ(desk.model_options.get_int("width", 0), 64);
  ASSERT_EQ(desk.deviations.size(), 2u);
  EXPECT_EQ(desk.deviations[1].text, "two");
  EXPECT_EQ(paper.batch, 10);
}

TEST_F(ExperimentFiles, a_trial_has_a_night_only_where_its_scales_name_it) {
  const ExperimentFile file = read(R"(
[defaults.night]
epochs = 12
[trial.usual]
[[matrix]]
name = "net-{n}"
axes.n = [{ id = "a", set.scales = ["paper", "night"] }, { id = "b", set.night.epochs = 5 }]
)");
  EXPECT_EQ(file.scales_of("usual"), (Strings{"smoke", "desk", "paper"}));
  EXPECT_EQ(file.scales_of("net-a"), (Strings{"night", "paper"}));
  EXPECT_EQ(file.scales_of("net-b"), (Strings{"smoke", "desk", "paper"}));
  EXPECT_EQ(file.resolve("tiny", "net-a", "night").epochs, 12);
  EXPECT_NE(file.resolve("tiny", "net-a", "paper").epochs, 12);
}

TEST_F(ExperimentFiles, mistakes_in_templates_are_named) {
  const auto expect = [&](const std::string& text, const std::string& part) {
    const std::string message = message_of(text);
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  expect("[[matrix]]\nname = \"{nte}\"\naxes.net = [\"a\"]\n", "Did you mean 'net'?");
  expect("[[matrix]]\nname = \"a\"\naxes.net = [1, 2]\n", "\"a\" again");
  expect("[[matrix]]\nname = \"{net}\"\naxes.net = []\n", "axes.net");
  expect("[[matrix]]\nname = \"{net}\"\naxes.net = [{ title = \"x\" }]\n", "tables with an id");
  expect("[[matrix]]\nname = \"{net}\"\nbacth = 3\naxes.net = [\"a\"]\n", "Did you mean 'batch'?");
  expect("[[matrix]]\nname = \"{net}\"\naxes.net = [{ id = \"a\", set.bacth = 3 }]\n", "Did you mean 'batch'?");
  expect("[trial.one]\nextends = \"two\"\n[trial.two]\n", "trial before this one");
  expect("[trial.one]\nextends = \"one\"\n", "trial before this one");
}

/// A folder that stands in for experiments/, with all papers' data and one more paper that has no model.cpp.
TEST(DataOnly, a_paper_may_be_two_files_and_use_the_net_of_another) {
  const tests::TemporaryFolder folder;
  for (const std::string& slug : paper_slugs()) {
    std::filesystem::create_directory(folder.path() / slug);
    for (const char* file : {"published.toml", "experiment.toml"})
      std::filesystem::copy_file(experiments_directory() / slug / file, folder.path() / slug / file);
  }
  const std::vector<std::string> before = paper_slugs();
  std::filesystem::create_directory(folder.path() / "made-up");
  std::ofstream(folder.path() / "made-up/published.toml") << R"([paper]
slug = "made-up"
title = "A paper that nobody wrote"
)";
  std::ofstream(folder.path() / "made-up/experiment.toml") << R"([defaults]
dataset = "cifar-10"
preprocessing = ["scale", "standardize"]
optimizer.learning_rate = 0.1
[[matrix]]
name = "thin-{depth}"
model = { name = "wrn/wrn", depth = "{depth}", width = 1 }
axes.depth = [10, 16]
[demo]
trials = ["thin-10"]
set = ["train_images=100"]
)";
  ASSERT_EQ(setenv("REPRISE_EXPERIMENTS", folder.path().c_str(), 1), 0);
  std::vector<std::string> expected = before;
  expected.push_back("made-up");
  EXPECT_EQ(paper_slugs(), expected);
  const Paper paper = load_paper("made-up");
  EXPECT_TRUE(paper.models.empty());
  EXPECT_EQ(build_model(resolve("made-up", "thin-16", "desk")).trained_parameters(),
            build_model(resolve("wrn", "wrn-10-1", "desk", {{"model.depth", "16"}})).trained_parameters());
  EXPECT_EQ(load_demo().back().paper, "made-up");
  EXPECT_THROW(build_model(resolve("made-up", "thin-16", "desk", {{"model.name", "wrn/wnr"}})), InputError);
  unsetenv("REPRISE_EXPERIMENTS");
}

}  // namespace
}  // namespace reprise::catalog
