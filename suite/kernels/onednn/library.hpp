#pragma once

#include <string>

namespace reprise::kernels::onednn {

/// "2.6.3, avx512_core_amx": version and the instruction set that its kernels use here.
std::string library_text();

}  // namespace reprise::kernels::onednn
