#include "suite/bench/rates.hpp"

#include <algorithm>
#include <regex>

#include "suite/bench/peak.hpp"
#include "suite/clock.hpp"
#include "suite/parallel/workers.hpp"

namespace reprise::bench {

namespace {

/// Amount per second over the whole loop, against `peak` measured on both sides of it.
double run(benchmark::State& state, const char* counter, double amount, const std::function<double()>& peak,
           const std::function<void()>& body) {
  body();  // first touch, code generation
  const double before = peak();
  const double begun = now_seconds();
  for (auto _ : state) body();
  const double elapsed = now_seconds() - begun;
  const double after = peak();
  const double rate = amount * static_cast<double>(state.iterations()) / elapsed;
  state.counters[counter] = rate * 1e-9;
  state.counters["peak_ratio"] = rate / std::max(before, after);
  return rate / amount;
}

void peak_fma(benchmark::State& state, Precision precision, int threads) {
  double best = 0;
  for (auto _ : state) best = std::max(best, measure_fma_peak(precision, threads));
  state.counters["gflops"] = best * 1e-9;
  state.counters["peak_ratio"] = 1;
}

void peak_bandwidth(benchmark::State& state, int threads) {
  double best = 0;
  for (auto _ : state) best = std::max(best, measure_bandwidth(threads));
  state.counters["gbytes"] = best * 1e-9;
  state.counters["peak_ratio"] = 1;
}

}  // namespace

double run_compute(benchmark::State& state, Precision precision, int threads, double operations, const std::function<void()>& body) {
  return run(
      state, "gflops", operations, [=] { return measure_fma_peak(precision, threads); }, body);
}

double run_memory(benchmark::State& state, int threads, double bytes, const std::function<void()>& body) {
  return run(
      state, "gbytes", bytes, [=] { return measure_bandwidth(threads, 0.05); }, body);
}

bool is_wanted(const std::string& name) {
  static const std::string filter = benchmark::GetBenchmarkFilter();
  if (filter.empty() || filter == "all") return true;
  const bool excludes = filter.starts_with('-');
  static const std::regex pattern(excludes ? filter.substr(1) : filter, std::regex::extended);
  return std::regex_search(name, pattern) != excludes;
}

void register_peaks() {
  const int cores = parallel::available_cores();
  for (const int threads : cores > 1 ? std::vector<int>{1, cores} : std::vector<int>{1}) {
    const std::string suffix = "/threads:" + std::to_string(threads);
    for (const Precision precision : {Precision::f32, Precision::bf16})
      benchmark::RegisterBenchmark((std::string("peak/fma/") + name_of(precision) + suffix).c_str(), [=](benchmark::State& s) {
        peak_fma(s, precision, threads);
      })->Iterations(5);
    benchmark::RegisterBenchmark(("peak/bandwidth" + suffix).c_str(), [=](benchmark::State& s) {
      peak_bandwidth(s, threads);
    })->Iterations(3);
  }
}

}  // namespace reprise::bench
