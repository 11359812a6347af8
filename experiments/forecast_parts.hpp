#pragma once
// What the forecasts of the procedures share. Private to this folder.

#include <cstdint>

#include "datasets/manifest.hpp"
#include "experiments/runner.hpp"
#include "suite/graph/executor.hpp"

namespace reprise::experiments {

double now_seconds();

/// Bytes of this process in memory now.
std::int64_t resident_bytes();

/// oneDNN's kernels and tables, measured on the catalog's nets.
constexpr std::int64_t kGeneratedCode = 16 << 20;

/// A step costs the same on any numbers.
class MadeUpSamples : public graph::BatchReader {
 public:
  MadeUpSamples(std::int64_t size, int classes) : size_(size), classes_(classes) {}
  void fetch(std::int64_t slot, float* output) const override;
  std::int32_t label(std::int64_t slot) const override { return static_cast<std::int32_t>(slot % classes_); }

 private:
  std::int64_t size_;
  int classes_;
};

/// How many images a recipe trains and tests on.
struct Images {
  std::int64_t train, test;
};
Images images_of(const training::Recipe& recipe, const datasets::DatasetEntry& data_set);

/// The least time of `call`, repeated for `seconds`.
template <typename Call>
double least_seconds(double seconds, Call call) {
  double least = 1e30;
  const double started = now_seconds();
  do {
    const double begun = now_seconds();
    call();
    const double taken = now_seconds() - begun;
    least = taken < least ? taken : least;
  } while (now_seconds() - started < seconds);
  return least;
}

// Procedure "hebbian".
Forecast count_hebbian(const training::Recipe& recipe, const graph::Graph& graph, const Images& images);
/// memory_bytes holds what comes on top of this process and the images: nets, optimizer state and cached features.
Forecast forecast_hebbian(const training::Recipe& recipe, const graph::Graph& graph, const Images& images, int classes, int threads);

}  // namespace reprise::experiments
