#pragma once
// A paper that nobody wrote, with claims that a few seeds of tiny nets decide: for tests of `run --until-decided`.

#include <filesystem>
#include <fstream>

namespace reprise::tests {

/// Writes it into `folder`, which then is a value for REPRISE_EXPERIMENTS. At scale desk a run takes a tenth of a second; its errors are 1
/// to 4 percent for trial "long" and 8 to 11 for "short" and "twin", which are one net.
///   claim longer   long better than short: too little for three seeds, and clear with five
///   claim twins    twin better than short: nothing that any number of seeds decides
inline void write_made_up_claims(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder / "made-up");
  std::ofstream(folder / "made-up" / "published.toml") << R"([paper]
slug = "made-up"
title = "A paper that nobody wrote"
)";
  std::ofstream(folder / "made-up" / "experiment.toml") << R"([defaults]
dataset = "synthetic-gray28"
preprocessing = ["scale", "standardize"]
train_images = 200
test_images = 200
batch = 50
shard = 10
evaluations = 1
model = { name = "dropout/mlp", hidden = [64], activation = "relu" }
optimizer.learning_rate = 0.1
[defaults.desk]
steps = 10
[defaults.smoke]
steps = 4
[trial.long]
desk.steps = 40
[trial.short]
[trial.twin]
[trial.alone]
[[claim]]
id = "longer"
statement = "Longer training is better."
kind = "better"
left = "long"
right = "short"
since = "2026-01-01"
[[claim]]
id = "twins"
statement = "One of two trials that are the same is better."
kind = "better"
left = "twin"
right = "short"
since = "2026-01-01"
)";
}

}  // namespace reprise::tests
