// Chooses the table of vector kernels. Compiled like the rest of the program, for every processor it may meet.

#include <cstdlib>
#include <string>

#include "suite/errors.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::kernels {

namespace avx2 {
void fill_table(VectorKernels& table);
}
namespace avx512 {
void fill_table(VectorKernels& table);
}

namespace avx512_bf16 {
void fill_pairs(PairKernels& table);
void fill_winograd(Bf16WinogradKernels& table);
void fill_direct(Bf16DirectKernels& table);
}  // namespace avx512_bf16

namespace {

bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
}
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

VectorKernels filled(void (*fill)(VectorKernels&)) {
  VectorKernels table;
  fill(table);
  return table;
}

const VectorKernels& choose() {
  const char* pinned = std::getenv("REPRISE_ISA");
  const std::string wanted = pinned == nullptr ? "" : pinned;
  if (wanted.empty()) {
    const VectorKernels* best = vector_kernels_for("avx512");
    if (best == nullptr) best = vector_kernels_for("avx2");
    if (best == nullptr)
      throw InputError({"processor", "AVX2, FMA and BMI2", "not all of them", "run on an x86-64 processor of 2013 or later"});
    return *best;
  }
  if (wanted != "avx2" && wanted != "avx512")
    throw InputError({"environment variable REPRISE_ISA", "avx2 or avx512", "'" + wanted + "'", "unset it to let the processor decide"});
  const VectorKernels* table = vector_kernels_for(wanted);
  if (table == nullptr)
    throw InputError({"environment variable REPRISE_ISA", "an instruction set of this processor", "'" + wanted + "'",
                      "unset it to let the processor decide"});
  return *table;
}

}  // namespace

const VectorKernels* vector_kernels_for(std::string_view isa) {
  if (isa == "avx2" && has_avx2()) {
    static const VectorKernels table = filled(avx2::fill_table);
    return &table;
  }
  if (isa == "avx512" && has_avx512()) {
    static const VectorKernels table = filled(avx512::fill_table);
    return &table;
  }
  return nullptr;
}

const VectorKernels& vector_kernels() {
  static const VectorKernels& table = choose();
  return table;
}

const Bf16Kernels* bf16_kernels() {
  if (&vector_kernels() != vector_kernels_for("avx512") || !__builtin_cpu_supports("avx512bf16")) return nullptr;
  static const Bf16Kernels table = [] {
    Bf16Kernels filled;
    avx512_bf16::fill_pairs(filled.pairs);
    avx512_bf16::fill_winograd(filled.winograd);
    avx512_bf16::fill_direct(filled.direct);
    return filled;
  }();
  return &table;
}

}  // namespace reprise::kernels
