#include "suite/command/target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "reports/text.hpp"
#include "reports/verdicts/claims.hpp"
#include "suite/catalog/sides.hpp"
#include "suite/catalog/trial_lists.hpp"
#include "suite/errors.hpp"
#include "suite/text/suggestion.hpp"
#include "suite/text/wildcard.hpp"

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

namespace {

bool is_pattern(const std::string& text) {
  return text.find_first_of("*?") != std::string::npos;
}

/// The papers and trials that a pattern matches.
std::vector<Target> matching(const std::string& pattern) {
  const std::size_t slash = pattern.find('/');
  const std::string slugs = pattern.substr(0, slash), trials = slash == std::string::npos ? "*" : pattern.substr(slash + 1);
  std::vector<Target> found;
  for (const std::string& slug : catalog::paper_slugs()) {
    if (!text::matches(slugs, slug)) continue;
    Target target{catalog::load_paper(slug), {}, true};
    for (const catalog::Trial& trial : target.paper.trials)
      if (text::matches(trials, trial.name)) target.trials.push_back(trial.name);
    if (!target.trials.empty()) found.push_back(std::move(target));
  }
  if (found.empty())
    throw InputError(Complaint{"pattern '" + pattern + "'", "a paper or trial that it matches", "none", "See: reprise list"});
  return found;
}

/// Adds the trials of `more` to those of its paper, in the order of the catalog.
void merge(std::vector<Target>& targets, Target more) {
  const auto same =
      std::find_if(targets.begin(), targets.end(), [&](const Target& target) { return target.paper.slug == more.paper.slug; });
  if (same == targets.end()) {
    targets.push_back(std::move(more));
    return;
  }
  std::vector<std::string> both;
  for (const catalog::Trial& trial : same->paper.trials)
    for (const auto* names : {&same->trials, &more.trials})
      if (std::find(names->begin(), names->end(), trial.name) != names->end()) {
        both.push_back(trial.name);
        break;
      }
  same->trials = std::move(both);
  same->whole_paper = same->whole_paper || more.whole_paper;
}

/// Keeps the trials that `is_meant` says; papers without any go.
template <typename IsMeant>
void keep(std::vector<Target>& targets, const IsMeant& is_meant) {
  for (Target& target : targets) {
    std::erase_if(target.trials, [&](const std::string& name) { return !is_meant(target.paper, *target.paper.find_trial(name)); });
    target.whole_paper = true;
  }
  std::erase_if(targets, [](const Target& target) { return target.trials.empty(); });
}

bool reproduces_any(const catalog::Trial& trial, const std::set<std::string>& ids) {
  return std::any_of(trial.recipes.begin(), trial.recipes.end(), [&](const recipes::Recipe& recipe) {
    return std::any_of(recipe.reproduces.begin(), recipe.reproduces.end(), [&](const std::string& id) { return ids.contains(id); });
  });
}

/// Whether an ensemble with one of these numbers has runs of the trial among its members.
bool is_in_ensemble_of(const catalog::Paper& paper, const catalog::Trial& trial, const std::set<std::string>& ids) {
  return std::any_of(paper.ensembles.begin(), paper.ensembles.end(), [&](const catalog::Ensemble& ensemble) {
    const std::vector<std::string> trials = catalog::trials_behind(paper, ensemble.id);
    return std::any_of(ensemble.reproduces.begin(), ensemble.reproduces.end(), [&](const std::string& id) { return ids.contains(id); }) &&
           std::find(trials.begin(), trials.end(), trial.name) != trials.end();
  });
}

struct Sweep {
  std::string key;
  std::vector<std::string> values;
};

/// Every combination, the first sweep slowest.
std::vector<std::vector<catalog::Override>> combinations(const std::vector<Sweep>& sweeps) {
  std::vector<std::vector<catalog::Override>> all(1);
  for (const Sweep& sweep : sweeps) {
    std::vector<std::vector<catalog::Override>> longer;
    for (const auto& before : all)
      for (const std::string& value : sweep.values) {
        longer.push_back(before);
        longer.back().push_back({sweep.key, value});
      }
    all = std::move(longer);
  }
  return all;
}

std::string variant_of(const std::vector<Sweep>& sweeps, const std::vector<catalog::Override>& overrides) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < sweeps.size(); ++i)
    if (sweeps[i].values.size() > 1) parts.push_back(overrides[i].key + "=" + overrides[i].value);
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

std::vector<Target> find_targets(const std::vector<std::string>& texts) {
  std::vector<Target> targets;
  for (const std::string& text : texts) {
    if (!is_pattern(text)) {
      merge(targets, find_target(text));
      continue;
    }
    for (Target& target : matching(text)) merge(targets, std::move(target));
  }
  return targets;
}

void keep_table(std::vector<Target>& targets, const std::string& source) {
  const std::string wanted = reports::canonical_name(source);
  std::vector<std::string> known;
  std::map<std::string, std::set<std::string>> ids;  // by paper
  for (const Target& target : targets)
    for (const catalog::PublishedNumber& number : target.paper.published) {
      if (std::find(known.begin(), known.end(), number.source) == known.end()) known.push_back(number.source);
      if (reports::canonical_name(number.source) == wanted) ids[target.paper.slug].insert(number.id);
    }
  keep(targets, [&](const catalog::Paper& paper, const catalog::Trial& trial) {
    return reproduces_any(trial, ids[paper.slug]) || is_in_ensemble_of(paper, trial, ids[paper.slug]);
  });
  if (targets.empty())
    throw InputError(Complaint{"--table", fmt::format("one that a trial reproduces a number of, of: {}", fmt::join(known, ", ")),
                               "'" + source + "'", text::did_you_mean(source, known, "")});
}

