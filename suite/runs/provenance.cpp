#include "suite/runs/provenance.hpp"

#include <fmt/format.h>

#include <fstream>

#include "datasets/whitening.hpp"
#include "suite/kernels/onednn/library.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/parallel/workers.hpp"
#include "suite/ranks/session.hpp"
#include "suite/version.hpp"

namespace reprise::runs {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

namespace {

/// The words of this process, quoted where a shell would split them.
std::string command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string line;
  for (std::string word; std::getline(file, word, '\0');) {
    const bool plain = !word.empty() && word.find_first_of(" \t\n\"'\\$&|;<>()*?[]#~`!{}") == std::string::npos;
    if (!line.empty()) line += ' ';
    if (plain) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

/// Bytes that are no UTF-8, a zero among them, become question marks: an attribute of a result file holds text.
std::string as_text(const std::string& bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size();) {
    const auto first = static_cast<unsigned char>(bytes[i]);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xc2 && first < 0xe0 ? 2
                               : first >= 0xe0 && first < 0xf0 ? 3
                               : first < 0xf5                  ? 4
                                                               : 0;
    bool sound = first != 0 && length > 0 && (first < 0x80 || first >= 0xc2) && i + length <= bytes.size();
    for (std::size_t k = 1; sound && k < length; ++k) sound = (static_cast<unsigned char>(bytes[i + k]) & 0xc0) == 0x80;
    const auto second = sound && length > 2 ? static_cast<unsigned char>(bytes[i + 1]) : 0;
    if (sound && length > 2)  // overlong, surrogates, beyond the last code point
      sound = !((first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) || (first == 0xf0 && second < 0x90) ||
                (first == 0xf4 && second >= 0x90));
    text += sound ? bytes.substr(i, length) : "?";
    i += sound ? length : 1;
  }
  return text;
}

}  // namespace

std::map<std::string, std::string> provenance(int threads) {
  std::map<std::string, std::string> facts = build_facts();
  facts["answer_version"] = std::to_string(kAnswerVersion);
  facts["processor"] = processor_name();
  facts["isa_vector_kernels"] = kernels::vector_kernels().isa;
  facts["onednn"] = kernels::onednn::library_text();
  facts["blas"] = datasets::blas_kernels();
  facts["cores_available"] = std::to_string(parallel::available_cores());
  facts["threads"] = std::to_string(threads);
  facts["ranks"] = "1";
  facts["host"] = as_text(ranks::host_name());
  facts["command_line"] = as_text(command_line());
  if (const std::string diff = git_diff(); !diff.empty()) facts["git_diff"] = as_text(diff);
  return facts;
}

std::string arithmetic(bool whitened) {
  const std::string text = fmt::format("own kernels {}, oneDNN {}", kernels::vector_kernels().isa, kernels::onednn::library_text());
  return whitened ? text + ", " + datasets::blas_kernels() : text;
}

}  // namespace reprise::runs
