#include "suite/analyses/analysis.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <string>

#include "suite/errors.hpp"

namespace reprise::analyses {

namespace {

struct Row {
  const char* name;
  Analysis run;
  void (*check)(const Subject&);
  std::vector<training::Watch> (*watch)(const Subject&) = nullptr;  ///< null: it looks at the trained net alone
};
constexpr std::array<Row, 17> kAnalyses{{{"monte_carlo", monte_carlo, check_monte_carlo},
                                         {"sparsity", sparsity, check_sparsity},
                                         {"saliency", saliency, check_saliency},
                                         {"temperature", temperature, check_temperature},
                                         {"memory", memory, check_memory},
                                         {"receptive_fields", receptive_fields, check_receptive_fields},
                                         {"class_maps", class_maps, check_class_maps},
                                         {"turns", turns, check_turns},
                                         {"learning_speed", learning_speed, check_learning_speed},
                                         {"generalisation", generalisation, check_generalisation},
                                         {"occlusion", occlusion, check_occlusion},
                                         {"feature_reuse", feature_reuse, check_feature_reuse},
                                         {"resources", resources, check_resources},
                                         {"integer_inference", integer_inference, check_integer_inference},
                                         {"invariance", invariance, check_invariance},
                                         {"projections", projections, check_projections},
                                         {"spatial_transforms", spatial_transforms, check_spatial_transforms, watch_spatial_transforms}}};

const Row& row_of(const std::string& name) {
  for (const Row& row : kAnalyses)
    if (name == row.name) return row;
  throw InputError(
      Complaint{"analyses", fmt::format("one of {}", fmt::join(analysis_names(), ", ")), "'" + name + "'", "Use a known name"});
}

}  // namespace

Analysis find_analysis(const std::string& name) {
  return row_of(name).run;
}

void check_analyses(const Subject& subject) {
  const recipes::Recipe& recipe = subject.recipe;
  for (const std::string& name : recipe.analyses) row_of(name).check(subject);
  recipe.analysis_options.check_all_used(fmt::format("analyses of {}/{}", recipe.paper, recipe.trial));
}

std::vector<training::Watch> watches_of(const Subject& subject) {
  std::vector<training::Watch> all;
  for (const std::string& name : subject.recipe.analyses) {
    const Row& row = row_of(name);
    if (row.watch == nullptr) continue;
    const std::vector<training::Watch> own = row.watch(subject);
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

std::int64_t count_option(const recipes::Recipe& recipe, const std::string& key, std::int64_t fallback) {
  const std::int64_t count = recipe.analysis_options.get_int(key, fallback);
  if (count < 1) throw InputError(Complaint{"analysis." + key, "a number of at least 1", std::to_string(count), "Correct it"});
  return count;
}

void require_pictures(const std::string& analysis, const Subject& subject) {
  const SampleShape& images = subject.graph.node(0).shape;
  if (images.channels == 1 || images.channels == 3) return;
  throw InputError(Complaint{fmt::format("analysis '{}', which makes pictures of images", analysis), "images of 1 or 3 channels",
                             images.text(), "Leave it out: --set analyses=[]"});
}

std::vector<std::string> analysis_names() {
  std::vector<std::string> names;
  for (const Row& row : kAnalyses) names.emplace_back(row.name);
  return names;
}

}  // namespace reprise::analyses
