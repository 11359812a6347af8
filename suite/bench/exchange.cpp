// The reduction of gradients along the shard tree, and the block-wise one of dense layers' input gradients.

#include <string>

#include "suite/bench/rates.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/parallel/tree_reduction.hpp"
#include "suite/parallel/workers.hpp"

namespace reprise::bench {

namespace {

void tree(benchmark::State& state, int leaves, std::int64_t floats, int threads) {
  parallel::Workers workers(threads);
  parallel::BufferPool pool(static_cast<std::size_t>(floats) * sizeof(float));
  const auto& kernel = kernels::vector_kernels();
  // A merge reads two buffers and writes one.
  run_memory(state, threads, 3.0 * sizeof(float) * static_cast<double>(floats) * (leaves - 1), [&] {
    parallel::TreeReduction reduction(leaves, pool, [&](std::byte* left, const std::byte* right) {
      kernel.accumulate(reinterpret_cast<float*>(left), reinterpret_cast<const float*>(right), floats);
    });
    workers.for_each(leaves, [&](std::int64_t leaf, int) { reduction.deposit(static_cast<int>(leaf), pool.take()); });
    pool.give(reduction.root());
  });
}

}  // namespace

void register_exchange() {
  const int cores = parallel::available_cores();
  for (const std::int64_t kib : {256, 1024, 5632, 16384})
    benchmark::RegisterBenchmark(("exchange/tree/leaves:16/kib:" + std::to_string(kib) + "/threads:" + std::to_string(cores)).c_str(),
                                 [=](benchmark::State& s) { tree(s, 16, kib * 256, cores); });
}

}  // namespace reprise::bench
