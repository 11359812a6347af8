#include "suite/command/target.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "suite/catalog/trial_lists.hpp"
#include "suite/errors.hpp"
#include "suite/text/suggestion.hpp"

namespace reprise::command {
namespace {

using recipes::scale_names;

bool exists_at(const catalog::Trial& trial, const std::string& scale) {
  return std::find(trial.scales.begin(), trial.scales.end(), scale) != trial.scales.end();
}

/// The names of a paper's trials. Only the first ones if there are many, to keep messages short.
std::string some_of(const std::vector<std::string>& names, const std::string& slug) {
  constexpr std::ptrdiff_t kMax = 12;
  if (std::ssize(names) <= kMax) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{}, ... ({} in all: reprise list {})", fmt::join(names.begin(), names.begin() + kMax, ", "), names.size(), slug);
}

}  // namespace

void check_scale(const std::string& scale) {
  const std::vector<std::string>& known = scale_names();
  if (std::find(known.begin(), known.end(), scale) != known.end()) return;
  throw InputError(
      Complaint{"--scale", fmt::format("one of {}", fmt::join(known, ", ")), "'" + scale + "'", text::did_you_mean(scale, known, "")});
}

Target find_target(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string slug = text.substr(0, slash);
  const std::vector<std::string> slugs = catalog::paper_slugs();
  if (std::find(slugs.begin(), slugs.end(), slug) == slugs.end()) {
    throw InputError(Complaint{"paper", fmt::format("one of {}", fmt::join(slugs, ", ")), "'" + slug + "'",
                               text::did_you_mean(slug, slugs, "See: reprise list")});
  }
  Target target{catalog::load_paper(slug), {}, slash == std::string::npos};
  std::vector<std::string> names;
  for (const catalog::Trial& trial : target.paper.trials) names.push_back(trial.name);
  if (target.whole_paper) {
    target.trials = names;
    return target;
  }
  const std::string name = text.substr(slash + 1);
  if (target.paper.find_trial(name) == nullptr) {
    throw InputError(Complaint{"trial of paper '" + slug + "'", "one of " + some_of(names, slug), "'" + name + "'",
                               text::did_you_mean(name, names, "See: reprise show " + slug)});
  }
  target.trials = {name};
  return target;
}

void RecipeFlags::declare(CLI::App& app) {
  app.add_option("PAPER[/TRIAL]", target, "A paper, or one of its trials; see `reprise list`")->option_text(" ");
  app.add_option("--scale", scale, "smoke (default): seconds per trial; desk: minutes on two cores; paper: the published recipe")
      ->option_text("SCALE");
  app.add_option("--precision", precision, "f32, or bf16: activations and packed weights in bfloat16 (default: as in the recipe)")
      ->option_text("f32|bf16");
  app.add_option("--set", settings, "Overrides a key of the recipe; may be repeated. Keys: `reprise show --keys`")
      ->allow_extra_args(false)
      ->option_text("KEY=VALUE");
}

std::vector<recipes::Recipe> RecipeFlags::resolve() const {
  check_scale(scale);
  std::vector<catalog::Override> overrides;
  for (const std::string& setting : settings) overrides.push_back(catalog::parse_override(setting));
  if (!precision.empty()) {
    static const std::vector<std::string> kPrecisions{name_of(Precision::f32), name_of(Precision::bf16)};
    if (std::find(kPrecisions.begin(), kPrecisions.end(), precision) == kPrecisions.end())
      throw InputError(Complaint{"--precision", fmt::format("one of {}", fmt::join(kPrecisions, ", ")), "'" + precision + "'",
                                 text::did_you_mean(precision, kPrecisions, "")});
    overrides.push_back({"precision", precision});
  }
  const Target chosen = find_target(target);
  std::vector<recipes::Recipe> recipes;
  for (const std::string& name : chosen.trials) {
    const catalog::Trial& trial = *chosen.paper.find_trial(name);
    if (exists_at(trial, scale)) {
      recipes.push_back(catalog::resolve(chosen.paper.slug, name, scale, overrides));
    } else if (!chosen.whole_paper) {
      throw InputError(Complaint{"scale of trial '" + chosen.paper.slug + "/" + name + "'",
                                 fmt::format("one of {}", fmt::join(trial.scales, ", ")), "'" + scale + "'", ""});
    }
  }
  if (recipes.empty())
    throw InputError(Complaint{"paper '" + chosen.paper.slug + "'", "a trial at scale '" + scale + "'", "none", "See: reprise list"});
  return recipes;
}

}  // namespace reprise::command
