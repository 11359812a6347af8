// reprise_bench: kernels, layers, training steps, reduction and input, each against the machine's peak of the same run.
//
//   reprise_bench --benchmark_filter='step/all-cnn/allcnn-c/paper'     one net, both precisions, one and all threads
//   reprise_bench --benchmark_list_tests                                what there is
//   reprise_bench --benchmark_out=run.json --benchmark_out_format=json

#include <benchmark/benchmark.h>

#include "suite/bench/rates.hpp"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  reprise::bench::register_peaks();
  reprise::bench::register_kernels();
  reprise::bench::register_layers();
  reprise::bench::register_steps();
  reprise::bench::register_exchange();
  reprise::bench::register_input();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
