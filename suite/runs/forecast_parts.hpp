#pragma once
// What the forecasts of the procedures share. Private to this folder.

#include <cstdint>

#include "datasets/manifest.hpp"
#include "suite/graph/graph.hpp"
#include "suite/runs/run_trial.hpp"

namespace reprise::runs {

/// How many images a recipe trains and tests on.
struct Images {
  std::int64_t train, test;
};
Images images_of(const recipes::Recipe& recipe, const datasets::DatasetEntry& data_set);

// Procedure "hebbian".
Forecast count_hebbian(const recipes::Recipe& recipe, const graph::Graph& graph, const Images& images);
/// memory_bytes holds what comes on top of this process and the images: nets, optimizer state and cached features.
Forecast forecast_hebbian(const recipes::Recipe& recipe, const graph::Graph& graph, const Images& images, int classes, int threads);

}  // namespace reprise::runs
