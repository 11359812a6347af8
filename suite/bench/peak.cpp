#include "suite/bench/peak.hpp"

#include <immintrin.h>

#include <atomic>
#include <thread>
#include <vector>

#include "suite/clock.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::bench {

namespace {

// Twelve independent chains hide the latency of a fused multiply-add (4 cycles, two units) with room to spare. The empty asm
// keeps the compiler from doing the arithmetic itself. Each burst returns the operations it did.
constexpr int kChains = 12;
constexpr long kRounds = 20000;

__attribute__((target("avx2,fma"))) double burst_avx2() {
  __m256 chain[kChains];
  for (int i = 0; i < kChains; ++i) chain[i] = _mm256_set1_ps(static_cast<float>(i));
  __m256 x = _mm256_set1_ps(0.999f), y = _mm256_set1_ps(0.5f);
  for (long k = 0; k < kRounds; ++k) {
    asm volatile("" : "+x"(x), "+x"(y));
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) chain[i] = _mm256_fmadd_ps(chain[i], x, y);
  }
  for (int i = 0; i < kChains; ++i) asm volatile("" ::"x"(chain[i]));
  return 16.0 * kChains * kRounds;
}

__attribute__((target("avx512f"))) double burst_avx512() {
  __m512 chain[kChains];
  for (int i = 0; i < kChains; ++i) chain[i] = _mm512_set1_ps(static_cast<float>(i));
  __m512 x = _mm512_set1_ps(0.999f), y = _mm512_set1_ps(0.5f);
  for (long k = 0; k < kRounds; ++k) {
    asm volatile("" : "+v"(x), "+v"(y));
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) chain[i] = _mm512_fmadd_ps(chain[i], x, y);
  }
  for (int i = 0; i < kChains; ++i) asm volatile("" ::"v"(chain[i]));
  return 32.0 * kChains * kRounds;
}

__attribute__((target("avx512f,avx512bf16"))) double burst_bf16() {
  __m512 chain[kChains];
  for (int i = 0; i < kChains; ++i) chain[i] = _mm512_set1_ps(static_cast<float>(i));
  const __m512i ones = _mm512_set1_epi16(0x3F80);
  __m512i x = ones, y = ones;
  for (long k = 0; k < kRounds; ++k) {
    asm volatile("" : "+v"(x), "+v"(y));
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) chain[i] = _mm512_dpbf16_ps(chain[i], reinterpret_cast<__m512bh>(x), reinterpret_cast<__m512bh>(y));
  }
  for (int i = 0; i < kChains; ++i) asm volatile("" ::"v"(chain[i]));
  return 64.0 * kChains * kRounds;
}

using Burst = double (*)();

Burst burst_for(Precision precision) {
  if (precision == Precision::bf16 && has_bf16_arithmetic()) return burst_bf16;
  return __builtin_cpu_supports("avx512f") ? burst_avx512 : burst_avx2;
}

/// Runs `work` (returns an amount) on every thread until the time is over; amount per second, all threads started together.
template <typename Work>
double rate(int threads, double seconds, Work work) {
  std::atomic<int> ready{0};
  std::vector<double> rates(static_cast<std::size_t>(threads));
  std::vector<std::thread> team;
  for (int t = 0; t < threads; ++t)
    team.emplace_back([&, t] {
      work(t);  // warm-up: clock, pages
      ++ready;
      while (ready < threads) std::this_thread::yield();
      const double begun = now_seconds();
      double amount = 0, elapsed = 0;
      while ((elapsed = now_seconds() - begun) < seconds) amount += work(t);
      rates[static_cast<std::size_t>(t)] = amount / elapsed;
    });
  for (std::thread& thread : team) thread.join();
  double sum = 0;
  for (const double one : rates) sum += one;
  return sum;
}

}  // namespace

bool has_bf16_arithmetic() {
  return __builtin_cpu_supports("avx512bf16") != 0;
}

double measure_fma_peak(Precision precision, int threads, double seconds) {
  const Burst burst = burst_for(precision);
  return rate(threads, seconds, [burst](int) { return burst(); });
}

double measure_bandwidth(int threads, double seconds) {
  constexpr std::size_t kFloats = std::size_t{8} << 20;  // 32 MiB an array, three arrays a thread
  std::vector<Memory> arrays;
  for (int i = 0; i < 3 * threads; ++i) arrays.emplace_back(kFloats * sizeof(float));
  return rate(threads, seconds, [&arrays](int t) {
    float* a = arrays[static_cast<std::size_t>(3 * t)].floats();
    const float* b = arrays[static_cast<std::size_t>(3 * t + 1)].floats();
    const float* c = arrays[static_cast<std::size_t>(3 * t + 2)].floats();
    for (std::size_t i = 0; i < kFloats; ++i) a[i] = b[i] + 0.5f * c[i];
    asm volatile("" ::"r"(a) : "memory");
    return 3.0 * sizeof(float) * kFloats;
  });
}

}  // namespace reprise::bench
