#include "suite/runs/provenance.hpp"

#include <fmt/format.h>

#include <fstream>

#include "datasets/whitening.hpp"
#include "suite/kernels/onednn/library.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/parallel/workers.hpp"
#include "suite/version.hpp"

namespace reprise::runs {

namespace {

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

}  // namespace

std::map<std::string, std::string> provenance(int threads) {
  std::map<std::string, std::string> facts = build_facts();
  facts["answer_version"] = std::to_string(kAnswerVersion);
  facts["processor"] = processor();
  facts["isa_vector_kernels"] = kernels::vector_kernels().isa;
  facts["onednn"] = kernels::onednn::library_text();
  facts["blas"] = datasets::blas_kernels();
  facts["cores_available"] = std::to_string(parallel::available_cores());
  facts["threads"] = std::to_string(threads);
  facts["ranks"] = "1";
  return facts;
}

std::string arithmetic(bool whitened) {
  const std::string text = fmt::format("own kernels {}, oneDNN {}", kernels::vector_kernels().isa, kernels::onednn::library_text());
  return whitened ? text + ", " + datasets::blas_kernels() : text;
}

}  // namespace reprise::runs
