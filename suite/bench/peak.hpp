#pragma once
// What this machine can do at the moment: multiply-add rate and memory bandwidth, to hold everything else against.

#include "suite/tensor/shape.hpp"

namespace reprise::bench {

/// Multiply-adds of registers only, 2 operations each, on `threads` threads for about `seconds`. bf16: dot products of
/// bfloat16 pairs with float32 accumulation where the processor has them, else the float32 rate (bf16 is then a storage
/// format and nothing more). Returns operations per second.
double measure_fma_peak(Precision precision, int threads, double seconds = 0.1);

/// a[i] = b[i] + s * c[i] over arrays far larger than the caches; bytes read and written per second.
double measure_bandwidth(int threads, double seconds = 0.2);

/// True when bf16 has an arithmetic peak of its own on this processor.
bool has_bf16_arithmetic();

}  // namespace reprise::bench
