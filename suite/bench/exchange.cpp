// The reduction of gradients along the shard tree, and the block-wise one of dense layers' input gradients.

#include <string>
#include <vector>

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

/// The same sum with the order given up: every thread adds what it gets to a sum of its own. What the tree costs over this is the price
/// of one answer on one rank.
void any_order(benchmark::State& state, int leaves, std::int64_t floats, int threads) {
  parallel::Workers workers(threads);
  parallel::BufferPool pool(static_cast<std::size_t>(floats) * sizeof(float));
  const auto& kernel = kernels::vector_kernels();
  run_memory(state, threads, 3.0 * sizeof(float) * static_cast<double>(floats) * (leaves - 1), [&] {
    std::vector<std::byte*> sums(static_cast<std::size_t>(threads), nullptr);
    workers.for_each(leaves, [&](std::int64_t, int thread) {
      std::byte* leaf = pool.take();
      std::byte*& sum = sums[static_cast<std::size_t>(thread)];
      if (sum == nullptr) {
        sum = leaf;
        return;
      }
      kernel.accumulate(reinterpret_cast<float*>(sum), reinterpret_cast<const float*>(leaf), floats);
      pool.give(leaf);
    });
    std::byte* total = nullptr;
    for (std::byte* sum : sums) {
      if (sum == nullptr) continue;
      if (total == nullptr) {
        total = sum;
        continue;
      }
      kernel.accumulate(reinterpret_cast<float*>(total), reinterpret_cast<const float*>(sum), floats);
      pool.give(sum);
    }
    pool.give(total);
  });
}

}  // namespace

void register_exchange() {
  const int cores = parallel::available_cores();
  for (const std::int64_t kib : {256, 1024, 5632, 16384})
    benchmark::RegisterBenchmark(("exchange/tree/leaves:16/kib:" + std::to_string(kib) + "/threads:" + std::to_string(cores)).c_str(),
                                 [=](benchmark::State& s) { tree(s, 16, kib * 256, cores); });
  for (const std::int64_t kib : {256, 1024, 5632, 16384})
    benchmark::RegisterBenchmark(("exchange/any_order/leaves:16/kib:" + std::to_string(kib) + "/threads:" + std::to_string(cores)).c_str(),
                                 [=](benchmark::State& s) { any_order(s, 16, kib * 256, cores); });
}

}  // namespace reprise::bench
