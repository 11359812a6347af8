// Own vector kernels at the sizes of the catalog: a shard's activations, a parameter block.

#include <fmt/format.h>

#include "suite/bench/rates.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::bench {

namespace {

template <class T>
void register_elementwise(const char* precision) {
  constexpr std::int64_t kCount = 8 * 32 * 32 * 96;  // a shard of 8 after the first convolution of ALL-CNN-C
  struct Row {
    const char* name;
    double arrays;
    void (*run)(const kernels::StorageKernels<T>& kernel, T* a, T* b, std::int64_t n);
  };
  static const Row rows[] = {
      {"relu", 2, [](const auto& k, T* a, T* b, std::int64_t n) { k.relu(a, b, n); }},
      {"relu_grad", 3, [](const auto& k, T* a, T* b, std::int64_t n) { k.relu_grad(a, b, b, n, kernels::Rule::gradient); }},
      {"logistic", 2, [](const auto& k, T* a, T* b, std::int64_t n) { k.logistic(a, b, n); }},
      {"add", 3, [](const auto& k, T* a, T* b, std::int64_t n) { k.add(a, b, b, n); }},
      {"dropout", 2,
       [](const auto& k, T* a, T* b, std::int64_t n) {
         k.dropout(a, b, n, {{1, 2}, {0, 3, 4, 5}}, 32768, 1.0f);
       }},
      {"gaussian_noise", 2,
       [](const auto& k, T* a, T* b, std::int64_t n) {
         k.gaussian_noise(a, b, n, {{1, 2}, {0, 3, 4, 5}}, 1.0f);
       }},
  };
  for (const Row& row : rows)
    benchmark::RegisterBenchmark(fmt::format("kernel/{}/{}", row.name, precision).c_str(), [&row](benchmark::State& state) {
      const Memory a(kCount * sizeof(T)), b(kCount * sizeof(T));
      const auto& kernel = kernels::vector_kernels().of<T>();
      run_memory(state, 1, row.arrays * sizeof(T) * kCount,
                 [&] { row.run(kernel, reinterpret_cast<T*>(a.data()), reinterpret_cast<T*>(b.data()), kCount); });
    });
}

void update(benchmark::State& state, bool max_norm) {
  constexpr std::int64_t kRows = 128, kColumns = 1024;  // one block of a 1024 x 1024 layer
  const Memory weight(kRows * kColumns * 4), gradient(kRows * kColumns * 4), velocity(kRows * kColumns * 4);
  const auto& kernel = kernels::vector_kernels();
  run_memory(state, 1, (max_norm ? 6.0 : 5.0) * 4 * kRows * kColumns, [&] {
    kernel.sgd(weight.floats(), gradient.floats(), velocity.floats(), kRows * kColumns, {.rate = 0.1f, .momentum = 0.9f});
    if (max_norm) kernel.max_norm(weight.floats(), kRows, kColumns, 2.0f);
  });
}

}  // namespace

void register_kernels() {
  register_elementwise<float>("f32");
  register_elementwise<kernels::bf16>("bf16");
  benchmark::RegisterBenchmark("kernel/sgd", [](benchmark::State& s) { update(s, false); });
  benchmark::RegisterBenchmark("kernel/sgd+max_norm", [](benchmark::State& s) { update(s, true); });
}

}  // namespace reprise::bench
