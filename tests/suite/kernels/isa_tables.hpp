#pragma once
// The tables of vector kernels that this processor runs, as test parameters.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::tests {

inline std::vector<const kernels::VectorKernels*> isa_tables() {
  std::vector<const kernels::VectorKernels*> tables;
  for (const char* isa : {"avx2", "avx512"})
    if (const auto* table = kernels::vector_kernels_for(isa)) tables.push_back(table);
  return tables;
}

inline std::string isa_name(const testing::TestParamInfo<const kernels::VectorKernels*>& info) {
  return info.param->isa;
}

}  // namespace reprise::tests
