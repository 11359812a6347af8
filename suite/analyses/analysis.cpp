#include "suite/analyses/analysis.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "suite/errors.hpp"

namespace reprise::analyses {

namespace {

struct Row {
  const char* name;
  Analysis run;
};
constexpr std::array<Row, 8> kAnalyses{{{"monte_carlo", monte_carlo},
                                        {"sparsity", sparsity},
                                        {"saliency", saliency},
                                        {"temperature", temperature},
                                        {"memory", memory},
                                        {"receptive_fields", receptive_fields},
                                        {"class_maps", class_maps},
                                        {"turns", turns}}};

}  // namespace

Analysis find_analysis(const std::string& name) {
  for (const Row& row : kAnalyses)
    if (name == row.name) return row.run;
  throw InputError(
      Complaint{"analyses", fmt::format("one of {}", fmt::join(analysis_names(), ", ")), "'" + name + "'", "Use a known name"});
}

std::vector<std::string> analysis_names() {
  std::vector<std::string> names;
  for (const Row& row : kAnalyses) names.emplace_back(row.name);
  return names;
}

}  // namespace reprise::analyses
