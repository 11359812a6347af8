// reprise_bench: kernels, layers, training steps, reduction and input, each against the machine's peak of the same run.
//
//   reprise_bench --benchmark_filter='step/all-cnn/allcnn-c/paper'     one net, both precisions, one and all threads
//   reprise_bench --benchmark_list_tests                                what there is
//   reprise_bench --benchmark_out=run.json --benchmark_out_format=json
//   reprise_bench compare old.json new.json                            what became slower
//   reprise_bench nets                                                 nets with a step, PAPER/TRIAL/SCALE
//   reprise_bench export all-cnn/allcnn-c --out net                    a net for another framework to build

#include <benchmark/benchmark.h>

#include <string_view>

#include "suite/bench/compare.hpp"
#include "suite/bench/export_net.hpp"
#include "suite/bench/floors.hpp"
#include "suite/bench/rates.hpp"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "compare") return reprise::bench::compare_command(argc - 1, argv + 1);
  if (argc > 1 && std::string_view(argv[1]) == "floors") return reprise::bench::floors_command(argc - 1, argv + 1);
  if (argc > 1 && std::string_view(argv[1]) == "export") return reprise::bench::export_command(argc - 1, argv + 1);
  if (argc > 1 && std::string_view(argv[1]) == "nets") return reprise::bench::nets_command();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  reprise::bench::register_peaks();
  reprise::bench::register_kernels();
  reprise::bench::register_layers();
  reprise::bench::register_steps();
  reprise::bench::register_growth();
  reprise::bench::register_shards();
  reprise::bench::register_exchange();
  reprise::bench::register_input();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
