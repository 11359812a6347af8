// Any text as the experiment.toml of a paper, and as its published.toml, beside a sound file of the other kind.

#include "suite/catalog/catalog_files.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace {

using namespace reprise;

constexpr std::string_view kPublished = R"([paper]
slug = "paper"
title = "Title"

[[result]]
id = "t1"
source = "table 1"
dataset = "mnist"
model = "net"
metric = "test_error"
value = 1.0
unit = "percent"
role = "own"
status = "unverified"
)";
constexpr std::string_view kExperiment = R"([defaults]
dataset = "mnist"
epochs = 2
optimizer.learning_rate = 0.1

[trial.a]
model = {name = "net"}
reproduces = ["t1"]
)";

/// Every trial that could be read resolves at each of its scales, to a recipe that reads back as it was written.
void read_all(const std::filesystem::path& folder) {
  const catalog::Paper paper = catalog::read_paper_files(folder);
  for (const catalog::Trial& trial : paper.trials) {
    for (const std::string& scale : trial.scales) {
      const std::string text = catalog::to_toml(catalog::read_recipe(folder, paper.slug, trial.name, scale));
      fuzz::require(catalog::to_toml(catalog::recipe_from_toml(text)) == text, "a recipe reads back as it was written:\n" + text);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InputFile experiment("experiment.toml"), published("published.toml");
  const std::string_view input = fuzz::text_of(data, size);
  experiment.set(input);
  published.set(kPublished);
  fuzz::reads_or_refuses([] { read_all(experiment.folder()); });
  experiment.set(kExperiment);
  published.set(input);
  fuzz::reads_or_refuses([] { read_all(experiment.folder()); });
  return 0;
}
