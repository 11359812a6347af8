#!/bin/sh
# Adds a made-up paper to a copy of the tree as CONTRIBUTING says (three files and a line), builds it and runs it.
# made_up_paper_test.sh SOURCE WORK CMAKE GENERATOR CXX [LAUNCHER]
set -eu
source=$1 work=$2 cmake=$3 generator=$4 compiler=$5 launcher=${6:-}

rm -rf "$work"
mkdir -p "$work/tree"
tar -C "$source" --exclude=./.git --exclude='./build*' --exclude=./reports/evidence -cf - . | tar -C "$work/tree" -xf -
cd "$work/tree"

mkdir experiments/made-up
cat > experiments/made-up/published.toml <<'TOML'
[paper]
slug = "made-up"
title = "A paper that nobody wrote"

[[result]]
id = "table1-small"
source = "Table 1"
dataset = "synthetic-gray28"
model = "Small net"
metric = "test_error"
value = 50
unit = "percent"
role = "own"
status = "unverified"
TOML
cat > experiments/made-up/experiment.toml <<'TOML'
[defaults]
dataset = "synthetic-gray28"
preprocessing = ["scale"]
model.name = "small"
optimizer.learning_rate = 0.1

[defaults.smoke]
train_images = 256
test_images = 256
batch = 32
deviations = [{ text = "smoke: 256 images", keys = ["train_images", "test_images"] }]

[[matrix]]
name = "{units}-units"
title = "{units} units"
reproduces = ["table1-small"]
model.units = "{units}"
axes.units = [16, 32]

[trial.other-net]
extends = "16-units"
model = { name = "wrn/wrn", depth = 10, width = 1 }
TOML
cat > experiments/made-up/model.cpp <<'CPP'
// One hidden layer.

#include "suite/layers/dense.hpp"
#include "suite/layers/relu.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::made_up {
namespace {

graph::Graph small(const recipes::Options& options, const SampleShape& input, int classes) {
  graph::Graph graph(input);
  models::put<layers::Dense>(graph, "hidden", {.features = models::count_of(options, "units", 16, 1)});
  models::put<layers::Relu>(graph, "relu");
  models::put_classifier(graph, classes);
  return graph;
}

}  // namespace

std::vector<models::Model> models() {
  return {{"small", "one hidden layer of `units`", small}};
}

}  // namespace reprise::experiments::made_up
CPP
sed -i 's/^    speedrun$/    speedrun\n    made-up/' experiments/CMakeLists.txt
test "$(diff "$source/experiments/CMakeLists.txt" experiments/CMakeLists.txt | grep -c '^>')" -le 2

"$cmake" -S . -B build -G "$generator" -DCMAKE_BUILD_TYPE=Release "-DCMAKE_CXX_COMPILER=$compiler" "-DCMAKE_CXX_COMPILER_LAUNCHER=$launcher" \
  -DREPRISE_TESTS=OFF -DREPRISE_BENCH=OFF > configure.log || { cat configure.log; exit 1; }
"$cmake" --build build --target reprise > build.log || { tail -50 build.log; exit 1; }
program=$(find build -name reprise -type f -perm -u+x)
for trial in 16-units 32-units other-net; do
  "$program" run "made-up/$trial" --scale smoke --out results
done
"$program" report results --format md --out report
grep -q 'A paper that nobody wrote' report/report.md
