#include "suite/kernels/onednn/library.hpp"

#include <dnnl.hpp>

namespace reprise::kernels::onednn {
namespace {

const char* isa_name(dnnl::cpu_isa isa) {
  switch (isa) {
    case dnnl::cpu_isa::sse41:
      return "sse4.1";
    case dnnl::cpu_isa::avx:
      return "avx";
    case dnnl::cpu_isa::avx2:
      return "avx2";
    case dnnl::cpu_isa::avx2_vnni:
      return "avx2 with vnni";
    case dnnl::cpu_isa::avx512_core:
      return "avx512";
    case dnnl::cpu_isa::avx512_core_vnni:
      return "avx512 with vnni";
    case dnnl::cpu_isa::avx512_core_bf16:
      return "avx512 with bf16";
    case dnnl::cpu_isa::avx512_core_amx:
      return "avx512 with amx";
    default:
      return "plain";
  }
}

}  // namespace

std::string library_text() {
  const dnnl_version_t* version = dnnl_version();
  return std::to_string(version->major) + "." + std::to_string(version->minor) + "." + std::to_string(version->patch) + ", " +
         isa_name(dnnl::get_effective_cpu_isa());
}

bool has_bf16_units() {
  static const bool has = [] {
    const auto wanted = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
    return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & wanted) == wanted;  // each set's bits contain those of its subsets
  }();
  return has;
}

}  // namespace reprise::kernels::onednn
