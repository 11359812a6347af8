#pragma once
// The forecast of procedure "hebbian": its three kinds of steps on made-up samples, timed for half a second each, and the memory of its
// features. Private to this folder.

#include <cstdint>

#include "suite/graph/graph.hpp"
#include "suite/runs/forecast.hpp"

namespace reprise::runs {

/// How many images a recipe trains and tests on.
struct Images {
  std::int64_t train, test;
};

Forecast count_hebbian(const recipes::Recipe& recipe, const graph::Graph& graph, const Images& images);
/// memory_bytes holds what comes on top of this process and the images: nets, optimizer state and cached features.
Forecast forecast_hebbian(const recipes::Recipe& recipe, const graph::Graph& graph, const Images& images, int classes, int threads);

}  // namespace reprise::runs