void keep_claim(std::vector<Target>& targets, const std::string& id) {
  std::vector<std::string> known;
  std::map<std::string, std::set<std::string>> sides;  // by paper
  for (const Target& target : targets)
    for (const catalog::Claim& claim : target.paper.claims) {
      known.push_back(claim.id);
      if (claim.id != id) continue;
      for (const reports::ClaimPart& part : reports::parts_of(claim))
        for (const std::string& side : {part.left, part.right})
          for (const std::string& trial : catalog::trials_behind(target.paper, side)) sides[target.paper.slug].insert(trial);
    }
  keep(targets, [&](const catalog::Paper& paper, const catalog::Trial& trial) { return sides[paper.slug].contains(trial.name); });
  if (targets.empty())
    throw InputError(
        Complaint{"--claim", fmt::format("one of {}", fmt::join(known, ", ")), "'" + id + "'", text::did_you_mean(id, known, "")});
}

std::vector<std::string> swept_values(const std::string& key, const std::string& value) {
  std::vector<std::string> values(1);
  int depth = 0;
  char quote = 0;
  for (const char c : value) {
    if (quote != 0) {
      quote = c == quote ? char{0} : quote;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == '{' || c == '(') {
      ++depth;
    } else if (c == ']' || c == '}' || c == ')') {
      --depth;
    } else if (c == ',' && depth == 0) {
      values.emplace_back();
      continue;
    }
    values.back() += c;
  }
  const bool has_empty = std::any_of(values.begin(), values.end(), [](const std::string& one) { return one.empty(); });
  if (values.size() > 1 && has_empty)
    throw InputError(Complaint{fmt::format("--set {}={}", key, value), "a value on each side of a comma", "none", "Correct the list"});
  return values;
}

std::string Chosen::name() const {
  return fmt::format("{}/{}{}{}", recipe.paper, recipe.trial, variant.empty() ? "" : ", ", variant);
}

void RecipeFlags::declare(CLI::App& app) {
  app.add_option("PAPER[/TRIAL]", targets, "Papers and trials, also patterns: 'dropout/table2-*'; see `reprise list`")->option_text(" ");
  app.add_option("--table", table, "Of these, the trials that reproduce a number of this table or figure of the paper: \"Table 2\"")
      ->option_text("NAME");
  app.add_option("--claim", claim, "Of these, the trials that a claim is about; see `reprise show PAPER`")->option_text("ID");
  app.add_option("--scale", scale,
                 "smoke (default): seconds; desk: minutes on two cores; night: about an hour; paper: the published recipe")
      ->option_text("SCALE");
  app.add_option("--precision", precision, "f32, or bf16: activations and packed weights in bfloat16 (default: as in the recipe)")
      ->option_text("f32|bf16");
  app.add_option(
         "--set", settings,
         "Overrides a key of the recipe; may be repeated. Several values, KEY=64,128,256, give a run each. Keys: `reprise show --keys`")
      ->allow_extra_args(false)
      ->option_text("KEY=VALUE");
}

std::vector<Chosen> RecipeFlags::resolve() const {
  check_scale(scale);
  std::vector<Sweep> sweeps;
  for (const std::string& setting : settings) {
    const catalog::Override one = catalog::parse_override(setting);
    sweeps.push_back({one.key, swept_values(one.key, one.value)});
  }
  if (!precision.empty()) {
    static const std::vector<std::string> kPrecisions{name_of(Precision::f32), name_of(Precision::bf16)};
    if (std::find(kPrecisions.begin(), kPrecisions.end(), precision) == kPrecisions.end())
      throw InputError(Complaint{"--precision", fmt::format("one of {}", fmt::join(kPrecisions, ", ")), "'" + precision + "'",
                                 text::did_you_mean(precision, kPrecisions, "")});
    sweeps.push_back({"precision", {precision}});
  }
  std::vector<Target> chosen = find_targets(targets);
  if (!table.empty()) keep_table(chosen, table);
  if (!claim.empty()) keep_claim(chosen, claim);
  const auto all = combinations(sweeps);
  std::vector<Chosen> recipes;
  for (const Target& target : chosen)
    for (const std::string& name : target.trials) {
      const catalog::Trial& trial = *target.paper.find_trial(name);
      if (exists_at(trial, scale)) {
        for (const auto& overrides : all)
          recipes.push_back({catalog::resolve(target.paper.slug, name, scale, overrides), variant_of(sweeps, overrides)});
      } else if (!target.whole_paper) {
        throw InputError(Complaint{"scale of trial '" + target.paper.slug + "/" + name + "'",
                                   fmt::format("one of {}", fmt::join(trial.scales, ", ")), "'" + scale + "'", ""});
      }
    }
  if (recipes.empty()) throw InputError(Complaint{"papers and trials", "a trial at scale '" + scale + "'", "none", "See: reprise list"});
  return recipes;
}

}  // namespace reprise::command
