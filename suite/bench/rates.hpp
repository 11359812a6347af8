#pragma once
// Counters of every benchmark: a rate, and its ratio to what the machine could do right before and after.

#include <benchmark/benchmark.h>

#include <functional>
#include <string>

#include "suite/tensor/shape.hpp"

namespace reprise::bench {

/// Runs the state's loop over `body`, each iteration doing `operations`, and sets `gflops` and `peak_ratio`. The peak of as many
/// threads is measured before and after; the larger counts. Returns
/// calls of `body` per second of wall time.
double run_compute(benchmark::State& state, Precision precision, int threads, double operations, const std::function<void()>& body);

/// The same for `bytes` moved: `gbytes` and `peak_ratio`.
double run_memory(benchmark::State& state, int threads, double bytes, const std::function<void()>& body);

/// Whether --benchmark_filter selects this name; all, without one. The catalog has thousands of steps, and Google Benchmark (1.7) takes a
/// time that grows with the square of how many are registered: two minutes for them all.
bool is_wanted(const std::string& name);

void register_peaks();
void register_kernels();
void register_layers();
void register_steps();
/// `nets` prints PAPER/TRIAL/SCALE of every net that has a step, one a line. Exit code 0.
int nets_command();
void register_growth();
void register_shards();
void register_exchange();
void register_input();

}  // namespace reprise::bench
