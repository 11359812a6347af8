#pragma once

#include <string>

namespace reprise::kernels::onednn {

/// "2.6.3, avx512_core_amx": version and the instruction set that its kernels use here.
std::string library_text();

/// Whether oneDNN may use instructions that multiply bfloat16.
bool has_bf16_units();

}  // namespace reprise::kernels::onednn
